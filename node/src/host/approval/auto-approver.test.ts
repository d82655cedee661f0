import type { JsonObject } from '@civitas/canon';
import type { SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import { generateHpkeKeyPair } from '@civitas/sealed-call';
import { openLogger } from '@civitas/telemetry';
import { aKeyPair } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import type { GatewayKeys } from '../keys/node-keys.ts';
import { aFakeLedger, aGenesis } from '../testing/fake-ledger.ts';
import { startAutoApprover } from './auto-approver.ts';

async function aGateway(organisation: string, isAuto: boolean): Promise<GatewayKeys> {
  const { publicKey, privateKey } = await generateHpkeKeyPair();
  return {
    organisation,
    operation: aKeyPair(organisation),
    hpkePublicKey: publicKey,
    hpkePrivateKey: privateKey,
    vaultKey: new Uint8Array(32),
    subjectIndexKey: new Uint8Array(32),
    personSecret: new Uint8Array(32),
    approver: isAuto ? aKeyPair(`approver ${organisation}`) : undefined,
  };
}

async function approvalsFor(approved: readonly string[], change: JsonObject = {}): Promise<SignedOperation[]> {
  const members = ['hospital-1', 'hospital-2', 'platform'].map((name) => ({
    name,
    roles: name === 'platform' ? ['platform'] : ['custodian'],
    keys: [{ pair: aKeyPair(name), use: 'operation' as const }],
  }));
  const ledger = aFakeLedger(aGenesis('jincheng-health-1', members));
  ledger.members.openProposals = () => [{ id: 'p1', approvals: approved, change }];
  const submitted: SignedOperation[] = [];
  const stop = startAutoApprover({
    ledger,
    gateways: await Promise.all([aGateway('hospital-1', true), aGateway('hospital-2', false), aGateway('platform', true)]),
    submit: async (signed) => {
      submitted.push(signed);
      return { ok: false, refusal: { code: 'DRAINING', facts: {}, then: 'retry' } };
    },
    log: openLogger({}, 'error', () => undefined),
    nowUnixMs: () => 1000,
    nowMs: () => 0,
  });
  for (let i = 0; i < 3; i++) await ledger.submit(new Uint8Array(0));
  stop();
  return submitted;
}

test('a founder with the policy auto approves an open proposal, co-signed by its approver, once; manual ones and the platform do not', async () => {
  const approvals = await approvalsFor([]);

  expect(approvals.map(({ body }) => JSON.parse(Buffer.from(body).toString()))).toMatchObject([
    { organisation: 'hospital-1', contract: 'network.members@v1', method: 'approve', args: { proposal: 'p1' }, role: 'member' },
  ]);
  expect(approvals[0]?.coSignatures.map(({ keyId }) => keyId)).toEqual([aKeyPair('approver hospital-1').keyId]);
});

test('what it has approved already it leaves alone', async () => {
  expect(await approvalsFor(['hospital-1'])).toHaveLength(0);
});

test('rules that this release could not execute it leaves to people', async () => {
  expect(await approvalsFor([], { kind: 'activateProtocol', version: 2, afterBlocks: 10 })).toHaveLength(0);
  expect(await approvalsFor([], { kind: 'activateProtocol', version: 1, afterBlocks: 10 })).toHaveLength(1);
});
