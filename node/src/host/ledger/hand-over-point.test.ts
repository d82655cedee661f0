import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeCrypto } from '@civitas/canon/node';
import { decodeLightBlock } from '@civitas/proofs';
import { waitFor } from '@civitas/testkit';
import { afterEach, expect, test } from '@jest/globals';
import { aBundle, aNetwork, anEnvelope, approverKey, type OperationParts, probe } from './ledger-fixture.ts';
import type { LedgerHost } from './ledger-host.ts';
import { openLedgerHost } from './open-ledger-host.ts';

const network = aNetwork('jincheng-health-1', {}, Date.now() - 1000);
const folder = mkdtempSync(join(tmpdir(), 'civitas-hand-over-point-'));
let host: LedgerHost | undefined;
let intent = 0;

afterEach(async () => {
  await host?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(newestProtocol: number): Promise<LedgerHost> {
  host = await openLedgerHost({
    dataDir: folder,
    genesis: network.genesisBytes,
    consensusKey: { publicKey: network.consensus.publicKey, sign: (message) => network.consensus.sign(message) },
    crypto: nodeCrypto,
    clock: { nowUnixMs: () => Date.now(), setTimer: () => () => undefined },
    log: { error: () => undefined },
    options: { signing: { granted: () => true, onChange: () => () => undefined }, contracts: [probe], newestProtocol },
  });
  return host;
}

const submit = (to: LedgerHost, parts: Partial<OperationParts>) =>
  to.submit(aBundle(network, [anEnvelope(network, { expiresAtUnixMs: Date.now() + 600_000, intent: ++intent, ...parts })]));
const members = { contract: 'network.members@v1' };

test('the embedded engine stops before the first block of a newer protocol, and a newer release makes it', async () => {
  const old = await open(1);
  const change = { kind: 'activateProtocol', version: 2, afterBlocks: 3 };
  await submit(old, { ...members, method: 'propose', args: { id: 'p', change } });
  const [approved] = await submit(old, { ...members, method: 'approve', args: { proposal: 'p' }, coSigners: [approverKey] });
  const first = (approved?.height ?? 0) + 3;
  await waitFor('the hand-over point', async () => {
    if (old.status().awaiting === 'upgrade') return true;
    await submit(old, { args: { id: 'filler', value: '1' } }).catch(() => undefined);
    return false;
  });
  expect(old.status()).toMatchObject({ height: first - 1, signing: false, caughtUp: false, protocol: { version: 2, newestVersion: 1 } });
  expect(old.status().unwell).toBe(`node: awaits its upgrade: protocol 2 is in force from height ${first}, this release executes up to 1`);
  await expect(submit(old, { args: { id: 'late', value: '1' } })).rejects.toMatchObject({ refusal: { code: 'HALTED', then: 'retry' } });
  const { root } = old.status();
  await old.close();

  const again = await open(1);
  expect(again.status()).toMatchObject({ height: first - 1, root, awaiting: 'upgrade' });
  await again.close();

  const newer = await open(2);
  await submit(newer, { args: { id: 'next', value: '1' } });
  expect(newer.read('test.probe/items/next')).toEqual({ value: '1' });
  const versionAt = (height: number): bigint | undefined => {
    const decoded = decodeLightBlock(new Uint8Array(newer.lightBlock(height) ?? []));
    return decoded.ok ? decoded.value.header.appProtocol : undefined;
  };
  expect([versionAt(first - 1), versionAt(first)]).toEqual([0n, 2n]);
});
