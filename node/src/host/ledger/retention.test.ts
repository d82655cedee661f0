import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeCrypto } from '@civitas/canon/node';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ENDED_HEIGHTS_MAX } from '../../core/state/limits.ts';
import { LedgerStore } from '../store/ledger-store.ts';
import { aBundle, aNetwork, anEnvelope, type OperationParts, probe, type TestNetwork } from './ledger-fixture.ts';
import type { LedgerHost } from './ledger-host.ts';
import { aLink } from './link.fixture.ts';
import { type LedgerHostOptions, openLedgerHost } from './open-ledger-host.ts';

const HOUR_MS = 3_600_000;
const GENESIS_MS = 1_767_225_600_000;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-retention-'));
  folders.push(folder);
  return folder;
}

/** A ledger whose clock the test moves. */
async function aHost(network: TestNetwork, folder: string, retention: LedgerHostOptions['retention'], startMs = GENESIS_MS) {
  let [nowMs, intent] = [startMs, startMs];
  const host: LedgerHost = await openLedgerHost({
    dataDir: folder,
    genesis: network.genesisBytes,
    consensusKey: { publicKey: network.consensus.publicKey, sign: (message) => network.consensus.sign(message) },
    crypto: nodeCrypto,
    clock: { nowUnixMs: () => nowMs, setTimer: () => () => undefined },
    log: { error: () => undefined },
    options: {
      signing: { granted: () => true, onChange: () => () => undefined },
      contracts: [probe],
      ...(retention === undefined ? {} : { retention }),
    },
  });
  return {
    host,
    nowMs: () => nowMs,
    async put(id: string, afterMs: number, parts: Partial<OperationParts> = {}): Promise<number> {
      nowMs += afterMs;
      // A block's time is that of the vote before it: the expiry is judged by it.
      const expiresAtUnixMs = host.status().timeUnixMs + HOUR_MS / 2;
      const envelope = anEnvelope(network, { expiresAtUnixMs, intent: ++intent, args: { id, value: 'v' }, ...parts });
      const [receipt] = await host.submit(aBundle(network, [envelope]));
      return receipt?.height ?? 0;
    },
  };
}

const lowestProvable = (host: LedgerHost): number => {
  for (let header = 1; header <= host.status().height; header++)
    if (host.prove('test.probe/items/none', header) !== undefined) return header;
  return Number.POSITIVE_INFINITY;
};

describe('the proof window', () => {
  test('ends roots with the commits that come after it, and their history leaves the store', async () => {
    const folder = aFolder();
    const { host, put } = await aHost(aNetwork(), folder, { days: 1, archive: false });
    const first = await put('first', 0);
    await put('second', 0);
    expect(host.prove('test.probe/items/first', first + 1)?.value).toEqual({ value: 'v' });
    for (let n = 0; n < 60; n++) await put(`n-${n}`, HOUR_MS);
    const { height, timeUnixMs } = host.status();
    const lowest = lowestProvable(host);
    expect(lowest).toBeGreaterThan(first + 1);
    // Header h shows the root after block h - 1, which is kept while that block is within the window.
    expect(host.blockSummary(lowest - 1)?.timeUnixMs).toBeGreaterThanOrEqual(timeUnixMs - 24 * HOUR_MS);
    expect(host.blockSummary(lowest - 2)?.timeUnixMs).toBeLessThan(timeUnixMs - 23 * HOUR_MS);
    expect(host.prove('test.probe/items/first', first + 1)).toBeUndefined();
    for (let header = lowest; header <= height; header++) {
      expect(host.prove('test.probe/items/first', header)?.value).toEqual({ value: 'v' });
    }
    // Evidence stays: receipts and light blocks of all heights.
    expect(host.lightBlock(first)).toBeDefined();
    expect(host.blockSummary(first)).toBeDefined();
    expect(await host.verify()).toMatchObject({ ok: true });
    await host.close();
    const store = new LedgerStore(join(folder, 'ledger'));
    expect(store.prunableHistory(store.readHead()?.keptFrom ?? 0, 10_000).historyKeys).toEqual([]);
    await store.close();
  });

  test('an archive keeps every root; made a common node again it drops the backlog in slices', async () => {
    const folder = aFolder();
    const network = aNetwork();
    const archive = await aHost(network, folder, { days: 1, archive: true });
    for (let n = 0; n < 40; n++) await archive.put(`n-${n}`, HOUR_MS);
    expect(lowestProvable(archive.host)).toBe(1);
    const before = archive.host.status().height;
    await archive.host.close();
    const { host, put } = await aHost(network, folder, { days: 1, archive: false }, archive.nowMs() + 100 * HOUR_MS);
    let lowest = lowestProvable(host);
    for (let n = 0; n < 12 && lowest < before; n++) {
      const from = host.status().height;
      await put(`late-${n}`, HOUR_MS);
      const next = lowestProvable(host);
      expect(next - lowest).toBeLessThanOrEqual(ENDED_HEIGHTS_MAX * (host.status().height - from));
      lowest = next;
    }
    expect(lowest).toBeGreaterThanOrEqual(before);
    expect(await host.verify()).toMatchObject({ ok: true });
    await host.close();
  });

  test('never ends the root that an unacknowledged packet is proven under', async () => {
    const { health, city } = aLink();
    const { host, put } = await aHost(health.network, aFolder(), { days: 1, archive: false }, health.network.genesis.genesisTimeUnixMs);
    await put('before', 0);
    const to = city.network.chainId;
    const timeoutUnixMs = host.status().timeUnixMs + 4 * HOUR_MS;
    const sent = await put('', 0, { method: 'send', args: { to, timeoutUnixMs, value: { n: 1 } } });
    expect(host.links.outbox(to, 0, 10)).toMatchObject([{ sentAtHeight: sent }]);
    for (let n = 0; n < 60; n++) await put(`n-${n}`, HOUR_MS);
    expect(lowestProvable(host)).toBe(sent + 1);
    await host.close();
  });
});
