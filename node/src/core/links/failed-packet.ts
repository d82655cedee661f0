import { isJsonObject, type Json, type JsonObject, type Operation } from '@civitas/canon';
import type { Receipt } from '@civitas/proofs';
import { FAILURE_WORD_CHARS_MAX } from './limits.ts';
import { acknowledgementOf } from './records.ts';

/** How an own packet failed: the peer refused it, never received it in its time, or put it off and never answered. */
export type PacketEnd = 'refused' | 'not-received' | 'not-answered';

/** What the operation that settled a failed packet says of it. */
export interface PacketFailure {
  readonly peer: string;
  readonly sequence: number;
  readonly end: PacketEnd;
  /** The peer's refusal code; '' where it refused nothing. */
  readonly code: string;
  /** Which rule of that code, where the peer names one; '' otherwise. */
  readonly reason: string;
  readonly retriable: boolean;
  /** Position of the payload that failed. */
  readonly payload: number;
  /** Code of the sender's own handler when it could not take the end in (`HandlerFault`); '' when it did. */
  readonly senderFault: string;
}

interface Told {
  readonly contract: string;
  readonly name: string;
  readonly data: JsonObject;
}

const isError = (status: Json): boolean => status === 'error';

/** Whether events tell of own packets that were refused or timed out. Asked of every operation, so it only looks. */
export function tellsOfFailure(events: readonly Told[]): boolean {
  return events.some(({ contract, name, data }) => {
    if (contract !== 'links') return false;
    const { statuses } = data;
    return name === 'TimedOut' || (name === 'Acknowledged' && Array.isArray(statuses) && statuses.some(isError));
  });
}

const wordOf = (value: Json | undefined): string => (typeof value === 'string' ? value.slice(0, FAILURE_WORD_CHARS_MAX) : '');

/** The answer that made a packet fail: not the ones that were only undone with it. */
function refusalIn(acknowledgement: JsonObject): Pick<PacketFailure, 'code' | 'reason' | 'retriable' | 'payload'> | undefined {
  const { payloads } = acknowledgementOf(acknowledgement);
  const errors = payloads.flatMap((answer, payload) => (answer.status === 'error' ? [{ ...answer, payload }] : []));
  const found = errors.find(({ code }) => code !== 'UNDONE') ?? errors[0];
  if (found === undefined) return undefined;
  const { code, retriable, payload, facts } = found;
  return { code, retriable, payload, reason: wordOf(facts['reason']) };
}

type Ended = Pick<PacketFailure, 'end' | 'code' | 'reason' | 'retriable' | 'payload'>;

/** @param shown what the relay showed of the packet, which the ledger has proven. */
function endOf(status: Json | undefined, shown: JsonObject): Ended | undefined {
  const { acknowledgement } = shown;
  if (status === 'timed-out') {
    const end = acknowledgement === undefined ? 'not-received' : 'not-answered';
    return { end, code: '', reason: '', retriable: false, payload: 0 };
  }
  const refusal = status === 'acknowledged' && isJsonObject(acknowledgement) ? refusalIn(acknowledgement) : undefined;
  return refusal && { end: 'refused', ...refusal };
}

const objectsIn = (value: Json | undefined): (JsonObject | undefined)[] =>
  Array.isArray(value) ? value.map((item: Json) => (isJsonObject(item) ? item : undefined)) : [];

/**
 * The own packets that a relay's operation ended badly, in its order. Its results stand beside what it showed, so one that was refused or a
 * duplicate is never taken for one that was settled.
 */
export function failuresIn({ args }: Pick<Operation, 'args'>, { outcome, events }: Pick<Receipt, 'outcome' | 'events'>): PacketFailure[] {
  if (!outcome.ok || !isJsonObject(outcome.result)) return [];
  const results = objectsIn(outcome.result['results']);
  const { peer } = args;
  return objectsIn(args['packets']).flatMap((shown, at) => {
    const sequence = shown?.['sequence'];
    if (shown === undefined || typeof sequence !== 'number' || typeof peer !== 'string') return [];
    const ended = endOf(results[at]?.['status'], shown);
    if (ended === undefined) return [];
    const fault = events.find(
      ({ contract, name, data }) => contract === 'links' && name === 'HandlerFault' && data['sequence'] === sequence,
    );
    return [{ peer, sequence, ...ended, senderFault: wordOf(fault?.data['code']) }];
  });
}
