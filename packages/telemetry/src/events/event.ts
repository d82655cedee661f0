import type { LogLevel } from '../log-level.ts';

/** One event as the vocabulary holds it: what a line of the log with this name means. */
export interface EventDefinition {
  /** The most serious level it is written at. */
  readonly level: LogLevel | 'fatal';
  readonly meaning: string;
  /** Its own fields, beside those that every line may carry (CORRELATION_FIELDS) and those of an error (ERROR_FIELDS). */
  readonly fields: readonly string[];
  /** The sentence under which the Kubernetes runtime reports it. */
  readonly says?: string;
}

/** Ties the names of a vocabulary to its type. */
export function eventsOf<const Events extends Readonly<Record<string, EventDefinition>>>(events: Events): Events {
  return events;
}

/** Fields by which lines of different processes are brought together. */
export const CORRELATION_FIELDS: Readonly<Record<string, string>> = {
  component: 'program: node, engine, relay, backup, operator, console, cluster',
  version: 'its release',
  network: 'chain id, or the name of the network where there is no chain yet',
  node: 'name of the node or relay',
  height: 'block',
  operation: 'hash of an operation, base64url',
  source: 'chain id of the network that sent a packet',
  destination: 'chain id of the network it goes to',
  sequence: 'number of the packet in its direction',
  flow: 'id of a case that spans networks',
  trace_id: 'trace the line belongs to, 32 hex digits',
};

/** Fields of an error; `facts` is what a refusal says of itself. */
export const ERROR_FIELDS: Readonly<Record<string, string>> = {
  error: 'its message',
  stack: 'where it was thrown',
  cause: 'what caused it, in the same fields',
  message: 'a sentence for people',
  code: 'code of docs/reference/errors.md',
  facts: 'facts of a refusal',
};
