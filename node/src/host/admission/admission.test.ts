import { operationHash, SHARED_BATCH_BYTES_MAX, sharedPathsOf, type VerifyEd25519Elsewhere } from '@civitas/canon';
import { nodeCrypto, verifyEd25519InPool } from '@civitas/canon/node';
import { encodeReceipt, parseReceipt } from '@civitas/proofs';
import type { OperationBatch, SharedSignature, SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import { aKeyPair } from '@civitas/testkit';
import { beforeEach, expect, test } from '@jest/globals';
import { BUNDLE_BYTES_MAX, BUNDLE_OPERATIONS_MAX } from '../../core/ledger/limits.ts';
import { decodeBundle } from '../ledger/bundle-codec.ts';
import type { FakeLedger } from '../testing/fake-ledger.ts';
import { aBatch, anAdmissionTo, anOperation, aTestLedger, codeOf, gateway, hospital, NOW, relay } from './admission.fixture.ts';
import type { Admission } from './admission.ts';
import { QUEUE_SHARE_OF_ORGANISATION } from './limits.ts';

const { sha256 } = nodeCrypto;
let ledger: FakeLedger;
let nowMs: number;

beforeEach(() => {
  nowMs = 0;
  ledger = aTestLedger();
});

function anAdmission(perSecond?: number, verifyEd25519: VerifyEd25519Elsewhere = verifyEd25519InPool, queueOperationsMax?: number) {
  const limits = {
    ...ledger.genesis.appState.limits,
    ...(perSecond === undefined ? {} : { operationsPerSecondPerOrganisation: perSecond }),
  };
  const genesis = { ...ledger.genesis, appState: { ...ledger.genesis.appState, limits } };
  const limited = Object.assign(Object.create(ledger) as FakeLedger, { genesis });
  return anAdmissionTo(limited, { verifyEd25519, queueOperationsMax, nowMs: () => nowMs });
}

const QUEUE_OPERATIONS = 64;
const SHARE = QUEUE_OPERATIONS * QUEUE_SHARE_OF_ORGANISATION;

const four: readonly string[] = ['a', 'b', 'c', 'd'];

/** Operation `at` of a batch of four, with its path. */
function apart(at: number, change: Partial<SharedSignature> = {}): SignedOperation {
  const { signature, operations } = aBatch(four.map((text) => anOperation({ text })));
  const path = sharedPathsOf(
    sha256,
    operations.map(({ body }) => operationHash(sha256, body)),
  ).paths[at];
  const operation = operations[at];
  if (operation === undefined || path === undefined) throw new Error('no such operation');
  return { ...operation, shared: { signature, index: at, total: 4, path: [...path.siblings], ...change } };
}

async function codesOf(submitted: ReturnType<Admission['submitBatch']>): Promise<readonly string[]> {
  return Promise.all(submitted.map(codeOf));
}

test('a sound operation gets its own receipt', async () => {
  const operation = anOperation();
  const receipt = await anAdmission().submit(operation, 'hospital-1');
  if (!receipt.ok) throw new Error(receipt.refusal.code);
  const parsed = parseReceipt(receipt.value.bytes);

  expect(parsed).toMatchObject({ ok: true, value: { operation: operationHash(nodeCrypto.sha256, operation.body) } });
});

test.each<[string, () => SignedOperation, string]>([
  ['another organisation than the certificate', () => anOperation({ organisation: 'platform' }), 'NOT_AUTHORISED'],
  ['another network', () => anOperation({ network: 'jincheng-city-1' }), 'WRONG_NETWORK'],
  ['another genesis', () => anOperation({ genesis: new Uint8Array(32).fill(9) }), 'WRONG_NETWORK'],
  ['an expiry in the past', () => anOperation({ expiresAtUnixMs: 0 }), 'EXPIRED'],
  ['an expiry too far ahead', () => anOperation({ expiresAtUnixMs: NOW + 3_600_001 }), 'EXPIRED'],
  ['an unknown key', () => anOperation({ key: aKeyPair('stranger') }), 'NOT_AUTHORISED'],
  ['a role it does not hold', () => anOperation({ role: 'reviewer' }), 'NOT_AUTHORISED'],
  ['an operation key in the role of a relay', () => anOperation({ role: 'relay' }), 'NOT_AUTHORISED'],
  ['a garbage signature', () => anOperation({ signature: new Uint8Array(64).fill(3) }), 'SIGNATURE_INVALID'],
  ['a body that is no operation', () => ({ ...anOperation(), body: new Uint8Array([123]) }), 'JSON_MALFORMED'],
  [
    'an approver that is nobody',
    () => ({ ...anOperation(), coSignatures: [{ keyId: aKeyPair('x').keyId, signature: new Uint8Array(64) }] }),
    'NOT_AUTHORISED',
  ],
  [
    'a co-signature that does not verify',
    () => ({ ...anOperation(), coSignatures: [{ keyId: gateway.keyId, signature: new Uint8Array(64) }] }),
    'SIGNATURE_INVALID',
  ],
  [
    'both a signature and a shared one',
    () => ({ ...anOperation(), shared: { signature: new Uint8Array(64), index: 0, total: 2, path: [new Uint8Array(32)] } }),
    'MALFORMED',
  ],
  ['a path that its place does not have', () => apart(0, { path: [] }), 'SIGNATURE_FORM'],
  ['a place beyond the batch', () => apart(0, { index: 4 }), 'SIGNATURE_FORM'],
  ['a batch of one', () => apart(0, { total: 1, path: [] }), 'SIGNATURE_FORM'],
  ['a batch of 257', () => apart(0, { total: 257 }), 'SIGNATURE_FORM'],
  ['the path of another operation', () => ({ ...apart(0), shared: apart(1).shared }), 'SIGNATURE_INVALID'],
  ['a short shared signature', () => apart(0, { signature: new Uint8Array(63) }), 'SIGNATURE_FORM'],
])('an operation with %s is refused before ordering', async (_, make, code) => {
  expect(await codeOf(anAdmission().submit(make(), 'hospital-1'))).toBe(code);
  expect(ledger.bundles).toHaveLength(0);
});

test('a relay key in a role other than relay is refused', async () => {
  const inRole = (role: string) => anAdmission().submit(anOperation({ key: relay, organisation: 'platform', role }), 'platform');

  expect([await codeOf(inRole('platform')), await codeOf(inRole('relay'))]).toEqual(['NOT_AUTHORISED', 'ok']);
});

test('a revoked key is refused from the next operation on', async () => {
  ledger.revoked.add(hospital.keyId);

  expect(await codeOf(anAdmission().submit(anOperation(), 'hospital-1'))).toBe('NOT_AUTHORISED');
});

test('the same operation again answers the receipt it got, before and after it was executed, and is ordered once', async () => {
  const admission = anAdmission();
  const operation = anOperation();
  const [first, joined] = await Promise.all([admission.submit(operation, 'hospital-1'), admission.submit(operation, 'hospital-1')]);
  const later = await admission.submit(operation, 'hospital-1');

  expect(joined).toEqual(first);
  expect(later).toEqual(first);
  expect(ledger.bundles.flatMap(({ operations }) => operations)).toHaveLength(1);
});

test('an operation that another gateway had ordered meanwhile is answered with the receipt of the time that counted', async () => {
  const { submit } = ledger;
  const replayed = { height: 2, index: 0, outcome: { ok: false, refusal: { code: 'REPLAYED', facts: {} } }, events: [] } as const;
  const again = (operation: Uint8Array) => ({ ...replayed, operationHash: operation, bytes: encodeReceipt({ ...replayed, operation }) });
  ledger.submit = async (bytes) => (await submit(bytes)).map(({ operationHash: hash }) => again(hash));
  const answered = await anAdmission().submit(anOperation(), 'hospital-1');
  expect(answered).toMatchObject({ ok: true, value: { height: 1 } });
});

test('a copy with a garbage signature neither joins nor learns the receipt', async () => {
  const admission = anAdmission();
  const operation = anOperation();
  const ordered = admission.submit(operation, 'hospital-1');

  expect(await codeOf(admission.submit({ ...operation, signature: new Uint8Array(64).fill(1) }, 'hospital-1'))).toBe('SIGNATURE_INVALID');
  expect((await ordered).ok).toBe(true);
});

test('operations that arrive together share bundles within both bounds, and each gets its own receipt', async () => {
  const admission = anAdmission();
  const operations = [
    ...Array.from({ length: 300 }, () => anOperation()),
    ...Array.from({ length: 6 }, () => anOperation({ text: 'y'.repeat(50_000) })),
  ];
  const receipts = await Promise.all(operations.map((operation) => admission.submit(operation, 'hospital-1')));
  const hashes = receipts.map((receipt) => (receipt.ok ? Buffer.from(receipt.value.operationHash).toString('hex') : receipt.refusal.code));

  expect(hashes).toEqual(operations.map(({ body }) => Buffer.from(operationHash(nodeCrypto.sha256, body)).toString('hex')));
  for (let height = 1; height <= ledger.bundles.length; height++) {
    expect(ledger.bundles[height - 1]?.operations.length).toBeLessThanOrEqual(BUNDLE_OPERATIONS_MAX);
    expect((await ledger.blockBundles(height))?.[0]?.length).toBeLessThanOrEqual(BUNDLE_BYTES_MAX);
  }
  expect(ledger.bundles.length).toBeLessThan(operations.length / 5);
});

test('an organisation above its rate is refused with RATE_LIMITED and when to come again', async () => {
  const admission = anAdmission(1);
  const codes = [];
  for (let i = 0; i < 3; i++) codes.push(await codeOf(admission.submit(anOperation(), 'hospital-1')));

  expect(codes).toEqual(['ok', 'ok', 'RATE_LIMITED']);
  nowMs = 1000;
  expect(await codeOf(admission.submit(anOperation(), 'hospital-1'))).toBe('ok');
});

test('a full queue refuses the newest with QUEUE_FULL, keeps what waits, and takes more once it is empty', async () => {
  const admission = anAdmission(1_000_000, verifyEd25519InPool, QUEUE_OPERATIONS);
  const release = ledger.hold();
  const waiting = Array.from({ length: SHARE }, () => admission.submit(anOperation(), 'hospital-1'));

  expect(await codeOf(admission.submit(anOperation(), 'hospital-1'))).toBe('QUEUE_FULL');
  release();
  expect((await Promise.all(waiting)).every(({ ok }) => ok)).toBe(true);
  expect(await codeOf(admission.submit(anOperation(), 'hospital-1'))).toBe('ok');
});

test('draining waits for what is in flight and refuses what comes after with DRAINING', async () => {
  const admission = anAdmission();
  const release = ledger.hold();
  const inFlight = admission.submit(anOperation(), 'hospital-1');
  const drained = admission.drain();

  expect(await codeOf(admission.submit(anOperation(), 'hospital-1'))).toBe('DRAINING');
  release();
  await drained;
  expect(await codeOf(inFlight)).toBe('ok');
  expect(admission.queuedCount).toBe(0);
});

test('a batch is ordered as a group, verified once, and each operation gets its own receipt', async () => {
  let verified = 0;
  const admission = anAdmission(undefined, (...signed) => {
    verified += 1;
    return verifyEd25519InPool(...signed);
  });
  const batch = aBatch(Array.from({ length: BUNDLE_OPERATIONS_MAX }, () => anOperation()));
  const receipts = await Promise.all(admission.submitBatch(batch, 'hospital-1'));

  expect(verified).toBe(1);
  const hashes = batch.operations.map(({ body }) => operationHash(sha256, body));
  expect(receipts.map((receipt) => receipt.ok && receipt.value.operationHash)).toEqual(hashes);
  expect(ledger.bundles).toMatchObject([{ groups: [{ first: 0, count: BUNDLE_OPERATIONS_MAX, signature: Buffer.from(batch.signature) }] }]);
});

test('operations of a batch that come one by one are a group again once they all stand together', async () => {
  const admission = anAdmission();
  const operations = four.map((text) => anOperation({ text }));
  const batch = aBatch(operations);
  const { paths } = sharedPathsOf(
    sha256,
    operations.map(({ body }) => operationHash(sha256, body)),
  );
  const alone = batch.operations.map((operation, index) => {
    const shared = { signature: batch.signature, index, total: 4, path: [...(paths[index]?.siblings ?? [])] };
    return admission.submit({ ...operation, shared }, 'hospital-1');
  });

  expect(await Promise.all(alone.map(codeOf))).toEqual(['ok', 'ok', 'ok', 'ok']);
  expect(ledger.bundles).toMatchObject([{ groups: [{ first: 0, count: 4 }] }]);
});

test('where one operation of a batch is refused, the others go on with their paths', async () => {
  const admission = anAdmission();
  const batch = aBatch([anOperation(), anOperation({ expiresAtUnixMs: 0 }), anOperation()]);

  expect(await codesOf(admission.submitBatch(batch, 'hospital-1'))).toEqual(['ok', 'EXPIRED', 'ok']);
  expect(ledger.bundles.flatMap(({ groups }) => groups)).toEqual([]);
  expect(ledger.bundles.flatMap(({ operations }) => operations.map(({ shared }) => shared?.index))).toEqual([0, 2]);
  const bytes = (await ledger.blockBundles(1))?.[0] ?? new Uint8Array(0);
  expect(decodeBundle(sha256, new Uint8Array(bytes)).ok).toBe(true);
});

test('a batch under a signature that does not hold is refused operation by operation, and none is ordered', async () => {
  const batch = aBatch([anOperation(), anOperation()]);

  expect(await codesOf(anAdmission().submitBatch({ ...batch, signature: new Uint8Array(64) }, 'hospital-1'))).toEqual([
    'SIGNATURE_INVALID',
    'SIGNATURE_INVALID',
  ]);
  expect(await codesOf(anAdmission().submitBatch({ ...batch, operations: [...batch.operations].reverse() }, 'hospital-1'))).toEqual([
    'SIGNATURE_INVALID',
    'SIGNATURE_INVALID',
  ]);
  expect(ledger.bundles).toEqual([]);
});

test('an operation of another key inside a batch is refused alone', async () => {
  const batch = aBatch([anOperation(), anOperation({ key: gateway })]);

  expect(await codesOf(anAdmission().submitBatch(batch, 'hospital-1'))).toEqual(['ok', 'SIGNATURE_INVALID']);
});

const batchOf = (count: number): OperationBatch => ({
  signature: new Uint8Array(64),
  operations: Array.from({ length: count }, () => ({ ...anOperation(), signature: new Uint8Array(0) })),
});
test.each<[string, () => OperationBatch, string]>([
  ['one operation', () => batchOf(1), 'MALFORMED'],
  ['257 operations', () => batchOf(257), 'MALFORMED'],
  [
    'too many bytes',
    () => aBatch(Array.from({ length: 3 }, () => anOperation({ text: 'x'.repeat(Math.floor(SHARED_BATCH_BYTES_MAX / 3)) }))),
    'MALFORMED',
  ],
  [
    'an operation with its own signature',
    () => ({ ...aBatch([anOperation(), anOperation()]), operations: [anOperation(), anOperation()] }),
    'MALFORMED',
  ],
  ['an operation with a path', () => ({ ...batchOf(2), operations: [apart(0), apart(1)] }), 'MALFORMED'],
  ['a short signature', () => ({ ...batchOf(2), signature: new Uint8Array(63) }), 'SIGNATURE_FORM'],
])('a batch with %s is refused', async (_, make, code) => {
  const batch = make();

  expect(new Set(await codesOf(anAdmission().submitBatch(batch, 'hospital-1')))).toEqual(new Set([code]));
  expect(ledger.bundles).toEqual([]);
});

test('batches that come together fill bundles whole, none is parted for want of room', async () => {
  const admission = anAdmission();
  const batches = [100, 100, 100, 2, 200].map((count) => aBatch(Array.from({ length: count }, () => anOperation())));
  const codes = await Promise.all(batches.flatMap((batch) => admission.submitBatch(batch, 'hospital-1').map(codeOf)));

  expect(new Set(codes)).toEqual(new Set(['ok']));
  expect(ledger.bundles.flatMap(({ groups }) => groups.map(({ count }) => count))).toEqual([100, 100, 100, 2, 200]);
  for (const { operations } of ledger.bundles) expect(operations.length).toBeLessThanOrEqual(BUNDLE_OPERATIONS_MAX);
});

test('a batch counts against the queue with all its operations', async () => {
  const admission = anAdmission(1_000_000, verifyEd25519InPool, QUEUE_OPERATIONS);
  const release = ledger.hold();
  const waiting = Array.from({ length: SHARE - 1 }, () => admission.submit(anOperation(), 'hospital-1'));

  expect(await codesOf(admission.submitBatch(aBatch([anOperation(), anOperation()]), 'hospital-1'))).toEqual(['QUEUE_FULL', 'QUEUE_FULL']);
  release();
  await Promise.all(waiting);
});
