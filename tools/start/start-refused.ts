import type { CodeMeanings } from '@civitas/canon';

/** Why npm start ends with exit code 1 before or instead of a city. */
export const START_REFUSALS = {
  ALREADY_RUNNING: { meaning: 'A city runs from this home already.', remedy: 'Stop it, or set CIVITAS_HOME.' },
  HOME_FORMAT: { meaning: 'The home was written by a release with another layout.', remedy: 'Use that release, or another CIVITAS_HOME.' },
  PORT_TAKEN: {
    meaning: 'The port of the API server is taken; the message names the holder.',
    remedy: 'Stop the holder, or `npm start -- --port`.',
  },
  NOT_LINUX: { meaning: 'The machine does not run Linux.', remedy: 'Use Linux.' },
  ENGINE_MISSING: {
    meaning: 'Networks are to run on CometBFT and its program is not installed.',
    remedy: '`npm run engine:install`, or start without `--engine cometbft`.',
  },
  ENGINE_CHOSEN: {
    meaning: 'The home was born with another engine or other validators than the options ask for.',
    remedy: 'Leave the options out, or set CIVITAS_HOME to another folder.',
  },
  IDENTITY_CHOSEN: {
    meaning: 'The home was born with people of another identity provider than `--keycloak` names.',
    remedy: 'Leave the option out, or set CIVITAS_HOME to another folder.',
  },
  CASE_UNVERIFIED: { meaning: 'The exported case of the first citizen does not verify.', remedy: 'Report it.' },
  TIMED_OUT: { meaning: 'The city did not come up in time; the message lists what is missing.', remedy: 'Read the logs below the home.' },
  BAD_ARGUMENT: { meaning: 'An argument of npm start is wrong.', remedy: 'See `npm start -- --help`.' },
} as const satisfies CodeMeanings;

/** The city cannot start for a reason the person at the terminal can act on. Shown without a stack; exit code 1. */
export class StartRefused extends Error {
  readonly code: keyof typeof START_REFUSALS;

  constructor(code: StartRefused['code'], message: string) {
    super(message);
    this.name = 'StartRefused';
    this.code = code;
  }
}
