import {
  chainIdOf,
  contractNameOf,
  encodeOperation,
  hashOf,
  operationSignBytes,
  organisationNameOf,
  refuse,
  unixMsFrom,
} from '@civitas/canon';
import { nodeCrypto, verifyEd25519InPool } from '@civitas/canon/node';
import { nodeMetrics, openMetricsRegistry } from '@civitas/telemetry';
import { aKeyPair } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import { Verdicts } from '../../core/ledger/verdicts.ts';
import { BundleRefusedError } from '../ledger/running-host.ts';
import { aFakeLedger, aGenesis } from '../testing/fake-ledger.ts';
import { Admission } from './admission.ts';

const CHAIN = 'jincheng-health-1';
const NOW = 1_767_225_600_000;
const key = aKeyPair('hospital-1');

/** Submits an operation whose bundle the ledger refuses with a code. */
function submitRefused(code: string) {
  const ledger = aFakeLedger(aGenesis(CHAIN, [{ name: 'hospital-1', roles: ['custodian'], keys: [{ pair: key, use: 'operation' }] }]));
  ledger.submit = () => Promise.reject(new BundleRefusedError(refuse(code, {}).refusal));
  const admission = new Admission({
    ledger,
    crypto: nodeCrypto,
    verifyEd25519: verifyEd25519InPool,
    verdicts: new Verdicts(nodeCrypto),
    gateway: { organisation: 'hospital-1', key: aKeyPair('not enrolled') },
    bundleWaitMs: 5,
    metrics: openMetricsRegistry({}).register(nodeMetrics),
    nowUnixMs: () => NOW,
    nowMs: () => 0,
  });
  const body = encodeOperation({
    actor: 'tester',
    args: {},
    contract: contractNameOf('health.index@v1'),
    expiresAtUnixMs: unixMsFrom(NOW + 60_000),
    genesis: hashOf(ledger.genesisHash),
    idempotencyKey: new Uint8Array(16),
    keyId: key.keyId,
    method: 'register',
    network: chainIdOf(CHAIN),
    organisation: organisationNameOf('hospital-1'),
    role: 'custodian',
  });
  return admission.submit({ body, signature: key.sign(operationSignBytes(body)), coSignatures: [], shared: undefined }, 'hospital-1');
}

test('a gateway whose key is not enrolled is refused with NOT_AUTHORISED', async () => {
  expect(await submitRefused('NOT_AUTHORISED')).toMatchObject({ ok: false, refusal: { code: 'NOT_AUTHORISED' } });
});

test('what else is wrong with a bundle is a fault of this node', async () => {
  await expect(submitRefused('BUNDLE_MALFORMED')).rejects.toThrow('BUNDLE_MALFORMED');
});
