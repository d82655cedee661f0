import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bytes, hexEncode, type JsonObject, operationHash, utf8Decode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import {
  decodeLightBlock,
  proofToJson,
  receiptProofFromJson,
  verifyAdjacent,
  verifyCommit,
  verifyMembership,
  verifyReceipt,
} from '@civitas/proofs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { aBundle, aNetwork, anEnvelope, founderKey, type OperationParts, probe, type TestNetwork } from './ledger-fixture.ts';
import type { LedgerHost, StoredReceipt } from './ledger-host.ts';
import { type LedgerHostOptions, openLedgerHost } from './open-ledger-host.ts';

const folders: string[] = [];
const hosts: LedgerHost[] = [];

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-ledger-'));
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const clock = { nowUnixMs: () => Date.now(), setTimer: () => () => undefined };

async function aHost(network: TestNetwork, folder = aFolder(), options: Partial<LedgerHostOptions> = {}): Promise<LedgerHost> {
  const host = await openLedgerHost({
    dataDir: folder,
    genesis: network.genesisBytes,
    consensusKey: { publicKey: network.consensus.publicKey, sign: (message) => network.consensus.sign(message) },
    crypto: nodeCrypto,
    clock,
    log: { error: () => undefined },
    options: { signing: { granted: () => true, onChange: () => () => undefined }, contracts: [probe], ...options },
  });
  hosts.push(host);
  return host;
}

let intent = 0;
function submit(host: LedgerHost, network: TestNetwork, parts: Partial<OperationParts>[]): Promise<readonly StoredReceipt[]> {
  const envelopes = parts.map((part) => anEnvelope(network, { expiresAtUnixMs: Date.now() + 600_000, intent: ++intent, ...part }));
  return host.submit(aBundle(network, envelopes));
}

async function untilHeight(host: LedgerHost, height: number): Promise<void> {
  if (host.status().height >= height) return;
  await new Promise<void>((resolve) => {
    const stop = host.onCommit((block) => {
      if (block.height < height) return;
      stop();
      resolve();
    });
  });
}

const parsed = (bytes: Bytes): JsonObject => JSON.parse(utf8Decode(bytes) ?? '') as JsonObject;
const outcomeOf = (receipt: StoredReceipt | undefined): JsonObject => parsed(receipt?.bytes ?? new Uint8Array())['outcome'] as JsonObject;

describe('a ledger host', () => {
  test('executes a bundle, answers with receipts and proves record and receipt under the next header', async () => {
    const network = aNetwork('jincheng-health-1', {}, Date.now() - 1000);
    const host = await aHost(network);
    const receipts = await submit(host, network, [{ args: { id: 'a', value: '1' } }, { method: 'putThenRefuse', args: { id: 'b' } }]);
    expect(outcomeOf(receipts[0])).toEqual({ ok: true, result: { id: 'a' } });
    expect(outcomeOf(receipts[1])).toEqual({ ok: false, refusal: { code: 'STATE', facts: { id: 'b' } } });
    expect(host.read('test.probe/items/a')).toEqual({ value: '1' });
    expect(host.read('test.probe/items/b')).toBeUndefined();
    const height = receipts[0]?.height ?? 0;
    await untilHeight(host, height + 1);
    const light = decodeLightBlock(new Uint8Array(host.lightBlock(height + 1) ?? []));
    if (!light.ok) throw new Error(light.refusal.code);
    const before = decodeLightBlock(new Uint8Array(host.lightBlock(height) ?? []));
    if (!before.ok) throw new Error(before.refusal.code);
    expect(verifyCommit(nodeCrypto, { chainId: network.chainId, lightBlock: light.value }).ok).toBe(true);
    expect(verifyAdjacent(nodeCrypto, { trusted: before.value.header, lightBlock: light.value }).ok).toBe(true);
    const proven = host.prove('test.probe/items/a', height + 1);
    expect(proven?.value).toEqual({ value: '1' });
    const claim = { root: light.value.header.appHash, key: Buffer.from('test.probe/items/a'), value: Buffer.from('{"value":"1"}') };
    expect(proven !== undefined && verifyMembership(nodeCrypto.sha256, { ...claim, proof: proven.proof })).toBe(true);
    expect(proven !== undefined && proofToJson(proven.proof)).toBeTruthy();
    const receipt = host.proveReceipt(receipts[1]?.operationHash ?? new Uint8Array());
    const proof = receiptProofFromJson(receipt?.proof ?? {});
    if (!proof.ok) throw new Error(proof.refusal.code);
    expect(verifyReceipt(nodeCrypto.sha256, { proof: proof.value, header: light.value.header }).ok).toBe(true);
    expect(await host.verify()).toMatchObject({ ok: true, finding: '' });
  });

  test('goes on with the same root and receipts after a restart, and knows what it executed', async () => {
    const network = aNetwork('jincheng-health-1', {}, Date.now() - 1000);
    const folder = aFolder();
    const host = await aHost(network, folder);
    const envelope = anEnvelope(network, { expiresAtUnixMs: Date.now() + 600_000, intent: ++intent, args: { id: 'kept', value: '1' } });
    const [first] = await host.submit(aBundle(network, [envelope]));
    await untilHeight(host, (first?.height ?? 0) + 1);
    const { root, height } = host.status();
    await host.close();
    hosts.pop();
    const again = await aHost(network, folder);
    expect(again.status().height).toBeGreaterThanOrEqual(height);
    expect(hexEncode(again.status().root)).toBe(hexEncode(root));
    expect(again.findReceipt(operationHash(nodeCrypto.sha256, envelope.body))?.bytes).toEqual(Buffer.from(first?.bytes ?? []));
    const [replayed] = await again.submit(aBundle(network, [envelope]));
    expect(outcomeOf(replayed)).toMatchObject({ ok: false, refusal: { code: 'REPLAYED' } });
    expect(again.findReceipt(operationHash(nodeCrypto.sha256, envelope.body))?.height).toBe(first?.height);
  });

  test('makes no block without a signing grant and starts when it comes', async () => {
    const network = aNetwork('jincheng-health-1', {}, Date.now() - 1000);
    let granted = false;
    let tell = (): void => undefined;
    const onChange = (listener: () => void): (() => void) => {
      tell = listener;
      return () => undefined;
    };
    const host = await aHost(network, aFolder(), { signing: { granted: () => granted, onChange } });
    const pending = submit(host, network, [{ args: { id: 'a', value: '1' } }]);
    expect(host.status()).toMatchObject({ height: 0, signing: false });
    granted = true;
    tell();
    expect(outcomeOf((await pending)[0])).toMatchObject({ ok: true });
  });

  test('an empty block leaves the root as it was', async () => {
    const network = aNetwork('jincheng-health-1', {}, Date.now() - 1000);
    const host = await aHost(network);
    const [receipt] = await submit(host, network, [{ args: { id: 'a', value: '1' } }]);
    const { root } = host.status();
    await untilHeight(host, (receipt?.height ?? 0) + 1);
    expect(host.blockSummary(host.status().height)?.operationCount).toBe(0);
    expect(hexEncode(host.status().root)).toBe(hexEncode(root));
  });

  test('a bundle that is malformed, for another network or not signed by its gateway is refused whole', async () => {
    const network = aNetwork('jincheng-health-1', {}, Date.now() - 1000);
    const host = await aHost(network);
    const envelope = anEnvelope(network, { expiresAtUnixMs: Date.now() + 600_000, intent: ++intent, args: { id: 'a', value: '1' } });
    const good = aBundle(network, [envelope]);
    await expect(host.submit(new Uint8Array([1, 2, 3]))).rejects.toMatchObject({ refusal: { code: 'BUNDLE_MALFORMED' } });
    await expect(host.submit(new Uint8Array([...good, 0x40, 0]))).rejects.toMatchObject({ refusal: { code: 'BUNDLE_MALFORMED' } });
    await expect(host.submit(new Uint8Array(200_000))).rejects.toMatchObject({ refusal: { code: 'BUNDLE_TOO_LARGE' } });
    await expect(host.submit(aBundle(network, []))).rejects.toMatchObject({ refusal: { code: 'BUNDLE_TOO_LARGE' } });
    await expect(host.submit(aBundle(network, [envelope], { chainId: 'other-1' }))).rejects.toMatchObject({
      refusal: { code: 'WRONG_NETWORK' },
    });
    await expect(host.submit(aBundle(network, [envelope], { gateway: 'second' }))).rejects.toMatchObject({
      refusal: { code: 'NOT_AUTHORISED' },
    });
    const forged = founderKey.sign(new Uint8Array(3));
    await expect(host.submit(aBundle(network, [envelope], { signature: forged }))).rejects.toMatchObject({
      refusal: { code: 'SIGNATURE_INVALID' },
    });
    expect(outcomeOf((await host.submit(good))[0])).toMatchObject({ ok: true });
  });

  test('a store refuses another genesis, and a genesis another consensus key', async () => {
    const network = aNetwork('jincheng-health-1', {}, Date.now() - 1000);
    const folder = aFolder();
    const host = await aHost(network, folder);
    await host.close();
    hosts.pop();
    const other = aNetwork('jincheng-health-1', { approvalThreshold: 2 }, 1_767_225_600_000);
    await expect(aHost(other, folder)).rejects.toThrow('another genesis');
    const stranger = { ...network, consensus: aNetwork('another-health-1').consensus };
    await expect(aHost(stranger)).rejects.toThrow('another consensus key');
  });
});
