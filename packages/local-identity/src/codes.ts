import type { CodeMeanings } from '@civitas/canon';

/** What the directory of the local identity says no with. */
export const LOCAL_IDENTITY_REFUSALS = {
  IDENTITY_UNKNOWN: { meaning: 'No such person, organization, group, invitation or client.', remedy: 'Read the list again.' },
  IDENTITY_TAKEN: {
    meaning: 'The name, alias or address is in use, or the invitation is already out.',
    remedy: 'Use the one that is there.',
  },
  IDENTITY_INVALID: { meaning: 'A field of the request is missing or has another form.', remedy: 'Correct the field that `field` names.' },
  IDENTITY_FULL: {
    meaning: 'The local identity holds as many as it takes.',
    remedy: 'Remove what is not needed, or run Keycloak: the local identity is for one city on one machine.',
  },
} as const satisfies CodeMeanings;

/** Why the local identity does not run. */
export const LOCAL_IDENTITY_FAULTS = {
  IDENTITY_FOLDER_TAKEN: {
    meaning: 'Another process holds the folder of the local identity.',
    remedy: 'Stop it, or name another folder.',
  },
  IDENTITY_FILE_BROKEN: {
    meaning: 'A file of the local identity cannot be read as what it must be.',
    remedy: 'Restore the file that the message names from a backup; without it everybody has to be invited again.',
  },
  IDENTITY_SEED_BROKEN: { meaning: 'The list of first users cannot be read.', remedy: 'Correct the field that the message names.' },
} as const satisfies CodeMeanings;

export type LocalIdentityFaultCode = keyof typeof LOCAL_IDENTITY_FAULTS;

/** The local identity cannot run, or not go on. */
export class LocalIdentityFault extends Error {
  readonly code: LocalIdentityFaultCode;
  constructor(code: LocalIdentityFaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LocalIdentityFault';
    this.code = code;
  }
}
