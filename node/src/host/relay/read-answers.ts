import { isJsonObject, type Json, type JsonObject, parseCanonical } from '@civitas/canon';
import type { Receipt } from '@civitas/proofs';
import type { OutgoingPacket } from '@civitas/proto/civitas/node/v1/link';

/** A packet as its gateway handed it out. */
export function packetJson(outgoing: OutgoingPacket): JsonObject {
  const parsed = parseCanonical(outgoing.packet);
  if (!parsed.ok || !isJsonObject(parsed.value)) throw new Error('a gateway handed out a packet that is not canonical JSON');
  return parsed.value;
}

/** What a ledger says of each packet of a batch; none where the operation was refused. */
export function resultsOf(receipt: Receipt): readonly JsonObject[] {
  if (!receipt.outcome.ok) return [];
  const { result } = receipt.outcome;
  const results: Json | undefined = isJsonObject(result) ? result['results'] : undefined;
  return Array.isArray(results) ? results.filter((item: Json) => isJsonObject(item)) : [];
}
