import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import type { ValidatorChange, ValidatorChangeItem, ValidatorChangeSpec, ValidatorChangeStatus } from '../resources/validator-change.ts';
import { aCity, aKey, aNetwork, aNode, anAgency, anObservation } from '../testing/builders.ts';
import { effectiveNetwork } from './effective-network.ts';
import type { ObservedChange } from './observed-change.ts';
import type { ObservedNode, ObservedProposal, ObservedStanding } from './observed-network.ts';
import { quorum } from './quorum.ts';
import { type ChangePlan, type ChangeReason, PHASES, planValidatorChange } from './validator-change-plan.ts';
import { changeFacts, changePhase, changeVerdicts } from './validator-change-status.ts';

const NOW = 1_800_000_000_000;
const keyOf = (ordinal: number): string => aKey(40 + ordinal);

function aChange(
  changes: readonly ValidatorChangeItem[],
  spec: Partial<ValidatorChangeSpec> = {},
  status?: ValidatorChangeStatus,
): ValidatorChange {
  return {
    apiVersion: 'civitas.dev/v1alpha1',
    kind: 'ValidatorChange',
    metadata: { name: 'change', namespace: 'jincheng', uid: 'uid-change', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { networkRef: 'city', changes: [...changes], ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

function aServing(ordinal: number, facts: { height?: number; caughtUp?: boolean; ready?: boolean; deleting?: boolean } = {}): ObservedNode {
  const { height = 50, caughtUp = true, ready = true, deleting = false } = facts;
  const name = `city-${ordinal}`;
  const ledgerNode = aNode(name, { podUID: `pod-${ordinal}`, consensusPublicKey: keyOf(ordinal) });
  return {
    ledgerNode: { ...ledgerNode, spec: { ...ledgerNode.spec, ordinal } },
    certificate: undefined,
    pod: {
      ...{ name, uid: `pod-${ordinal}`, ip: '127.0.0.9', running: true, ready, deleting, finished: false },
      configHash: '',
      image: undefined,
    },
    answer: {
      ...{
        phase: 'Serving',
        chainId: 'jincheng-city-1',
        genesisHash: '',
        genesisMismatch: false,
        height,
        root: '',
        signing: true,
        caughtUp,
      },
      ...{
        peers: 3,
        version: '0.1.0',
        certificateNotAfterUnixMs: NOW,
        keys: undefined,
        unwell: '',
        halted: false,
        engineVersion: '0.38.26',
      },
    },
    address: undefined,
    heard: true,
  };
}

const aStanding = (ordinal: number, standing: ObservedStanding['standing'] = 'active'): ObservedStanding => ({
  ...{ publicKey: keyOf(ordinal), node: `city-${ordinal}`, standing, sinceHeight: 0, untilHeight: standing === 'removed' ? 52 : 0 },
});

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

interface Setting {
  readonly validators?: number;
  readonly observers?: number;
  readonly nodes?: Readonly<Record<string, ObservedNode>>;
  readonly standings?: readonly ObservedStanding[];
  readonly engine?: 'embedded' | 'cometbft';
  readonly paused?: boolean;
  readonly born?: boolean;
  readonly deleting?: boolean;
}

/** A network of so many validators and observers that follow, all well. */
function aSetting({
  validators = 4,
  observers = 3,
  nodes = {},
  standings,
  engine = 'cometbft',
  paused = false,
  born = true,
  deleting = false,
}: Setting = {}): ObservedChange['network'] {
  const pools = [
    { name: 'validators', role: 'validator' as const, replicas: validators },
    ...(observers === 0 ? [] : [{ name: 'observers', role: 'observer' as const, replicas: observers }]),
  ];
  const plain = aNetwork({ engine, pools, paused });
  const network = deleting ? { ...plain, metadata: { ...plain.metadata, deletionTimestamp: '2026-02-01T00:00:00Z' } } : plain;
  const all = Object.fromEntries(range(validators + observers).map((ordinal) => [`city-${ordinal}`, aServing(ordinal)]));
  const set = standings ?? range(validators).map((ordinal) => aStanding(ordinal));
  const observed = anObservation({
    network,
    nodes: { ...all, ...nodes },
    standings: set,
    validatorSet: set.filter(({ standing }) => standing === 'active' || standing === 'leaving').map(({ publicKey }) => publicKey),
    genesisRecord: born ? JSON.stringify({ chainId: 'jincheng-city-1', validators: [] }) : undefined,
  });
  return { observed, effective: effectiveNetwork(network, aCity(), [anAgency('civil-affairs')]) };
}

function plan(change: ValidatorChange, network: ObservedChange['network'] = aSetting(), facts: Partial<ObservedChange> = {}): ChangePlan {
  const input = {
    change,
    nowUnixMs: NOW,
    expiresAtUnixMs: undefined,
    network,
    olderChange: undefined,
    isKeyReserved: () => true,
    hasLedger: true,
    proposal: undefined,
    approvalThreshold: 3,
  };
  return planValidatorChange({ ...input, ...facts });
}

const REMOVE = [{ type: 'Remove', node: 'city-4' }] as const;
const ADD = [{ type: 'Add', node: 'city-4' }] as const;
const anOpenProposal = (facts: Partial<ObservedProposal> = {}): ObservedProposal => ({
  status: 'open',
  approvals: 1,
  failure: '',
  ...facts,
});

/** The change with the steps of this plan in its status, as the controller would have written them. */
function recorded(change: ValidatorChange, made: ChangePlan, id = 'proposal-1'): ValidatorChange {
  const { action } = made;
  const steps = made.steps.map((step) =>
    action?.type === 'recordProposal' && action.step === step.number
      ? { ...step, state: 'Proposed' as const, proposal: id, publicKey: action.publicKey }
      : step,
  );
  return { ...change, status: { steps } };
}

describe('a change of the validator set', () => {
  test('is written out in steps that say what each leaves, and its first proposal is recorded before it is made', () => {
    const change = aChange([
      { type: 'Add', node: 'city-4' },
      { type: 'Replace', node: 'city-0', with: 'city-5' },
    ]);
    const first = plan(change);
    expect(
      first.steps.map(({ action, node, validatorsBefore, validatorsAfter, neededAfter, mayFailAfter }) => [
        action,
        node,
        validatorsBefore,
        validatorsAfter,
        neededAfter,
        mayFailAfter,
      ]),
    ).toEqual([
      ['Join', 'city-4', 4, 5, 4, 1],
      ['Join', 'city-5', 5, 6, 5, 1],
      ['Leave', 'city-0', 6, 5, 4, 1],
    ]);
    const json = { kind: 'addValidator', publicKey: keyOf(4), node: 'city-4', organisation: 'civil-affairs' };
    expect(first.action).toEqual({ type: 'recordProposal', step: 1, change: json, publicKey: keyOf(4) });
    expect(changeVerdicts(first).map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
      'Complete False Proposing',
      'QuorumSafe True StepsKeepQuorum',
      'Approved False NotDecided',
    ]);
    const second = plan(recorded(change, first), aSetting(), { proposal: { status: 'absent', approvals: 0, failure: '' } });
    expect(second.action).toEqual({ type: 'propose', step: 1, id: 'proposal-1', change: json });
  });

  test('waits for the members, says how many are missing, and goes on when the ledger has decided', () => {
    const change = aChange(ADD);
    const asked = recorded(change, plan(change));
    const waiting = plan(asked, aSetting(), { proposal: anOpenProposal() });
    expect([waiting.reason, waiting.message]).toEqual([
      'AwaitingMembers',
      'step 1 of 1 (add city-4): proposal proposal-1 has 1 of 3 approvals of founders',
    ]);
    expect(changeFacts(waiting, { given: 1, needed: 3 }).approvals).toEqual({ given: 1, needed: 3 });
    const four = range(4).map((ordinal) => aStanding(ordinal));
    const decided = plan(asked, aSetting({ standings: [...four, aStanding(4, 'joining')] }), {
      proposal: anOpenProposal({ status: 'applied' }),
    });
    expect([decided.reason, decided.steps[0]?.state]).toEqual(['Decided', 'Decided']);
    const done = plan(asked, aSetting({ standings: [...four, { ...aStanding(4), sinceHeight: 77 }] }));
    expect([done.reason, done.message]).toEqual(['Completed', '5 validators sign blocks from height 77 on; 4 are needed, 1 may fail']);
    expect(changePhase(changeVerdicts(done))).toBe('Completed');
    expect(changeVerdicts(done)).toContainEqual(expect.objectContaining({ type: 'Approved', status: 'True', reason: 'ByMembers' }));
    expect(changeFacts(done, undefined).progress).toBe('1/1');
  });

  test('is proposed anew, under another id, once the members have let its proposal run out', () => {
    const change = aChange(ADD);
    const made = plan(recorded(change, plan(change)), aSetting(), { proposal: anOpenProposal({ status: 'over' }) });
    expect([made.reason, made.action?.type, made.steps[0]?.proposal]).toEqual(['Proposing', 'recordProposal', 'proposal-1']);
  });

  test('goes from four to seven and back to four, one step at a time, and never proposes what would break the quorum', () => {
    let standings = range(4).map((ordinal) => aStanding(ordinal));
    const counts: number[] = [];
    const run = (items: readonly ValidatorChangeItem[]): void => {
      let change = aChange(items);
      for (let look = 0; look < 20; look++) {
        const made = plan(change, aSetting({ standings }), { proposal: { status: 'absent', approvals: 0, failure: '' } });
        if (made.reason === 'Completed') return;
        change = recorded(change, made);
        if (made.action?.type !== 'propose') continue;
        const { kind, publicKey } = made.action.change as { kind: string; publicKey: string };
        standings = standings.filter((one) => one.publicKey !== publicKey);
        const ordinal = range(7).find((each) => keyOf(each) === publicKey) ?? 0;
        standings.push(aStanding(ordinal, kind === 'addValidator' ? 'active' : 'removed'));
        counts.push(standings.filter(({ standing }) => standing === 'active').length);
      }
      throw new Error('it did not come to an end');
    };
    run([4, 5, 6].map((ordinal) => ({ type: 'Add', node: `city-${ordinal}` })));
    run([4, 5, 6].map((ordinal) => ({ type: 'Remove', node: `city-${ordinal}` })));
    expect(counts).toEqual([5, 6, 7, 6, 5, 4]);
  });
});

describe('a change that arithmetic forbids', () => {
  test.each<readonly [ChangeReason, readonly ValidatorChangeItem[], string]>([
    [
      'FewerThanFour',
      [{ type: 'Remove', node: 'city-0' }],
      'step 1 of 1 (remove city-0) would leave 3 validators, and fewer than 4 survive no failure: add others first, or set allowFewer: true',
    ],
    [
      'FewerThanFour',
      [
        { type: 'Add', node: 'city-4' },
        { type: 'Remove', node: 'city-0' },
        { type: 'Remove', node: 'city-1' },
      ],
      'step 3 of 3 (remove city-1) would leave 3 validators, and fewer than 4 survive no failure: add others first, or set allowFewer: true',
    ],
    ['AlreadyValidator', [{ type: 'Add', node: 'city-1' }], 'city-1 is a validator already'],
    ['NoValidator', [{ type: 'Remove', node: 'city-6' }], 'city-6 is no validator of the ledger'],
  ])('is rejected with %s and a sentence that says why', (reason, changes, message) => {
    const made = plan(aChange(changes));
    expect([made.reason, made.message, made.action]).toEqual([reason, message, undefined]);
    expect(changePhase(changeVerdicts(made))).toBe('Rejected');
  });

  test('takes the last validator from nobody, whatever it allows', () => {
    const alone = aSetting({ validators: 1, observers: 0 });
    const made = plan(aChange([{ type: 'Remove', node: 'city-0' }], { allowFewer: true }), alone);
    expect([made.reason, made.message]).toEqual([
      'LastValidator',
      'step 1 of 1 (remove city-0) would leave 0 validators: nobody would be left to make blocks',
    ]);
  });

  test('is unsafe with PowerStep where it would move a third of the votes at once', () => {
    const [, safe] = changeVerdicts({ reason: 'PowerStep', message: 'm', steps: [], action: undefined });
    expect(safe).toEqual({ type: 'QuorumSafe', status: 'False', reason: 'PowerStep', message: 'm' });
  });

  test('goes below four when it says so, and tells the ledger', () => {
    const made = plan(aChange([{ type: 'Remove', node: 'city-0' }], { allowFewer: true }));
    expect(made.action).toMatchObject({ change: { kind: 'removeValidator', publicKey: keyOf(0), allowFewer: true } });
  });
});

describe('what a change waits for', () => {
  const withNode = (ordinal: number, node: ObservedNode | undefined): Setting => ({
    nodes: node === undefined ? {} : { [`city-${ordinal}`]: node },
  });
  test.each<readonly [ChangeReason, readonly ValidatorChangeItem[], Setting | undefined, Partial<ObservedChange>, string]>([
    ['NetworkMissing', ADD, undefined, { network: undefined }, 'there is no LedgerNetwork city yet'],
    ['NetworkNotBorn', ADD, { born: false }, {}, 'city has no genesis yet'],
    ['EmbeddedEngine', ADD, { engine: 'embedded', validators: 1, observers: 0 }, {}, 'set engine: cometbft first'],
    ['NetworkPaused', ADD, { paused: true }, {}, 'city is paused'],
    ['NetworkSilent', ADD, { standings: [] }, {}, 'no node of city has said'],
    ['NetworkSilent', ADD, {}, { hasLedger: false }, 'no node answers that could be asked about records'],
    ['NodeUnknown', [{ type: 'Add', node: 'city-9' }], {}, {}, 'city has no node city-9'],
    ['AnotherInFlight', ADD, {}, { olderChange: 'before' }, 'ValidatorChange before of this network is older'],
    ['ChangeInFlight', ADD, { standings: [...range(4).map((each) => aStanding(each)), aStanding(6, 'joining')] }, {}, 'city-6 is joining'],
    ['NewcomerNotReady', ADD, withNode(4, aServing(4, { height: 10, caughtUp: false })), {}, 'city-4 is at height 10 of 50'],
    ['NewcomerNotReady', ADD, withNode(4, aServing(4, { ready: false })), {}, 'not ready yet'],
    ['AnotherIsMoving', ADD, withNode(1, aServing(1, { deleting: true })), {}, 'city-1 is being replaced'],
    ['NetworkRemoved', ADD, { deleting: true }, {}, 'city is being removed'],
    ['Expired', ADD, {}, { expiresAtUnixMs: NOW }, 'is past; 0 of 0 steps are done and stay'],
  ])('%s', (reason, changes, setting, facts, message) => {
    const made = plan(aChange(changes), aSetting(setting), facts);
    expect([made.reason, made.action]).toEqual([reason, undefined]);
    expect(made.message).toContain(message);
    expect(changePhase(changeVerdicts(made))).toBe(PHASES[reason]);
  });

  test('QuorumWouldBreak: a removal that would leave too few at the head, of those that answer now', () => {
    const away = Object.fromEntries([0, 1].map((ordinal) => [`city-${ordinal}`, aServing(ordinal, { caughtUp: false })]));
    const made = plan(aChange(REMOVE), aSetting({ validators: 5, observers: 0, nodes: away }));
    expect([made.reason, made.message]).toEqual([
      'QuorumWouldBreak',
      'step 1 of 1 (remove city-4): 2 of 4 validators would vote at the head, 3 are needed',
    ]);
  });

  test('a person, where approval is Manual, and only once it is safe', () => {
    const behind = { nodes: { 'city-4': aServing(4, { height: 10 }) } };
    expect(plan(aChange(ADD, { approval: 'Manual' }), aSetting(behind)).reason).toBe('NewcomerNotReady');
    expect(plan(aChange(ADD, { approval: 'Manual' })).reason).toBe('AwaitingPerson');
    expect(plan(aChange(ADD, { approval: 'Manual', approved: true })).action?.type).toBe('recordProposal');
  });

  test('an external newcomer is proposed by its key, and its vote is not counted on', () => {
    const external = [{ type: 'Add', node: 'port-0', publicKey: aKey(90), organisation: 'port' }] as const;
    expect(plan(aChange(external)).action).toMatchObject({ change: { publicKey: aKey(90), node: 'port-0', organisation: 'port' } });
    const away = { nodes: { 'city-0': aServing(0, { caughtUp: false }) } };
    expect(plan(aChange(external), aSetting(away)).message).toContain('3 of 5 validators would vote at the head, 4 are needed');
  });
});

describe('the end of a change that did not come about', () => {
  test('a proposal that could not be carried out fails it, with what the ledger said', () => {
    const change = aChange(ADD);
    const made = plan(recorded(change, plan(change)), aSetting(), {
      proposal: anOpenProposal({ status: 'failed', failure: 'RULE_UNMET' }),
    });
    expect([made.reason, made.message]).toEqual([
      'MembersRefused',
      'step 1 of 1 (add city-4): proposal proposal-1 could not be carried out: RULE_UNMET',
    ]);
    expect(changePhase(changeVerdicts(made))).toBe('Failed');
  });

  test('one that expires while it is open says that the members may still approve it', () => {
    const change = aChange(ADD);
    const made = plan(recorded(change, plan(change)), aSetting(), { proposal: anOpenProposal(), expiresAtUnixMs: NOW - 1 });
    expect([made.reason, made.steps[0]?.state]).toEqual(['Expired', 'Proposed']);
    expect(made.message).toContain('should the members approve it later, it holds');
  });

  test('one that expires while it is open is taken back where the rules in force allow it, and has expired once it is', () => {
    const change = aChange(ADD);
    const begun = recorded(change, plan(change));
    const setting = aSetting();
    if (setting === undefined) throw new Error('no network');
    const status = { ...setting.observed.network.status, protocol: { version: 2 } };
    const newer = { ...setting, observed: { ...setting.observed, network: { ...setting.observed.network, status } } };
    const facts = { expiresAtUnixMs: NOW - 1 };
    const made = plan(begun, newer, { ...facts, proposal: anOpenProposal() });
    expect([made.reason, made.action]).toEqual(['Withdrawing', { type: 'withdraw', id: 'proposal-1' }]);
    expect(changePhase(changeVerdicts(made))).toBe('AwaitingApproval');
    const ended = plan(begun, newer, { ...facts, proposal: anOpenProposal({ status: 'over' }) });
    expect([ended.reason, ended.steps[0]?.state]).toEqual(['Expired', 'Waiting']);
  });

  test('a network that goes away under it fails it', () => {
    const change = aChange(ADD);
    expect(plan(recorded(change, plan(change)), undefined, { network: undefined }).reason).toBe('NetworkRemoved');
  });
});

describe('whatever the nodes do', () => {
  test('nothing is proposed that leaves fewer than a quorum of those who vote at the head', () => {
    const nodeArb = fc.record({ caughtUp: fc.boolean(), ready: fc.boolean(), deleting: fc.boolean() });
    const itemArb = fc.record({ type: fc.constantFrom('Add' as const, 'Remove' as const), ordinal: fc.nat(9) });
    const settingArb = fc.record({
      validators: fc.integer({ min: 1, max: 8 }),
      states: fc.array(nodeArb, { minLength: 10, maxLength: 10 }),
    });
    fc.assert(
      fc.property(
        settingArb,
        fc.uniqueArray(itemArb, { minLength: 1, maxLength: 4, selector: ({ ordinal }) => ordinal }),
        fc.boolean(),
        (setting, items, allowFewer) => {
          const { validators, states } = setting;
          const nodes = Object.fromEntries(states.map((state, ordinal) => [`city-${ordinal}`, aServing(ordinal, state)]));
          const changes = items.map(({ type, ordinal }) => ({ type, node: `city-${ordinal}` }));
          const made = plan(aChange(changes, { allowFewer }), aSetting({ validators, observers: 10 - validators, nodes }));
          if (made.action === undefined) return;
          const [step] = made.steps;
          if (step === undefined) throw new Error('an action without a step');
          const joins = step.action === 'Join';
          const after = range(10).filter(
            (ordinal) =>
              (ordinal < validators || (joins && step.node === `city-${ordinal}`)) && !(!joins && step.node === `city-${ordinal}`),
          );
          const serving = after.filter((ordinal) => states[ordinal]?.caughtUp && states[ordinal].ready && !states[ordinal].deleting).length;
          expect(serving).toBeGreaterThanOrEqual(quorum(after.length));
          expect(allowFewer || joins || after.length >= 4).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
