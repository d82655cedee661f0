import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bytes, base64urlEncode, type Envelope, isJsonObject, operationHash, parseCanonical } from '@civitas/canon';
import { nodeCrypto, verifyEd25519InPool } from '@civitas/canon/node';
import { decodeLightBlock, type EvidenceBundle, encodeEvidence, receiptProofFromJson, unixMsOf, verifyBundle } from '@civitas/proofs';
import type { SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import { nodeMetrics, openMetricsRegistry } from '@civitas/telemetry';
import { aKeyPair } from '@civitas/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Verdicts } from '../../core/ledger/verdicts.ts';
import { Admission } from '../admission/admission.ts';
import { aBundle, aNetwork, anEnvelope, founderKey, probe, signedTogether, type TestNetwork } from '../ledger/ledger-fixture.ts';
import type { LedgerHost, StoredReceipt } from '../ledger/ledger-host.ts';
import { openLedgerHost } from '../ledger/open-ledger-host.ts';
import { findSignedOperation } from './signed-operation.ts';

const { sha256 } = nodeCrypto;
let network: TestNetwork;
let folder: string;
let host: LedgerHost;
let intent = 0;

beforeEach(async () => {
  network = aNetwork('jincheng-health-1', {}, Date.now() - 1000);
  folder = mkdtempSync(join(tmpdir(), 'signed-operation-'));
  host = await openLedgerHost({
    dataDir: folder,
    genesis: network.genesisBytes,
    consensusKey: { publicKey: network.consensus.publicKey, sign: (message) => network.consensus.sign(message) },
    crypto: nodeCrypto,
    clock: { nowUnixMs: () => Date.now(), setTimer: () => () => undefined },
    log: { error: () => undefined },
    options: { signing: { granted: () => true, onChange: () => () => undefined }, contracts: [probe] },
  });
});

afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

function someEnvelopes(count: number): Envelope[] {
  return Array.from({ length: count }, () => {
    const id = `r${++intent}`;
    return anEnvelope(network, { expiresAtUnixMs: Date.now() + 600_000, intent, args: { id, value: '1' } });
  });
}

function anAdmission(): Admission {
  return new Admission({
    ledger: host,
    crypto: nodeCrypto,
    verifyEd25519: verifyEd25519InPool,
    verdicts: new Verdicts(nodeCrypto),
    gateway: { organisation: 'founder', key: founderKey },
    bundleWaitMs: 1,
    metrics: openMetricsRegistry({}).register(nodeMetrics),
    nowUnixMs: Date.now,
    nowMs: () => performance.now(),
  });
}

const wireOf = ({ body, coSignatures }: Envelope): SignedOperation => ({
  body,
  signature: new Uint8Array(0),
  coSignatures: [...coSignatures],
  shared: undefined,
});

async function submitTogether(envelopes: readonly Envelope[]): Promise<readonly StoredReceipt[]> {
  const batch = signedTogether(network, envelopes);
  const wire = { signature: batch[0]?.signature ?? new Uint8Array(0), operations: batch.map(wireOf) };
  const receipts = await Promise.all(anAdmission().submitBatch(wire, 'founder'));
  return receipts.map((receipt) => {
    if (!receipt.ok) throw new Error(receipt.refusal.code);
    return receipt.value;
  });
}

async function untilHeight(height: number): Promise<void> {
  if (host.status().height >= height) return;
  await new Promise<void>((resolve) => {
    const stop = host.onCommit((block) => {
      if (block.height < height) return;
      stop();
      resolve();
    });
  });
}

/** A case file of one operation, with the signature as the ledger keeps it. */
async function evidenceOf(receipt: StoredReceipt): Promise<Bytes> {
  const signed = await findSignedOperation(host, receipt);
  await untilHeight(receipt.height + 1);
  const proven = host.proveReceipt(receipt.operationHash);
  const proof = receiptProofFromJson(proven?.proof ?? {});
  const lightBlock = new Uint8Array(proven?.lightBlock ?? []);
  const light = decodeLightBlock(lightBlock);
  if (signed === undefined || !proof.ok || !light.ok) throw new Error('no proof');
  const { body, signature, shared } = signed.operation;
  const path = shared && { index: shared.index, total: shared.total, siblings: shared.path };
  const genesis = parseCanonical(network.genesisBytes);
  const validators = [{ publicKey: network.consensus.publicKey, power: host.genesis.validators[0]?.power ?? 0 }];
  const frame = { title: 'put', statement: 'done', network: network.chainId, height: receipt.height + 1 };
  const bundle: EvidenceBundle = {
    subject: { kind: 'operation', id: base64urlEncode(receipt.operationHash) },
    networks: [
      {
        name: 'health',
        chainId: network.chainId,
        genesis: genesis.ok && isJsonObject(genesis.value) ? genesis.value : null,
        genesisHash: sha256(network.genesisBytes),
        validators,
        lightBlocks: [lightBlock],
      },
    ],
    items: [
      {
        ...frame,
        kind: 'receipt',
        proof: proof.value,
        operation: body,
        signature: { signature: shared?.signature ?? signature, publicKey: signed.publicKey, shared: path },
      },
    ],
    openings: [],
    claims: { unchangedSinceUnixMs: unixMsOf(light.value.header.time), capturedBy: 'test', capturedAtUnixMs: 1 },
  };
  return encodeEvidence(sha256, bundle);
}

test('an operation of a batch, from the client to an evidence bundle that verifies offline by itself', async () => {
  const receipts = await submitTogether(someEnvelopes(5));
  const reports = await Promise.all(receipts.map(async (receipt) => verifyBundle(nodeCrypto, await evidenceOf(receipt))));

  for (const [at, report] of reports.entries()) {
    if (!report.ok) throw new Error(report.refusal.code);
    expect(report.value.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(report.value.checks.find(({ check }) => check === 'SIGNATURE')?.reason).toBe(
      `signed as ${at + 1} of 5 by key ${founderKey.keyId} of founder`,
    );
  }
});

test('the signed operation of a receipt is the true one, though a copy that nobody signed stands before it in its block', async () => {
  const [alone] = someEnvelopes(1);
  const batch = signedTogether(network, someEnvelopes(3));
  if (alone === undefined || batch[1] === undefined) throw new Error('no operations');
  const forgedAlone = { ...alone, signature: aKeyPair('stranger').sign(alone.body) };
  const forged = signedTogether(network, batch, aKeyPair('stranger'));
  const receipts = await host.submit(aBundle(network, [forgedAlone, ...forged, alone, ...batch]));
  const receiptOf = ({ body }: Envelope): StoredReceipt => {
    const receipt = host.findReceipt(operationHash(sha256, body));
    if (receipt === undefined) throw new Error('no receipt');
    return receipt;
  };

  expect(receipts.length).toBe(8);
  expect(Buffer.from((await findSignedOperation(host, receiptOf(alone)))?.operation.signature ?? [])).toEqual(Buffer.from(alone.signature));
  expect((await findSignedOperation(host, receiptOf(batch[1])))?.operation).toMatchObject({
    signature: Buffer.alloc(0),
    shared: { index: 1, total: 3, signature: Buffer.from(batch[1].signature) },
  });
});

test('there is no signed operation where the block is not kept, or the key is not known', async () => {
  const [receipt] = await host.submit(aBundle(network, someEnvelopes(1)));
  if (receipt === undefined) throw new Error('no receipt');
  const without = (change: Partial<LedgerHost>): LedgerHost => Object.assign(Object.create(host) as LedgerHost, change);
  const nobody = { ...host.members, findKey: () => undefined };

  expect(await findSignedOperation(without({ blockBundles: async () => undefined }), receipt)).toBeUndefined();
  expect(
    await findSignedOperation(
      without({ members: nobody, blockBundles: (height) => host.blockBundles(height), genesis: host.genesis }),
      receipt,
    ),
  ).toBeUndefined();
});
