import { base64urlEncode, hexEncode, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { addressOf, type Receipt } from '@civitas/proofs';
import { aKeyPair, type TestKeyPair } from '@civitas/testkit';
import { describe, expect, test } from '@jest/globals';
import type { Misbehaviour } from '../../core/validators/misbehaviour.ts';
import {
  findOffender,
  findValidator,
  misbehaviourOf,
  SET_CHANGE_KEY,
  standingAt,
  validatorKey,
  validatorsOf,
} from '../../core/validators/records.ts';
import { aNetwork, approverKey, founderKey, platformKey } from './ledger-fixture.ts';
import { SimulatedLedger } from './simulated-ledger.fixture.ts';

const { sha256 } = nodeCrypto;
const keyOf = (pair: TestKeyPair): string => base64urlEncode(pair.publicKey);
const addressText = (pair: TestKeyPair): string => hexEncode(addressOf(sha256, pair.publicKey));
const consensus = (n: number): TestKeyPair => aKeyPair(`consensus of node-${n}`);

/** A ledger whose genesis names this many validators. */
function aLedger(validatorCount: number): SimulatedLedger {
  const network = aNetwork('jincheng-health-1');
  const validators = Array.from({ length: validatorCount }, (_, n) => ({
    publicKey: keyOf(consensus(n)),
    power: 10,
    node: `node-${n}`,
    organisation: 'founder',
  }));
  const ledger = new SimulatedLedger({ ...network, genesis: { ...network.genesis, validators } });
  ledger.block();
  return ledger;
}

const proposed = (change: JsonObject) => ({
  contract: 'network.members@v1',
  method: 'propose',
  args: { change },
  organisation: 'platform',
  role: 'platform',
  key: platformKey,
});
const approved = (proposal: string) => ({
  contract: 'network.members@v1',
  method: 'approve',
  args: { proposal },
  coSigners: [approverKey],
});
const resultOf = ({ outcome }: Receipt): JsonObject =>
  outcome.ok ? (outcome.result as JsonObject) : { code: outcome.refusal.code, ...outcome.refusal.facts };
const propose = (ledger: SimulatedLedger, change: JsonObject): JsonObject => resultOf(ledger.run(proposed(change)));
const approve = (ledger: SimulatedLedger, proposal: JsonObject): JsonObject => resultOf(ledger.run(approved(String(proposal['proposal']))));

/** Proposes and approves; what the approval, or the refused proposal, answered. */
function decide(ledger: SimulatedLedger, change: JsonObject): JsonObject {
  const proposal = propose(ledger, change);
  return proposal['proposal'] === undefined ? proposal : approve(ledger, proposal);
}

const adding = (n: number, rest: JsonObject = {}): JsonObject => ({
  kind: 'addValidator',
  publicKey: keyOf(consensus(n)),
  node: `node-${n}`,
  organisation: 'second',
  ...rest,
});
const removing = (n: number, rest: JsonObject = {}): JsonObject => ({
  kind: 'removeValidator',
  publicKey: keyOf(consensus(n)),
  ...rest,
});

const offence = (pair: TestKeyPair, height: number, kind: Misbehaviour['kind'] = 'duplicate-vote'): Misbehaviour => ({
  kind,
  validatorAddress: addressOf(sha256, pair.publicKey),
  power: 10n,
  height,
  timeUnixMs: 1_767_225_601_000,
  totalPower: 40n,
});

describe('the validator set', () => {
  test('stands on the ledger from genesis on', () => {
    const ledger = aLedger(4);
    expect(validatorsOf(ledger.records)).toHaveLength(4);
    expect(findValidator(ledger.records, addressText(consensus(2)))).toEqual({
      publicKey: keyOf(consensus(2)),
      power: 10,
      node: 'node-2',
      organisation: 'founder',
      status: 'active',
      sinceHeight: 1,
      untilHeight: 0,
    });
    expect(ledger.records.get(SET_CHANGE_KEY)).toEqual({ changedAtHeight: 0, activeFromHeight: 1 });
  });

  test('gains and loses a validator by proposal and approval, two blocks later, and tells the engine once', () => {
    const ledger = aLedger(4);
    const proposal = propose(ledger, adding(4));
    expect(ledger.validatorUpdates).toEqual([]);
    expect(approve(ledger, proposal)).toMatchObject({ status: 'applied' });
    const decidedAt = ledger.height;
    expect(ledger.validatorUpdates).toEqual([{ publicKey: consensus(4).publicKey, power: 10n }]);
    expect(ledger.receipts.at(-1)?.events.map(({ contract, name, data }) => [contract, name, data['activeFromHeight']])).toContainEqual([
      'network.validators',
      'Added',
      decidedAt + 2,
    ]);
    const added = findValidator(ledger.records, addressText(consensus(4)));
    expect(added).toMatchObject({ status: 'active', sinceHeight: decidedAt + 2 });
    expect([decidedAt + 1, decidedAt + 2].map((height) => added && standingAt(added, height))).toEqual(['joining', 'active']);

    ledger.block();
    expect(ledger.validatorUpdates).toEqual([]);
    expect(decide(ledger, removing(4))).toMatchObject({ status: 'applied' });
    expect(ledger.validatorUpdates).toEqual([{ publicKey: consensus(4).publicKey, power: 0n }]);
    const removed = findValidator(ledger.records, addressText(consensus(4)));
    expect(removed).toMatchObject({ status: 'removed', untilHeight: ledger.height + 2 });
    expect([ledger.height + 1, ledger.height + 2].map((height) => removed && standingAt(removed, height))).toEqual(['leaving', 'removed']);
  });

  test('takes a key back that left in good standing, for the same organisation alone', () => {
    const ledger = aLedger(5);
    decide(ledger, removing(4));
    ledger.block();
    expect(decide(ledger, adding(4, { organisation: 'second' }))).toMatchObject({ code: 'DUPLICATE', organisation: 'founder' });
    expect(decide(ledger, adding(4, { organisation: 'founder' }))).toMatchObject({ status: 'applied' });
    expect(ledger.validatorUpdates).toEqual([{ publicKey: consensus(4).publicKey, power: 10n }]);
  });

  test('changes one validator at a time: the next change waits until the last one is active', () => {
    const ledger = aLedger(4);
    const [first, second] = [propose(ledger, adding(4)), propose(ledger, adding(5))];
    expect(approve(ledger, first)).toMatchObject({ status: 'applied' });
    const activeFromHeight = ledger.height + 2;
    expect(approve(ledger, second)).toMatchObject({ status: 'failed', failure: 'STATE' });
    expect(ledger.validatorUpdates).toEqual([]);
    expect(activeFromHeight).toBe(ledger.height + 1);
    expect(decide(ledger, adding(5))).toMatchObject({ status: 'applied' });
  });

  test('refuses two changes in one block, and a proposal while one is in flight', () => {
    const ledger = aLedger(4);
    const [first, second] = [propose(ledger, adding(4)), propose(ledger, adding(5))];
    const both = [first, second].map((proposal) => ledger.operation(approved(String(proposal['proposal']))));
    expect(ledger.block(both).map(resultOf)).toMatchObject([{ status: 'applied' }, { status: 'failed', failure: 'STATE' }]);
    expect(ledger.validatorUpdates).toHaveLength(1);
    expect(propose(ledger, adding(6))).toMatchObject({ code: 'STATE', reason: 'change-in-flight', activeFromHeight: ledger.height + 1 });
  });

  test('grows a network from one validator to four', () => {
    const ledger = aLedger(1);
    for (const n of [1, 2, 3]) {
      expect(decide(ledger, adding(n))).toMatchObject({ status: 'applied' });
      ledger.block();
    }
    expect(validatorsOf(ledger.records).map((record) => standingAt(record, ledger.height + 1))).toEqual(Array(4).fill('active'));
  });

  test('replays to the same roots and the same updates', () => {
    const run = (): unknown[] => {
      const ledger = aLedger(4);
      const seen: unknown[] = [];
      for (const change of [adding(4), removing(4), adding(5)]) {
        decide(ledger, change);
        seen.push(ledger.validatorUpdates, hexEncode(ledger.root));
        ledger.block([], 1000, [offence(consensus(1), ledger.height)]);
        seen.push(hexEncode(ledger.root));
      }
      return seen;
    };
    expect(run()).toEqual(run());
  });
});

describe('a change of the set is refused', () => {
  test('for an organisation that is not enrolled', () => {
    expect(propose(aLedger(4), adding(4, { organisation: 'nobody' }))).toMatchObject({ code: 'STATE', reason: 'absent' });
  });

  test('for a key that is unsound, in the set, of a member or of a node that is in the set', () => {
    const ledger = aLedger(4);
    expect(propose(ledger, adding(4, { publicKey: base64urlEncode(new Uint8Array(32)) }))).toMatchObject({ code: 'MALFORMED' });
    expect(propose(ledger, adding(3, { node: 'node-4' }))).toMatchObject({ code: 'DUPLICATE', status: 'active' });
    expect(propose(ledger, adding(4, { publicKey: keyOf(founderKey) }))).toMatchObject({ code: 'DUPLICATE', keyId: founderKey.keyId });
    expect(propose(ledger, adding(4, { node: 'node-3' }))).toMatchObject({ code: 'DUPLICATE', node: 'node-3' });
  });

  test('when nobody holds the key that shall go', () => {
    const ledger = aLedger(5);
    expect(propose(ledger, removing(9))).toMatchObject({ code: 'STATE', reason: 'absent' });
    expect(propose(ledger, removing(1, { publicKey: `${'A'.repeat(42)}B` }))).toMatchObject({ code: 'MALFORMED', field: 'publicKey' });
  });

  test('when it would leave no validator, or fewer than four without saying so', () => {
    expect(propose(aLedger(1), removing(0, { allowFewer: true }))).toMatchObject({ code: 'RULE_UNMET', reason: 'last-validator' });
    const ledger = aLedger(4);
    expect(propose(ledger, removing(0))).toMatchObject({
      code: 'RULE_UNMET',
      reason: 'fewer-than-four',
      validatorsAfter: 3,
      validatorsMin: 4,
    });
    expect(decide(ledger, removing(0, { allowFewer: true }))).toMatchObject({ status: 'applied' });
  });

  test('when a third of the power would change at once', () => {
    const ledger = aLedger(5);
    const heavy = validatorKey(addressText(consensus(0)));
    ledger.records.records.set(heavy, { ...ledger.records.get(heavy), power: 20 });
    expect(propose(ledger, removing(0))).toMatchObject({ code: 'RULE_UNMET', reason: 'power-step', changedPower: 20, totalPower: 60 });
  });

  test('beyond 128 validators', () => {
    expect(propose(aLedger(127), adding(127))).toHaveProperty('proposal');
    expect(propose(aLedger(128), adding(128))).toMatchObject({ code: 'LIMIT', limit: 'validators', validatorsMax: 128 });
  });

  test('on a ledger that was born before the set was kept on it', () => {
    const ledger = aLedger(4);
    ledger.records.records.delete(SET_CHANGE_KEY);
    expect(propose(ledger, adding(4))).toMatchObject({ code: 'STATE', reason: 'no-validator-set' });
    expect(propose(ledger, removing(3))).toMatchObject({ code: 'STATE', reason: 'no-validator-set' });
  });

  test('when the arguments hold another power or another shape', () => {
    expect(propose(aLedger(4), adding(4, { power: 100 }))).toMatchObject({ code: 'ARGS_INVALID' });
    expect(propose(aLedger(4), removing(4, { power: 5 }))).toMatchObject({ code: 'ARGS_INVALID' });
  });

  test('and when it stopped being possible, the proposal fails and changes nothing', () => {
    const ledger = aLedger(5);
    const [first, second] = [propose(ledger, removing(3)), propose(ledger, removing(4))];
    expect(approve(ledger, first)).toMatchObject({ status: 'applied' });
    ledger.block();
    expect(approve(ledger, second)).toMatchObject({ status: 'failed', failure: 'RULE_UNMET' });
    expect(ledger.validatorUpdates).toEqual([]);
  });
});

describe('membership and the set', () => {
  test('an organisation leaves after its validators, and a consensus key signs no operations', () => {
    const ledger = aLedger(4);
    decide(ledger, adding(4));
    ledger.block();
    expect(propose(ledger, { kind: 'removeOrganisation', organisation: 'second' })).toMatchObject({
      code: 'RULE_UNMET',
      reason: 'has-validators',
      nodes: ['node-4'],
    });
    const keys = [{ publicKey: keyOf(consensus(4)), use: 'operation', label: 'cli' }];
    expect(propose(ledger, { kind: 'addKeys', organisation: 'second', keys })).toMatchObject({ code: 'DUPLICATE', node: 'node-4' });
    decide(ledger, removing(4));
    ledger.block();
    expect(decide(ledger, { kind: 'removeOrganisation', organisation: 'second' })).toMatchObject({ status: 'applied' });
  });
});

describe('misbehaviour', () => {
  test('is recorded with whose key it was, and stays known after the validator left', () => {
    const ledger = aLedger(5);
    decide(ledger, removing(4));
    ledger.block([], 1000, [offence(consensus(4), 2), offence(consensus(1), 3, 'light-client-attack')]);
    const recordedAtHeight = ledger.height;
    expect(misbehaviourOf(ledger.records)).toEqual([
      {
        kind: 'duplicate-vote',
        validator: addressText(consensus(4)),
        node: 'node-4',
        organisation: 'founder',
        power: 10,
        totalPower: 40,
        height: 2,
        timeUnixMs: 1_767_225_601_000,
        recordedAtHeight,
      },
      expect.objectContaining({ kind: 'light-client-attack', node: 'node-1', height: 3 }),
    ]);
    expect([...ledger.records.records.keys()]).toContain(`network.validators/misbehaviour/000000000002-${addressText(consensus(4))}`);
    expect(ledger.validatorUpdates).toEqual([]);
  });

  test('reported again changes nothing', () => {
    const ledger = aLedger(4);
    ledger.block([], 1000, [offence(consensus(1), 2)]);
    const { root } = ledger;
    ledger.block([], 1000, [offence(consensus(1), 2), offence(consensus(1), 2)]);
    expect(ledger.root).toEqual(root);
    expect(findOffender(ledger.records, addressText(consensus(1)))).toEqual({ count: 1, firstHeight: 2, lastHeight: 2 });
    ledger.block([], 1000, [offence(consensus(1), 1), offence(consensus(1), 3)]);
    expect(findOffender(ledger.records, addressText(consensus(1)))).toEqual({ count: 3, firstHeight: 1, lastHeight: 3 });
  });

  test('of an unknown address is recorded too', () => {
    const ledger = aLedger(4);
    ledger.block([], 1000, [offence(consensus(9), 2)]);
    expect(misbehaviourOf(ledger.records)).toMatchObject([{ validator: addressText(consensus(9)), node: '', organisation: '' }]);
  });

  test('bars the key for ever, though it left before the evidence came', () => {
    const ledger = aLedger(5);
    decide(ledger, removing(4));
    ledger.block([], 1000, [offence(consensus(4), 2)]);
    expect(propose(ledger, adding(4, { organisation: 'founder' }))).toMatchObject({ code: 'RULE_UNMET', reason: 'misbehaved' });
  });

  test('with a power that no set can have is a bug of the engine and stops the node', () => {
    const ledger = aLedger(4);
    expect(() => ledger.block([], 1000, [{ ...offence(consensus(1), 2), totalPower: 2n ** 60n }])).toThrow('evidence names a power');
  });

  test('an empty block without evidence leaves the root as it was', () => {
    const ledger = aLedger(4);
    const { root } = ledger;
    ledger.block();
    expect(ledger.root).toEqual(root);
  });
});
