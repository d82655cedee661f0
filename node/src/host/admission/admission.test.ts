import {
  chainIdOf,
  contractNameOf,
  encodeOperation,
  hashOf,
  operationHash,
  operationSignBytes,
  organisationNameOf,
  unixMsFrom,
} from '@civitas/canon';
import { nodeCrypto, verifyEd25519InPool } from '@civitas/canon/node';
import { parseReceipt } from '@civitas/proofs';
import type { SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import { nodeMetrics, openMetricsRegistry } from '@civitas/telemetry';
import { aKeyPair, type TestKeyPair } from '@civitas/testkit';
import { beforeEach, expect, test } from '@jest/globals';
import { BUNDLE_BYTES_MAX, BUNDLE_OPERATIONS_MAX } from '../../core/ledger/limits.ts';
import { Verdicts } from '../../core/ledger/verdicts.ts';
import { aFakeLedger, aGenesis, type FakeLedger } from '../testing/fake-ledger.ts';
import { Admission } from './admission.ts';
import { QUEUE_OPERATIONS_PER_ORGANISATION_MAX } from './limits.ts';

const CHAIN = 'jincheng-health-1';
const NOW = 1_767_225_600_000;
const hospital = aKeyPair('hospital-1');
const gateway = aKeyPair('gateway');
const relay = aKeyPair('relay');
let ledger: FakeLedger;
let nowMs: number;

beforeEach(() => {
  nowMs = 0;
  ledger = aFakeLedger(
    aGenesis(CHAIN, [
      {
        name: 'hospital-1',
        roles: ['custodian'],
        keys: [
          { pair: hospital, use: 'operation' },
          { pair: gateway, use: 'operation' },
        ],
      },
      { name: 'platform', roles: ['platform', 'relay'], keys: [{ pair: relay, use: 'relay' }] },
    ]),
  );
});

function anAdmission(perSecond?: number): Admission {
  const limits = {
    ...ledger.genesis.appState.limits,
    ...(perSecond === undefined ? {} : { operationsPerSecondPerOrganisation: perSecond }),
  };
  const genesis = { ...ledger.genesis, appState: { ...ledger.genesis.appState, limits } };
  return new Admission({
    ledger: Object.assign(Object.create(ledger) as FakeLedger, { genesis }),
    crypto: nodeCrypto,
    verifyEd25519: verifyEd25519InPool,
    verdicts: new Verdicts(nodeCrypto),
    gateway: { organisation: 'hospital-1', key: gateway },
    bundleWaitMs: 5,
    metrics: openMetricsRegistry({}).register(nodeMetrics),
    nowUnixMs: () => NOW,
    nowMs: () => nowMs,
  });
}

interface Overrides {
  readonly key?: TestKeyPair;
  readonly organisation?: string;
  readonly role?: string;
  readonly network?: string;
  readonly genesis?: Uint8Array;
  readonly expiresAtUnixMs?: number;
  readonly text?: string;
  readonly signature?: Uint8Array;
}

let nonce = 0;
function anOperation(overrides: Overrides = {}): SignedOperation {
  const key = overrides.key ?? hospital;
  nonce += 1;
  const idempotencyKey = new Uint8Array(16);
  new DataView(idempotencyKey.buffer).setUint32(0, nonce);
  const body = encodeOperation({
    actor: 'tester',
    args: { text: overrides.text ?? 'x' },
    contract: contractNameOf('health.index@v1'),
    expiresAtUnixMs: unixMsFrom(overrides.expiresAtUnixMs ?? NOW + 60_000),
    genesis: hashOf(overrides.genesis ?? ledger.genesisHash),
    idempotencyKey,
    keyId: key.keyId,
    method: 'register',
    network: chainIdOf(overrides.network ?? CHAIN),
    organisation: organisationNameOf(overrides.organisation ?? 'hospital-1'),
    role: overrides.role ?? 'custodian',
  });
  return { body, signature: overrides.signature ?? key.sign(operationSignBytes(body)), coSignatures: [], shared: undefined };
}

async function codeOf(submitted: ReturnType<Admission['submit']>): Promise<string> {
  const result = await submitted;
  return result.ok ? 'ok' : result.refusal.code;
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
    'a shared signature',
    () => ({ ...anOperation(), shared: { signature: new Uint8Array(64), index: 0, total: 1, path: [] } }),
    'SHARED_SIGNATURE_UNSUPPORTED',
  ],
])('an operation with %s is refused before ordering', async (_, make, code) => {
  expect(await codeOf(anAdmission().submit(make(), 'hospital-1'))).toBe(code);
  expect(ledger.bundles).toHaveLength(0);
});

test('a relay key in a role other than relay is refused', async () => {
  expect(await codeOf(anAdmission().submit(anOperation({ key: relay, organisation: 'platform', role: 'platform' }), 'platform'))).toBe(
    'NOT_AUTHORISED',
  );
  expect(await codeOf(anAdmission().submit(anOperation({ key: relay, organisation: 'platform', role: 'relay' }), 'platform'))).toBe('ok');
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
    expect(ledger.blockBundles(height)?.[0]?.length).toBeLessThanOrEqual(BUNDLE_BYTES_MAX);
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
  const admission = anAdmission(1_000_000);
  const release = ledger.hold();
  const waiting = Array.from({ length: QUEUE_OPERATIONS_PER_ORGANISATION_MAX }, () => admission.submit(anOperation(), 'hospital-1'));

  expect(await codeOf(admission.submit(anOperation(), 'hospital-1'))).toBe('QUEUE_FULL');
  release();
  expect((await Promise.all(waiting)).every(({ ok }) => ok)).toBe(true);
  expect(await codeOf(admission.submit(anOperation(), 'hospital-1'))).toBe('ok');
}, 30_000);

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
