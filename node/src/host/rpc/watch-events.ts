import { accept, type Bytes, encodeCanonical, operationHash, type Result, refuse } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { parseReceipt } from '@civitas/proofs';
import { Bundle } from '@civitas/proto/civitas/ledger/v1/operation';
import type { WatchEventsRequest, WatchEventsResponse } from '@civitas/proto/civitas/node/v1/ledger';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { turnBudget } from '../event-loop/turn-budget.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import { drained } from './drained.ts';
import type { LedgerDoor } from './ledger-door.ts';
import { mayHearEvents } from './record-access.ts';

type EventsCall = ServerWritableStream<WatchEventsRequest, WatchEventsResponse>;

/** Events of one block in order, read back from its operations and their receipts. */
function* eventsOf(ledger: LedgerHost, height: number, bundles: readonly Bytes[]): Generator<WatchEventsResponse> {
  for (const bytes of bundles) {
    for (const { body } of Bundle.decode(bytes).operations) {
      const stored = ledger.findReceipt(operationHash(nodeCrypto.sha256, body));
      // A duplicate's receipt stands at the height where it was executed first.
      if (stored === undefined || stored.height !== height) continue;
      const receipt = parseReceipt(stored.bytes);
      if (!receipt.ok) throw new Error(`stored receipt at ${height}: ${receipt.refusal.code}`);
      for (const { contract, name, data } of receipt.value.events) {
        const { index, operationHash: hash } = stored;
        yield { height: BigInt(height), index, contract, name, data: encodeCanonical(data), operationHash: hash };
      }
    }
  }
}

/**
 * Events from a height on, without end. The stream follows a height rather than a queue: a slow reader falls behind and loses
 * nothing, and the last height it saw is its resume token. A block that is not kept ends it with BLOCK_NOT_KEPT.
 */
export async function serveEvents(door: LedgerDoor, call: EventsCall, organisation: string): Promise<Result<true>> {
  const { ledger, contracts } = door;
  const { fromHeight, contract: wanted } = call.request;
  let next = fromHeight === 0n ? ledger.status().height + 1 : Number(fromHeight);
  let wake: () => void = () => undefined;
  const stop = ledger.onCommit(() => wake());
  call.on('cancelled', () => wake());
  try {
    while (!call.cancelled) {
      const roles = ledger.members.findOrganisation(organisation)?.roles;
      if (roles === undefined) return refuse('NOT_AUTHORISED', { organisation, expected: 'an enrolled organisation' });
      if (next > ledger.status().height) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const height = next;
      // Of an engine that reads its blocks at once, a long history would else be read in a single turn of the event loop.
      const bundles = await turnBudget.take(() => ledger.blockBundles(height));
      // A gap would look like a block without events.
      if (bundles === undefined) return refuse('BLOCK_NOT_KEPT', { height });
      for (const event of eventsOf(ledger, height, bundles)) {
        const matches = wanted === '' || event.contract === wanted;
        if (matches && mayHearEvents(contracts, event.contract, roles) && !call.write(event)) await drained(call);
      }
      next += 1;
    }
    return accept(true);
  } finally {
    stop();
  }
}
