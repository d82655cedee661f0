import { parseArgs } from 'node:util';
import { StartRefused } from './start-refused.ts';

export interface StartOptions {
  readonly home: string | undefined;
  readonly port: number;
  readonly seed: number | undefined;
  readonly help: boolean;
}

export const USAGE = `npm start [-- options]

Brings up the sample city on this machine: a Kubernetes API, the operator, five ledgers, their links, sample data and one case
carried across three ledgers. Ctrl-C stops everything; the next start resumes the same chains.

  --home DIR   where the city keeps its data (default: CIVITAS_HOME or .civitas)
  --port N     port of the Kubernetes API (default 6443)
  --seed N     seed of the sample data and of the first case (default: random, printed)
  --help       this text
`;

/** @throws StartRefused (BAD_ARGUMENT) with what was got and what is expected. */
export function parseOptions(argv: readonly string[]): StartOptions {
  let values: { home?: string; port?: string; seed?: string; help?: boolean };
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: { home: { type: 'string' }, port: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    }));
  } catch (error) {
    throw new StartRefused('BAD_ARGUMENT', `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
  return {
    home: values.home,
    port: numberOf('--port', values.port ?? '6443', { min: 1, max: 65535 }),
    seed: values.seed === undefined ? undefined : numberOf('--seed', values.seed, { min: 0, max: 2 ** 31 - 1 }),
    help: values.help === true,
  };
}

function numberOf(name: string, text: string, bounds: { min: number; max: number }): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < bounds.min || value > bounds.max) {
    throw new StartRefused('BAD_ARGUMENT', `${name} takes a whole number from ${bounds.min} to ${bounds.max}, got '${text}'`);
  }
  return value;
}
