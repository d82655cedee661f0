import {
  base64urlEncode,
  chainIdOf,
  contractNameOf,
  encodeOperation,
  hashOf,
  type JsonObject,
  operationSignBytes,
  organisationNameOf,
  unixMsFrom,
} from '@civitas/canon';
import { nodeCrypto, verifyEd25519InPool } from '@civitas/canon/node';
import { nodeMetrics, openMetricsRegistry } from '@civitas/telemetry';
import { aKeyPair } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import { Verdicts } from '../../core/ledger/verdicts.ts';
import { aFakeLedger, aGenesis, type FakeLedger } from '../testing/fake-ledger.ts';
import { Admission } from './admission.ts';

const CHAIN = 'jincheng-health-1';
const NOW = 1_767_225_600_000;
const hospital = aKeyPair('hospital-1');
const publicKey = base64urlEncode(aKeyPair('consensus').publicKey);

async function answerTo(engine: 'embedded' | 'cometbft', change: JsonObject): Promise<unknown> {
  const fake = aFakeLedger(aGenesis(CHAIN, [{ name: 'hospital-1', roles: ['custodian'], keys: [{ pair: hospital, use: 'operation' }] }]));
  const ledger: FakeLedger = Object.assign(Object.create(fake) as FakeLedger, { status: () => ({ ...fake.status(), engine }) });
  const admission = new Admission({
    ledger,
    crypto: nodeCrypto,
    verifyEd25519: verifyEd25519InPool,
    verdicts: new Verdicts(nodeCrypto),
    gateway: { organisation: 'hospital-1', key: hospital },
    bundleWaitMs: 5,
    metrics: openMetricsRegistry({}).register(nodeMetrics),
    nowUnixMs: () => NOW,
    nowMs: () => 0,
  });
  const body = encodeOperation({
    actor: 'tester',
    args: { change },
    contract: contractNameOf('network.members@v1'),
    expiresAtUnixMs: unixMsFrom(NOW + 60_000),
    genesis: hashOf(ledger.genesisHash),
    idempotencyKey: new Uint8Array(16),
    keyId: hospital.keyId,
    method: 'propose',
    network: chainIdOf(CHAIN),
    organisation: organisationNameOf('hospital-1'),
    role: 'member',
  });
  const signed = { body, signature: hospital.sign(operationSignBytes(body)), coSignatures: [], shared: undefined };
  const result = await admission.submit(signed, 'hospital-1');
  return result.ok ? 'ok' : { code: result.refusal.code, ...result.refusal.facts };
}

test('a change of validators is refused before ordering while the embedded engine, which has one for ever, makes the blocks', async () => {
  for (const change of [
    { kind: 'addValidator', publicKey, node: 'node-1', organisation: 'hospital-1' },
    { kind: 'removeValidator', publicKey },
  ]) {
    expect(await answerTo('embedded', change)).toMatchObject({ code: 'RULE_UNMET', reason: 'embedded-engine' });
    expect(await answerTo('cometbft', change)).toBe('ok');
  }
  expect(await answerTo('embedded', { kind: 'revokeKey', keyId: hospital.keyId })).toBe('ok');
});
