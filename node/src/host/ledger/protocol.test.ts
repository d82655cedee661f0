import { base64urlEncode, encodeCanonical, type JsonObject } from '@civitas/canon';
import type { Receipt } from '@civitas/proofs';
import { aKeyPair, type TestKeyPair } from '@civitas/testkit';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { PROTOCOL_KEY, protocolAt } from '../../core/protocol/records.ts';
import { NEWEST_PROTOCOL, rulesOf } from '../../core/protocol/rules.ts';
import { standingAt, validatorsOf } from '../../core/validators/records.ts';
import { aNetwork, approverKey, founderKey, platformKey, secondApproverKey, secondFounderKey } from './ledger-fixture.ts';
import { SimulatedLedger } from './simulated-ledger.fixture.ts';

const MONTH_MS = 30 * 24 * 3_600_000;
const MEMBERS = 'network.members@v1';
const platform = { contract: MEMBERS, organisation: 'platform', role: 'platform', key: platformKey };
const second = { contract: MEMBERS, organisation: 'second', key: secondFounderKey };

function aLedger(approvalThreshold = 1): SimulatedLedger {
  const ledger = new SimulatedLedger(aNetwork('jincheng-health-1', { approvalThreshold }));
  ledger.block();
  return ledger;
}

const resultOf = ({ outcome }: Receipt): JsonObject =>
  outcome.ok ? (outcome.result as JsonObject) : { code: outcome.refusal.code, ...outcome.refusal.facts };
const propose = (ledger: SimulatedLedger, change: JsonObject): JsonObject =>
  resultOf(ledger.run({ ...platform, method: 'propose', args: { change } }));
const approve = (ledger: SimulatedLedger, proposal: string): JsonObject =>
  resultOf(ledger.run({ contract: MEMBERS, method: 'approve', args: { proposal }, coSigners: [approverKey] }));
const approveAsSecond = (ledger: SimulatedLedger, proposal: string): JsonObject =>
  resultOf(ledger.run({ ...second, method: 'approve', args: { proposal }, coSigners: [secondApproverKey] }));
const withdraw = (ledger: SimulatedLedger, proposal: string, caller: object = platform): JsonObject =>
  resultOf(ledger.run({ contract: MEMBERS, ...caller, method: 'withdraw', args: { proposal } }));

/** Proposes and approves by one founder; what came of it. */
function decide(ledger: SimulatedLedger, change: JsonObject): JsonObject {
  const { proposal, ...refused } = propose(ledger, change);
  return proposal === undefined ? refused : approve(ledger, String(proposal));
}

const activation = (version = 2, afterBlocks = 2): JsonObject => ({ kind: 'activateProtocol', version, afterBlocks });
const setRoles = (role: string): JsonObject => ({ kind: 'setRoles', organisation: 'second', roles: [role] });
const versionOf = (ledger: SimulatedLedger, height = ledger.height + 1): number => protocolAt(ledger.records, height).version;

/** A ledger whose next block is executed by version 2. */
function aSecond(approvalThreshold = 1): SimulatedLedger {
  const ledger = aLedger(approvalThreshold);
  const { proposal } = propose(ledger, activation());
  approve(ledger, String(proposal));
  if (approvalThreshold > 1) approveAsSecond(ledger, String(proposal));
  ledger.block();
  expect(versionOf(ledger)).toBe(2);
  return ledger;
}

describe('the protocol version', () => {
  test('is the first of a chain on which nothing was decided, and of its headers 0', () => {
    const ledger = aLedger();
    expect(ledger.records.get(PROTOCOL_KEY)).toBeUndefined();
    expect(versionOf(ledger)).toBe(1);
    expect(ledger.lightBlock(1).header.appProtocol).toBe(0n);
  });

  test('is the one that the genesis names, from the first block on and in its header, and goes on from there', () => {
    const ledger = new SimulatedLedger(aNetwork('jincheng-health-1', { protocolVersion: 2 }));
    ledger.block();
    expect(ledger.records.get(PROTOCOL_KEY)).toEqual({ version: 2, sinceHeight: 1, nextVersion: 0, nextHeight: 0 });
    expect(ledger.lightBlock(1).header.appProtocol).toBe(2n);
    const { proposal } = propose(ledger, setRoles('reviewer'));
    expect(withdraw(ledger, String(proposal))).toMatchObject({ status: 'withdrawn' });
    expect(propose(ledger, activation(2))).toMatchObject({ code: 'RULE_UNMET', reason: 'not-the-next-version', versionInForce: 2 });
    expect(decide(ledger, activation(3))).toMatchObject({ status: 'applied' });
    for (let block = 0; block < 3; block++) ledger.block();
    expect([versionOf(ledger), ledger.lightBlock(ledger.height).header.appProtocol]).toEqual([3, 3n]);
  });

  test('changes at the height that follows from the decision, and headers carry it from there on', () => {
    const ledger = aLedger();
    expect(decide(ledger, activation(2, 4))).toMatchObject({ status: 'applied' });
    const decidedAt = ledger.height;
    expect(ledger.records.get(PROTOCOL_KEY)).toEqual({ version: 1, sinceHeight: 1, nextVersion: 2, nextHeight: decidedAt + 4 });
    for (let block = 0; block < 6; block++) ledger.block();
    const versions = Array.from({ length: 6 }, (_, at) => ledger.lightBlock(decidedAt + at + 1).header.appProtocol);
    expect(versions).toEqual([0n, 0n, 0n, 2n, 2n, 2n]);
    expect([versionOf(ledger, decidedAt + 3), versionOf(ledger, decidedAt + 4)]).toEqual([1, 2]);
  });

  test('goes one version at a time, one activation at a time, and never back', () => {
    const ledger = aLedger();
    expect(propose(ledger, activation(3))).toMatchObject({ code: 'RULE_UNMET', reason: 'not-the-next-version', versionInForce: 1 });
    expect(propose(ledger, activation(2, 1))).toMatchObject({ code: 'ARGS_INVALID' });
    decide(ledger, activation(2, 5));
    expect(propose(ledger, activation(2))).toMatchObject({ code: 'STATE', reason: 'activation-scheduled', version: 2 });
    for (let block = 0; block < 5; block++) ledger.block();
    expect(propose(ledger, activation(2))).toMatchObject({ code: 'RULE_UNMET', versionInForce: 2 });
  });

  test('stays when the activation is cancelled before its height, and not after it', () => {
    const ledger = aLedger();
    const cancel = { kind: 'cancelProtocol', version: 2 };
    expect(propose(ledger, cancel)).toMatchObject({ code: 'STATE', reason: 'no-activation-scheduled' });
    decide(ledger, activation(2, 5));
    expect(decide(ledger, cancel)).toMatchObject({ status: 'applied' });
    for (let block = 0; block < 5; block++) ledger.block();
    expect([versionOf(ledger), ledger.lightBlock(ledger.height).header.appProtocol]).toEqual([1, 0n]);
    decide(ledger, activation());
    ledger.block();
    expect(propose(ledger, cancel)).toMatchObject({ code: 'STATE', reason: 'no-activation-scheduled', versionInForce: 2 });
  });

  test('is what every block says of itself, however decisions, cancellations and blocks are mixed', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('activateProtocol'),
        version: fc.integer({ min: 2, max: 4 }),
        afterBlocks: fc.integer({ min: 2, max: 4 }),
      }),
      fc.record({ kind: fc.constant('cancelProtocol'), version: fc.integer({ min: 2, max: 3 }) }),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 10 }), (steps) => {
        const ledger = aLedger();
        let before = 1;
        for (const change of steps) {
          // A block of a version that nobody executes is made by nobody.
          if (versionOf(ledger) > NEWEST_PROTOCOL) break;
          const announced = protocolAt(ledger.records, ledger.height).next;
          if (change === undefined) ledger.block();
          else ledger.run({ ...platform, method: 'propose', args: { change } });
          const [open] = ledger.receipts.slice(-1);
          const id = open === undefined ? undefined : resultOf(open)['proposal'];
          if (change !== undefined && id !== undefined && versionOf(ledger) <= NEWEST_PROTOCOL) approve(ledger, String(id));
          const now = versionOf(ledger);
          expect(now === before || now === before + 1).toBe(true);
          if (now > before && announced !== undefined) expect(announced.version).toBe(now);
          before = now;
        }
        // Headers never go back, and never run ahead of the ledger.
        const versions = ledger.lightBlocks.map((_, at) => ledger.lightBlock(at + 1).header.appProtocol);
        expect([...versions].sort((left, right) => Number(left - right))).toEqual(versions);
      }),
      { numRuns: 25 },
    );
  });

  test('is refused by name where this release does not know it', () => {
    expect(() => rulesOf(NEWEST_PROTOCOL + 1)).toThrow(`protocol version ${NEWEST_PROTOCOL + 1} is not known here`);
  });
});

describe('proposals', () => {
  test('of version 1 stand for ever, cannot be taken back, and count whoever once approved', () => {
    const ledger = aLedger();
    const { proposal } = propose(ledger, setRoles('hospital'));
    expect(withdraw(ledger, String(proposal))).toMatchObject({ code: 'UNKNOWN_METHOD' });
    ledger.block([], 2 * MONTH_MS);
    ledger.block();
    expect(approve(ledger, String(proposal))).toMatchObject({ status: 'applied' });
  });

  test('of version 2 run out after thirty days, those that were made before it too', () => {
    const ledger = aLedger();
    const before = String(propose(ledger, setRoles('hospital'))['proposal']);
    decide(ledger, activation());
    ledger.block();
    const { proposal } = propose(ledger, setRoles('clinic'));
    ledger.block([], MONTH_MS - 3_000);
    expect(approve(ledger, before)).toMatchObject({ code: 'STATE', reason: 'expired' });
    expect(approve(ledger, String(proposal))).toMatchObject({ status: 'applied' });
  });

  test('of version 2 are taken back by whoever made them, while they are open', () => {
    const ledger = aSecond();
    const proposal = String(propose(ledger, setRoles('hospital'))['proposal']);
    expect(withdraw(ledger, proposal, second)).toMatchObject({ code: 'NOT_AUTHORISED', reason: 'another-organisations-proposal' });
    expect(withdraw(ledger, proposal)).toEqual({ proposal, status: 'withdrawn' });
    expect(approve(ledger, proposal)).toMatchObject({ code: 'STATE', reason: 'decided', status: 'withdrawn' });
    expect(withdraw(ledger, proposal)).toMatchObject({ code: 'STATE', reason: 'decided' });
    expect(withdraw(ledger, 'none')).toMatchObject({ code: 'STATE', reason: 'absent' });
  });

  test('of version 2 leave room for others: one organisation may have 64 open', () => {
    const ledger = aSecond();
    const many = (count: number) =>
      ledger.block(
        Array.from({ length: count }, (_, at) =>
          ledger.operation({
            ...second,
            method: 'propose',
            args: { change: { kind: 'setRoles', organisation: 'second', roles: [`r${at}`] } },
          }),
        ),
      );
    expect(many(64).every(({ outcome }) => outcome.ok)).toBe(true);
    const [over] = many(1);
    expect(over && resultOf(over)).toMatchObject({ code: 'LIMIT', limit: 'openProposalsOfOrganisation', openProposalsMax: 64 });
    expect(propose(ledger, setRoles('hospital'))).toHaveProperty('proposal');
  });

  test('of version 2 count the approvals of founders that still stand', () => {
    const versions = [aLedger(2), aSecond(2)].map((ledger) => {
      const enrol = { name: 'third', displayName: { zh: 'third', en: 'third' }, roles: ['member'], keys: [], hpkePublicKey: '' };
      const proposal = String(
        propose(ledger, { kind: 'enrolOrganisation', organisation: { ...enrol, approvalPolicy: 'manual' } })['proposal'],
      );
      approveAsSecond(ledger, proposal);
      // As a removal would leave it; with two founders and a threshold of two the rules allow none.
      const key = 'network.members/organisations/second';
      const removed: JsonObject = { ...ledger.records.get(key), status: 'removed' };
      ledger.records.apply(new Map([[key, { record: removed, bytes: encodeCanonical(removed) }]]));
      return approve(ledger, proposal)['status'];
    });
    expect(versions).toEqual(['applied', 'open']);
  });
});

describe('a validator that goes on under another key', () => {
  const keyOf = (pair: TestKeyPair): string => base64urlEncode(pair.publicKey);
  const consensus = (n: number): TestKeyPair => aKeyPair(`consensus of node-${n}`);
  const spare = aKeyPair('spare');
  const rekeying = (n: number, to: TestKeyPair): JsonObject => ({
    kind: 'rekeyValidator',
    publicKey: keyOf(consensus(n)),
    newPublicKey: keyOf(to),
  });

  function aSet(count: number): SimulatedLedger {
    const network = aNetwork('jincheng-health-1');
    const validators = Array.from({ length: count }, (_, n) => ({
      publicKey: keyOf(consensus(n)),
      power: 10,
      node: `node-${n}`,
      organisation: 'founder',
    }));
    const ledger = new SimulatedLedger({ ...network, genesis: { ...network.genesis, validators } });
    ledger.block();
    return ledger;
  }

  function ofSecondVersion(count = 4): SimulatedLedger {
    const ledger = aSet(count);
    decide(ledger, activation());
    ledger.block();
    return ledger;
  }

  test('keeps its seat: both changes are one step, of one block, and the total never moves', () => {
    const ledger = ofSecondVersion();
    expect(decide(ledger, rekeying(2, spare))).toMatchObject({ status: 'applied' });
    expect(ledger.validatorUpdates.map(({ power }) => power).sort((left, right) => Number(left - right))).toEqual([0n, 10n]);
    const since = ledger.height + 2;
    const seats = validatorsOf(ledger.records).filter(({ node }) => node === 'node-2');
    expect(seats).toHaveLength(2);
    expect(seats.find(({ publicKey }) => publicKey === keyOf(consensus(2)))).toMatchObject({
      status: 'removed',
      sinceHeight: 1,
      untilHeight: since,
    });
    expect(seats.find(({ publicKey }) => publicKey === keyOf(spare))).toMatchObject({
      status: 'active',
      sinceHeight: since,
      untilHeight: 0,
    });
    for (const height of [since - 1, since]) {
      const signing = validatorsOf(ledger.records).filter((one) => ['active', 'leaving'].includes(standingAt(one, height)));
      expect(signing.map(({ node }) => node).sort()).toEqual(['node-0', 'node-1', 'node-2', 'node-3']);
    }
  });

  test('is refused what would break somebody’s trust: a key in use, a third of the votes, two changes at once, an older protocol', () => {
    expect(propose(aSet(4), rekeying(2, spare))).toMatchObject({ code: 'STATE', reason: 'not-in-this-protocol' });
    const ledger = ofSecondVersion();
    expect(propose(ledger, rekeying(7, spare))).toMatchObject({ code: 'STATE', reason: 'absent' });
    expect(propose(ledger, rekeying(2, consensus(3)))).toMatchObject({ code: 'DUPLICATE' });
    expect(propose(ledger, rekeying(2, consensus(2)))).toMatchObject({ code: 'DUPLICATE' });
    expect(propose(ledger, rekeying(2, founderKey))).toMatchObject({ code: 'DUPLICATE' });
    expect(propose(ledger, { ...rekeying(2, spare), newPublicKey: 'A'.repeat(43) })).toMatchObject({ code: 'MALFORMED' });
    decide(ledger, rekeying(2, spare));
    expect(propose(ledger, rekeying(1, aKeyPair('other')))).toMatchObject({ code: 'STATE', reason: 'change-in-flight' });
    // A key that was given up does not come back under another validator.
    ledger.block();
    expect(propose(ledger, rekeying(1, spare))).toMatchObject({ code: 'DUPLICATE' });
    // With fewer than four no light client skips, so one key of three may change.
    expect(decide(ofSecondVersion(3), rekeying(2, spare))).toMatchObject({ status: 'applied' });
  });
});
