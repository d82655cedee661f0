import { encodeCanonical } from '@civitas/canon';
import { type Acknowledgement, checkArgs, done, type Outcome, type PayloadAcknowledgement, refused } from '@civitas/contracts';
import type { Execution } from '../ledger/execution.ts';
import { ACKNOWLEDGEMENT_BYTES_MAX } from './limits.ts';
import { acknowledgementKey, acknowledgementOf, findReceipt, jsonOf } from './records.ts';
import { AcknowledgementSchema } from './schema.ts';

/**
 * Gives the final answer to a payload that the contract had deferred.
 *
 * @returns NOT_DEFERRED when none of this contract is open, PAST_DUE at or after its due time, ARGS_INVALID or LIMIT for the answer.
 */
export function acknowledgeDeferred(
  execution: Execution,
  contract: string,
  { peer, sequence }: { readonly peer: string; readonly sequence: number },
  answer: PayloadAcknowledgement,
): Outcome {
  const receipt = findReceipt(execution.records, peer, sequence);
  const record = execution.records.get(acknowledgementKey(peer, sequence));
  if (receipt === undefined || record === undefined) return refused('NOT_DEFERRED', { peer, sequence });
  const before = acknowledgementOf(record);
  const index = before.payloads.findIndex(({ status }, at) => status === 'deferred' && receipt.ports[at] === contract);
  const deferred = before.payloads[index];
  if (deferred?.status !== 'deferred' || answer.status === 'deferred') return refused('NOT_DEFERRED', { peer, sequence });
  const { timeUnixMs } = execution.block;
  // The peer may end the packet under any header at or past the due time, so nothing may change from then on.
  if (timeUnixMs >= deferred.dueUnixMs) return refused('PAST_DUE', { peer, sequence, dueUnixMs: deferred.dueUnixMs, timeUnixMs });
  const after: Acknowledgement = { ...before, payloads: before.payloads.map((payload, at) => (at === index ? answer : payload)) };
  const formed = checkArgs(AcknowledgementSchema, after);
  if (!formed.ok) return formed;
  const acknowledgementBytes = encodeCanonical(jsonOf(after)).length;
  if (acknowledgementBytes > ACKNOWLEDGEMENT_BYTES_MAX) return refused('LIMIT', { limit: 'acknowledgementBytes', acknowledgementBytes });
  execution.put(acknowledgementKey(peer, sequence), jsonOf(after));
  execution.emit('links', 'Answered', { peer, sequence, status: answer.status });
  return done();
}
