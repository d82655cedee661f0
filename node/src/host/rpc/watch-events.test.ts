import { EventEmitter } from 'node:events';
import { Bundle } from '@civitas/proto/civitas/ledger/v1/operation';
import type { WatchEventsResponse } from '@civitas/proto/civitas/node/v1/ledger';
import { aKeyPair } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import { nextTurn } from '../event-loop/next-turn.ts';
import { aFakeLedger, aGenesis, type FakeLedger } from '../testing/fake-ledger.ts';
import type { LedgerDoor } from './ledger-door.ts';
import { serveEvents } from './watch-events.ts';

const HOSPITAL = 'hospital-1';

/** A call that takes so many events before it is to be waited for. */
class Call extends EventEmitter {
  readonly request = { fromHeight: 1n, contract: '' };
  readonly heard: WatchEventsResponse[] = [];
  cancelled = false;
  readonly #taken: number;

  constructor(taken = Number.POSITIVE_INFINITY) {
    super();
    this.#taken = taken;
  }

  write(event: WatchEventsResponse): boolean {
    return this.heard.push(event) < this.#taken;
  }

  cancel(): void {
    this.cancelled = true;
    this.emit('cancelled');
  }
}

/** Of one operation, whose body is this byte. */
const aBundle = (byte: number): Uint8Array => Bundle.encode(Bundle.fromPartial({ operations: [{ body: Uint8Array.of(byte) }] })).finish();

const aLedger = (): FakeLedger =>
  aFakeLedger(aGenesis('jincheng-health-1', [{ name: HOSPITAL, roles: ['custodian'], keys: [{ pair: aKeyPair('h'), use: 'operation' }] }]));

const serve = (ledger: FakeLedger, call: Call): ReturnType<typeof serveEvents> =>
  serveEvents({ ledger, contracts: [] } as object as LedgerDoor, call as object as Parameters<typeof serveEvents>[1], HOSPITAL);

test('a long history is read over many turns of the event loop, also where no block has an event', async () => {
  const ledger = aLedger();
  const { status } = ledger;
  ledger.status = () => ({ ...status(), height: 200 });
  let blocksRead = 0;
  ledger.blockBundles = async () => {
    blocksRead += 1;
    const untilMs = performance.now() + 1;
    while (performance.now() < untilMs) continue;
    return [];
  };
  const call = new Call();
  setImmediate(() => call.cancel());

  expect(await serve(ledger, call)).toEqual({ ok: true, value: true });
  expect(blocksRead).toBeLessThan(100);
});

test('an organisation that is removed while it reads slowly hears nothing of the blocks after', async () => {
  const ledger = aLedger();
  for (let byte = 1; byte <= 3; byte++) await ledger.submit(aBundle(byte));
  const call = new Call(1);
  const served = serve(ledger, call);
  while (call.heard.length === 0) await nextTurn();
  ledger.revoked.add(HOSPITAL);
  call.emit('drain');

  expect(await served).toMatchObject({ ok: false, refusal: { code: 'NOT_AUTHORISED' } });
  expect(call.heard).toMatchObject([{ height: 1n }]);
});
