import {
  chainIdOf,
  contractNameOf,
  encodeOperation,
  hashOf,
  operationHash,
  operationSignBytes,
  organisationNameOf,
  sharedPathsOf,
  sharedSignBytes,
  unixMsFrom,
} from '@civitas/canon';
import { nodeCrypto, verifyEd25519InPool } from '@civitas/canon/node';
import type { OperationBatch, SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import { nodeMetrics, openMetricsRegistry } from '@civitas/telemetry';
import { aKeyPair, type TestKeyPair } from '@civitas/testkit';
import { Verdicts } from '../../core/ledger/verdicts.ts';
import { aFakeLedger, aGenesis, type FakeLedger } from '../testing/fake-ledger.ts';
import { Admission, type AdmissionOptions } from './admission.ts';

export const CHAIN = 'jincheng-health-1';
export const NOW = 1_767_225_600_000;
export const hospital = aKeyPair('hospital-1');
export const gateway = aKeyPair('gateway');
export const relay = aKeyPair('relay');

export function aTestLedger(): FakeLedger {
  return aFakeLedger(
    aGenesis(CHAIN, [
      {
        name: 'hospital-1',
        roles: ['custodian'],
        keys: [hospital, gateway].map((pair) => ({ pair, use: 'operation' as const })),
      },
      { name: 'platform', roles: ['platform', 'relay'], keys: [{ pair: relay, use: 'relay' }] },
    ]),
  );
}

/** The hospital's gateway before a ledger. */
export function anAdmissionTo(ledger: FakeLedger, options: Partial<AdmissionOptions> = {}): Admission {
  return new Admission({
    ledger,
    crypto: nodeCrypto,
    verifyEd25519: verifyEd25519InPool,
    verdicts: new Verdicts(nodeCrypto),
    gateway: { organisation: 'hospital-1', key: gateway },
    bundleWaitMs: 5,
    metrics: openMetricsRegistry({}).register(nodeMetrics),
    nowUnixMs: () => NOW,
    nowMs: () => 0,
    ...options,
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

const GENESIS_HASH = aTestLedger().genesisHash;
let nonce = 0;
export function anOperation(overrides: Overrides = {}): SignedOperation {
  const key = overrides.key ?? hospital;
  nonce += 1;
  const idempotencyKey = new Uint8Array(16);
  new DataView(idempotencyKey.buffer).setUint32(0, nonce);
  const body = encodeOperation({
    actor: 'tester',
    args: { text: overrides.text ?? 'x' },
    contract: contractNameOf('health.index@v1'),
    expiresAtUnixMs: unixMsFrom(overrides.expiresAtUnixMs ?? NOW + 60_000),
    genesis: hashOf(overrides.genesis ?? GENESIS_HASH),
    idempotencyKey,
    keyId: key.keyId,
    method: 'register',
    network: chainIdOf(overrides.network ?? CHAIN),
    organisation: organisationNameOf(overrides.organisation ?? 'hospital-1'),
    role: overrides.role ?? 'custodian',
  });
  return { body, signature: overrides.signature ?? key.sign(operationSignBytes(body)), coSignatures: [], shared: undefined };
}

/** Operations without signatures of their own, under one. */
export function aBatch(operations: readonly SignedOperation[], key = hospital): OperationBatch {
  const batch = sharedPathsOf(
    nodeCrypto.sha256,
    operations.map(({ body }) => operationHash(nodeCrypto.sha256, body)),
  );
  const signature = key.sign(sharedSignBytes(CHAIN, batch));
  return { signature, operations: operations.map((operation) => ({ ...operation, signature: new Uint8Array(0) })) };
}

export async function codeOf(submitted: ReturnType<Admission['submit']>): Promise<string> {
  const result = await submitted;
  return result.ok ? 'ok' : result.refusal.code;
}
