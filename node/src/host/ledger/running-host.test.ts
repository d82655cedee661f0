import { expect, test } from '@jest/globals';
import { OpenLedgerHost } from './running-host.ts';

const DURABLE = 4;
const bytes = new Uint8Array(32);

/** A host whose store shows its readers one block more than is durable, as LMDB does while it writes to disk. */
function aHostWhileCommitting(): { host: OpenLedgerHost; becomesDurable: () => void } {
  const recordOf = (height: number): object => ({
    height,
    timeUnixMs: height,
    hash: bytes,
    root: { hash: bytes },
    bundles: [],
    blockBytes: 9,
  });
  const application = { head: recordOf(DURABLE) };
  const store = {
    readBlockRecord: (height: number) => (height <= DURABLE + 1 ? recordOf(height) : undefined),
    findOperation: () => ({ height: DURABLE + 1, index: 0 }),
    readReceipt: () => bytes,
  };
  const parts = { application, store } as object as ConstructorParameters<typeof OpenLedgerHost>[0];
  return {
    host: new OpenLedgerHost(parts),
    becomesDurable: () => {
      application.head = recordOf(DURABLE + 1);
    },
  };
}

test('a block and its receipts are shown once they are durable, and not while they are written', () => {
  const { host, becomesDurable } = aHostWhileCommitting();
  expect(host.blockSummary(DURABLE)).toMatchObject({ height: DURABLE });
  expect([host.blockSummary(DURABLE + 1), host.findReceipt(bytes)]).toEqual([undefined, undefined]);

  becomesDurable();
  expect(host.blockSummary(DURABLE + 1)).toMatchObject({ height: DURABLE + 1 });
  expect(host.findReceipt(bytes)).toMatchObject({ height: DURABLE + 1, bytes });
});

test.each([
  ['embedded', true, false],
  ['embedded', false, true],
  ['cometbft', false, false],
] as const)('a chain on %s whose first block is kept: %s, lacks its first blocks: %s', (engineKind, isKept, lacksFirstBlocks) => {
  const readBlock = (height: number) => (isKept || height > 1 ? bytes : undefined);
  const engine = { health: () => ({}), isSigning: () => true };
  const application = {
    head: { height: DURABLE, timeUnixMs: 1, root: { hash: bytes } },
    validatorCount: 1,
    protocol: {},
    newestProtocol: 1,
  };
  const parts = { application, engine, engineKind, store: { readBlock }, genesis: { chainId: 'jincheng-city-1' }, reader: {} };
  const host = new OpenLedgerHost(parts as object as ConstructorParameters<typeof OpenLedgerHost>[0]);
  expect(host.status().lacksFirstBlocks).toBe(lacksFirstBlocks);
});
