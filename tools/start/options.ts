import { parseArgs } from 'node:util';
import { StartRefused } from './start-refused.ts';

export interface StartOptions {
  readonly home: string | undefined;
  readonly port: number;
  readonly seed: number | undefined;
  /** Undefined: what the home was born with, or embedded. */
  readonly engine: 'embedded' | 'cometbft' | undefined;
  readonly validators: number | undefined;
  readonly networks: readonly string[] | undefined;
  /** File that says where the Keycloak is whose people come in; undefined: what the home was born with, or the console's own. */
  readonly keycloak: string | undefined;
  /** Prometheus and Alertmanager run beside the city. */
  readonly prometheus: boolean;
  readonly help: boolean;
}

export const USAGE = `npm start [-- options]

Brings up the sample city on this machine: a Kubernetes API, the operator, five ledgers, their links, sample data and one case
carried across three ledgers. Ctrl-C stops everything; the next start resumes the same chains.

  --home DIR   where the city keeps its data (default: CIVITAS_HOME or .civitas)
  --port N     port of the Kubernetes API (default 6443)
  --seed N     seed of the sample data and of the first case (default: random, printed)
  --engine E   embedded (default): one validator a network, no fault tolerance; cometbft: real consensus, after
               npm run engine:install. Chosen at the first start of a home
  --validators N  with cometbft: validators of each network, 4 … 13 (default 4)
  --networks A,B  with cometbft: only these networks run on it, the others embedded (default: all of them)
  --keycloak FILE  people come from a Keycloak of yours, not from the console's own pages: FILE says where it is and holds the
               secrets of its two clients (docs/guides/console.md). Chosen at the first start of a home
  --prometheus run Prometheus and Alertmanager beside the city, where they are installed
  --help       this text
`;

/** Fewer survive no fault; more on one machine show nothing that these do not. */
const VALIDATORS = { min: 4, max: 13 };

/** @throws StartRefused (BAD_ARGUMENT) with what was got and what is expected. */
export function parseOptions(argv: readonly string[]): StartOptions {
  let values: { [Name in 'home' | 'port' | 'seed' | 'engine' | 'validators' | 'networks' | 'keycloak']?: string } & {
    help?: boolean;
    prometheus?: boolean;
  };
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        ...{ home: { type: 'string' }, port: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
        ...{ engine: { type: 'string' }, validators: { type: 'string' }, networks: { type: 'string' }, prometheus: { type: 'boolean' } },
        keycloak: { type: 'string' },
      },
    }));
  } catch (error) {
    throw new StartRefused('BAD_ARGUMENT', `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
  const engine = engineOf(values.engine);
  for (const name of ['validators', 'networks'] as const) {
    if (values[name] !== undefined && engine !== 'cometbft')
      throw new StartRefused('BAD_ARGUMENT', `--${name} goes with --engine cometbft: the embedded engine has one validator`);
  }
  return {
    home: values.home,
    port: numberOf('--port', values.port ?? '6443', { min: 1, max: 65535 }),
    seed: values.seed === undefined ? undefined : numberOf('--seed', values.seed, { min: 0, max: 2 ** 31 - 1 }),
    engine,
    validators: values.validators === undefined ? undefined : numberOf('--validators', values.validators, VALIDATORS),
    networks: values.networks?.split(',').filter((name) => name !== ''),
    keycloak: values.keycloak,
    prometheus: values.prometheus === true,
    help: values.help === true,
  };
}

function engineOf(text: string | undefined): StartOptions['engine'] {
  if (text === undefined || text === 'embedded' || text === 'cometbft') return text;
  throw new StartRefused('BAD_ARGUMENT', `--engine takes embedded or cometbft, got '${text}'`);
}

function numberOf(name: string, text: string, bounds: { min: number; max: number }): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < bounds.min || value > bounds.max) {
    throw new StartRefused('BAD_ARGUMENT', `${name} takes a whole number from ${bounds.min} to ${bounds.max}, got '${text}'`);
  }
  return value;
}
