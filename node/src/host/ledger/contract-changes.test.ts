import { base64urlEncode, type JsonObject, packSignBytes } from '@civitas/canon';
import { allContracts } from '@civitas/contracts';
import type { Receipt } from '@civitas/proofs';
import { aKeyPair } from '@civitas/testkit';
import { describe, expect, test } from '@jest/globals';
import { rulesOf } from '../../core/protocol/rules.ts';
import { runningContracts } from '../serve/running-contracts.ts';
import { aNetwork, approverKey, platformKey, probe } from './ledger-fixture.ts';
import { MemberView } from './member-view.ts';
import { SimulatedLedger } from './simulated-ledger.fixture.ts';

const MEMBERS = 'network.members@v1';
const publisher = aKeyPair('publisher');
const access = allContracts.filter(({ name }) => name === 'health.access');

const resultOf = ({ outcome }: Receipt): JsonObject =>
  outcome.ok ? (outcome.result as JsonObject) : { code: outcome.refusal.code, ...outcome.refusal.facts };

function propose(ledger: SimulatedLedger, change: JsonObject): JsonObject {
  return resultOf(
    ledger.run({ contract: MEMBERS, organisation: 'platform', role: 'platform', key: platformKey, method: 'propose', args: { change } }),
  );
}

/** Proposed by the platform, approved by one founder; what came of it. */
function decide(ledger: SimulatedLedger, change: JsonObject): JsonObject {
  const { proposal, ...refused } = propose(ledger, change);
  if (proposal === undefined) return refused;
  return resultOf(ledger.run({ contract: MEMBERS, method: 'approve', args: { proposal }, coSigners: [approverKey] }));
}

/** A ledger of this protocol version, with the probe and the gate of health data. */
function aLedger(version = 3): SimulatedLedger {
  const ledger = new SimulatedLedger(aNetwork('jincheng-health-1', { contracts: ['test.probe@v1', 'health.access@v1'] }), [
    probe,
    ...access,
  ]);
  ledger.block();
  for (let next = 2; next <= version; next++) {
    decide(ledger, { kind: 'activateProtocol', version: next, afterBlocks: 2 });
    ledger.block();
  }
  return ledger;
}

const policy = {
  callerNetwork: 'jincheng-housing-1',
  callerOrganisation: 'housing-fund',
  callerContract: 'housing.withdrawal',
  predicate: 'illness-in-catalogue',
  purpose: 'verify-eligibility',
  consent: 'required',
  ratePerDay: 100,
  answerAgeMsMax: 86_400_000,
  disclosure: 'immediate',
  delayMs: 0,
  enabled: true,
};
const POLICY_ID = 'jincheng-housing-1.housing-fund.housing.withdrawal.illness-in-catalogue.verify-eligibility';
const setting = (args: JsonObject = policy, method = 'setPolicy', contract = 'health.access@v1'): JsonObject => ({
  ...{ kind: 'callContract', contract, method, args },
});

function installing(contracts: readonly string[], facts: JsonObject = {}): JsonObject {
  const pack = { name: 'courts-pack', version: '1.0.0', contracts: [...contracts] };
  const signature = base64urlEncode(publisher.sign(packSignBytes(pack)));
  return { kind: 'installPack', pack, publisher: base64urlEncode(publisher.publicKey), signature, ...facts };
}

describe('a call that founders decide', () => {
  test('is carried out once enough of them have approved, each change as a version of its own', () => {
    const ledger = aLedger();
    expect(decide(ledger, setting())).toMatchObject({ status: 'applied' });
    const key = `health.access/policies/${POLICY_ID}`;
    expect(ledger.records.get(key)).toMatchObject({ owner: 'founder', policyVersion: 1, ratePerDay: 100 });
    expect(decide(ledger, setting({ ...policy, ratePerDay: 5 }))).toMatchObject({ status: 'applied' });
    expect(ledger.records.get(key)).toMatchObject({ policyVersion: 2, ratePerDay: 5 });
    expect(ledger.records.get(`health.access/policy-versions/${POLICY_ID}@1`)).toMatchObject({ ratePerDay: 100 });
  });

  test('is refused for what its contract does not leave to them, and for arguments that the method does not take', () => {
    const ledger = aLedger();
    expect(propose(ledger, setting({}, 'release'))).toMatchObject({ code: 'UNKNOWN_METHOD' });
    expect(propose(ledger, setting({ id: 'x', value: 'y' }, 'put', 'test.probe@v1'))).toMatchObject({ code: 'UNKNOWN_METHOD' });
    expect(propose(ledger, setting(policy, 'setPolicy', 'health.access@v2'))).toMatchObject({ code: 'UNKNOWN_METHOD' });
    expect(propose(ledger, setting(policy, 'setPolicy', 'courts.evidence@v1'))).toMatchObject({ code: 'UNKNOWN_METHOD' });
    expect(propose(ledger, setting(policy, 'constructor'))).toMatchObject({ code: 'UNKNOWN_METHOD' });
    expect(propose(ledger, setting({ ...policy, ratePerDay: 0 }))).toMatchObject({ code: 'ARGS_INVALID' });
  });

  test('is no change at all below version 3, where releases of that version do not know it', () => {
    for (const change of [setting(), installing(['courts.evidence@v1'])]) {
      const answers = [1, 2].map((version) => propose(aLedger(version), change));
      const unknown = propose(aLedger(2), { kind: 'somethingElse' });
      expect(unknown).toMatchObject({ code: 'ARGS_INVALID' });
      expect(answers).toEqual([unknown, unknown]);
    }
  });
});

describe('a pack of contracts', () => {
  test('brings contracts into a ledger that was born without them, from the next block on', () => {
    const ledger = aLedger();
    const deposit = { contract: 'courts.evidence@v1', method: 'deposit', args: {} };
    expect(resultOf(ledger.run(deposit))).toMatchObject({ code: 'UNKNOWN_METHOD' });
    expect(decide(ledger, installing(['courts.evidence@v1', 'test.probe@v1'].slice(0, 1)))).toMatchObject({ status: 'applied' });
    const sinceHeight = ledger.height + 1;
    expect(ledger.records.get('network.members/contracts/courts.evidence')).toEqual({
      ...{ contract: 'courts.evidence@v1', pack: 'courts-pack', sinceHeight },
    });
    expect(ledger.records.get('network.members/packs/courts-pack')).toMatchObject({
      version: '1.0.0',
      publisher: base64urlEncode(publisher.publicKey),
    });
    // The method is there: what is refused now is the caller's role or its arguments.
    expect(resultOf(ledger.run(deposit))['code']).not.toBe('UNKNOWN_METHOD');
  });

  test('is refused when its signature is another’s, when the protocol does not know a contract of it, and when nothing of it is new', () => {
    const ledger = aLedger();
    const other = base64urlEncode(aKeyPair('other').publicKey);
    expect(propose(ledger, installing(['courts.evidence@v1'], { publisher: other }))).toMatchObject({ code: 'SIGNATURE_INVALID' });
    expect(propose(ledger, installing(['courts.future@v1']))).toMatchObject({ code: 'RULE_UNMET', reason: 'not-in-this-protocol' });
    expect(propose(ledger, installing(['health.access@v1']))).toMatchObject({ code: 'DUPLICATE', contracts: ['health.access@v1'] });
    expect(propose(ledger, installing([]))).toMatchObject({ code: 'ARGS_INVALID' });
    expect(decide(ledger, installing(['courts.evidence@v1']))).toMatchObject({ status: 'applied' });
    expect(propose(ledger, installing(['courts.evidence@v1']))).toMatchObject({ code: 'DUPLICATE' });
    // One that adds to what stands brings the rest.
    expect(decide(ledger, installing(['courts.evidence@v1', 'city.rulebook@v1']))).toMatchObject({ status: 'applied' });
  });

  test('shows its contracts to whoever reads and views, and makes the list anew only then', () => {
    const ledger = aLedger();
    const view = new MemberView(ledger.records, () => ({ height: ledger.height, timeUnixMs: 0 }));
    const running = runningContracts(allContracts, ['health.access@v1'], view);
    const before = running();
    expect(before.map(({ name }) => name)).toEqual(['health.access']);
    decide(ledger, setting());
    view.changed();
    expect(running()).toBe(before);
    decide(ledger, installing(['courts.evidence@v1']));
    view.changed();
    expect(running().map(({ name }) => name)).toEqual(['health.access', 'courts.evidence']);
  });

  test('may name every contract that this release ships', () => {
    const shipped = allContracts.map(({ name, version }) => `${name}@${version}`).sort();
    expect([...rulesOf(3).installableContracts].sort()).toEqual(shipped);
  });
});
