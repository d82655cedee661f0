import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { aCity, aKey, aNetwork, anAgency, anObservation, aServingNode, withAnswer } from '../testing/builders.ts';
import { type EffectiveNetwork, effectiveNetwork } from './effective-network.ts';
import type { ObservedNetwork, ObservedNode } from './observed-network.ts';
import { faultTolerance, quorum } from './quorum.ts';
import { gateShut, type Voter, type VoterState, voterState } from './quorum-gate.ts';
import { planReplacement, type Replacement, stopShut } from './replacement-plan.ts';

const SHUT = 'QuorumWouldBreak';
const RULES = { maxUnavailable: 1, allowDowntime: false };

function voters(...states: readonly (VoterState | 'moving')[]): readonly Voter[] {
  return states.map((state, ordinal) => ({
    name: `city-${ordinal}`,
    ordinal,
    state: state === 'moving' ? 'down' : state,
    isMoving: state === 'moving',
  }));
}

describe('the gate before a validator is stopped', () => {
  test.each<readonly [string, readonly Voter[], Partial<typeof RULES>, string | undefined]>([
    ['opens when the other three of four vote', voters('serving', 'serving', 'serving', 'serving'), {}, undefined],
    ['is shut while one of four is down', voters('serving', 'serving', 'serving', 'down'), {}, 'QuorumWouldBreak'],
    ['is shut while one of four may not be voting', voters('serving', 'serving', 'unclear', 'serving'), {}, 'QuorumWouldBreak'],
    ['is shut while another pod is moving', voters('serving', 'serving', 'serving', 'moving'), {}, 'AnotherIsMoving'],
    ['opens for one that does not vote, whatever the others do', voters('down', 'unclear', 'down', 'down'), {}, undefined],
    ['is shut for one that nobody has heard of', voters('unclear', 'unclear', 'unclear', 'unclear'), {}, 'QuorumWouldBreak'],
    [
      'takes one at a time of seven though two may fail',
      voters('serving', 'down', 'serving', 'serving', 'serving', 'serving', 'serving'),
      {},
      'AnotherIsMoving',
    ],
    [
      'takes a second of seven when two may be away',
      voters('serving', 'down', 'serving', 'serving', 'serving', 'serving', 'serving'),
      { maxUnavailable: 2 },
      undefined,
    ],
    [
      'never takes a third of seven',
      voters('serving', 'down', 'down', 'serving', 'serving', 'serving', 'serving'),
      { maxUnavailable: 3 },
      'QuorumWouldBreak',
    ],
    ['is shut for three without consent to downtime', voters('serving', 'serving', 'serving'), {}, 'QuorumWouldBreak'],
    ['opens for three with it', voters('serving', 'serving', 'serving'), { allowDowntime: true }, undefined],
    ['is shut for three with it while another is away', voters('serving', 'serving', 'down'), { allowDowntime: true }, 'QuorumWouldBreak'],
  ])('%s', (_name, list, rules, reason) => {
    expect(gateShut('city-0', list, { ...RULES, ...rules })?.reason).toBe(reason);
  });

  test('is shut while a removal stands proposed that would leave the others too few', () => {
    const five = voters('serving', 'serving', 'serving', 'serving', 'serving');
    const network = effectiveNetwork(aNetwork({ engine: 'cometbft' }), aCity(), [anAgency('civil-affairs')]);
    const shut = (set: readonly Voter[], leavingProposed: readonly string[]) =>
      stopShut('city-0', set, { observed: anObservation({ leavingProposed }), network })?.reason;
    expect(shut(five, [])).toBeUndefined();
    expect(shut(five, ['city-4'])).toBeUndefined();
    expect(shut(five.slice(1).concat(five.slice(0, 1)), ['city-0'])).toBeUndefined();
    expect(shut(five.slice(0, 4), [])).toBeUndefined();
    expect(shut(five.slice(0, 4), ['city-3'])).toBe('QuorumWouldBreak');
  });

  test('is shut while a validator may join at any moment with which the others are too few', () => {
    const pools = [{ name: 'v', role: 'validator' as const, replicas: 10 }];
    const network = effectiveNetwork(aNetwork({ engine: 'cometbft', pools }), aCity(), [anAgency('civil-affairs')]);
    const shut = (count: number, facts: Partial<ObservedNetwork>) => {
      const set = voters(...Array.from({ length: count }, () => 'serving' as const));
      return stopShut('city-0', set, { observed: anObservation(facts), network })?.reason;
    };
    const open: Partial<ObservedNetwork> = { join: { node: 'city-9', state: 'open', message: '' } };
    const silent: readonly Partial<ObservedNetwork>[] = [
      open,
      { joiningProposed: ['city-9'] },
      { joiningProposed: ['of-another-house-0'] },
      { standings: [{ publicKey: aKey(3), node: 'city-9', standing: 'joining' }] },
    ];
    for (const facts of silent) expect([4, 5, 6].map((count) => shut(count, facts))).toEqual([SHUT, SHUT, undefined]);
    const nodes = { 'city-9': aServingNode('city-9') };
    expect([1, 4, 5].map((count) => shut(count, { ...open, nodes }))).toEqual([undefined, undefined, undefined]);
    const standings = [{ publicKey: aKey(9), node: 'city-9', standing: 'removed' as const }];
    const left = { ...nodes, 'city-9': { ...aServingNode('city-9'), answer: undefined } };
    expect(shut(4, { ...open, nodes: left })).toBe(SHUT);
    expect(shut(4, { ...open, nodes: left, standings })).toBeUndefined();
    expect(shut(4, { join: { node: 'city-9', state: 'waiting', message: '' } })).toBeUndefined();
    expect(shut(4, { join: { node: 'city-3', state: 'open', message: '' } })).toBeUndefined();
  });

  test('counts a silent node whose pod is ready, one that lags, and one that says halted, as perhaps voting', () => {
    const serving = aServingNode('city-0');
    expect(voterState(serving)).toBe('serving');
    expect(voterState({ ...serving, answer: undefined })).toBe('unclear');
    expect(voterState(withAnswer(serving, { caughtUp: false }))).toBe('unclear');
    expect(voterState(withAnswer(serving, { halted: true }))).toBe('unclear');
    expect(voterState(withAnswer(serving, { signing: false, phase: 'AwaitingGrant' }))).toBe('down');
    expect(voterState({ ...serving, pod: undefined, answer: undefined })).toBe('down');
  });
});

/** A network of validators whose pods fall and rise again by a schedule, and the planner's own work among it. */
class World {
  readonly #network: EffectiveNetwork;
  /** Version each pod was made with. */
  readonly made = new Map<string, string>();
  readonly down = new Set<string>();
  readonly starting = new Set<string>();
  /** Fell by a crash and do not vote yet, also while their new pods start. */
  readonly crashed = new Set<string>();
  version = '0.1.0';

  constructor(count: number) {
    this.#network = effectiveNetwork(aNetwork(), aCity({ engine: 'cometbft', validatorsPerNetwork: count }), [anAgency('civil-affairs')]);
    for (const name of this.names()) this.made.set(name, this.version);
  }

  names(): readonly string[] {
    return this.#network.nodes.map(({ name }) => name);
  }

  serving(): number {
    return this.names().filter((name) => !this.down.has(name) && !this.starting.has(name)).length;
  }

  plan(): Replacement {
    const observed = anObservation({ nodes: Object.fromEntries(this.names().map((name) => [name, this.#node(name)])) });
    const stale = this.#network.nodes.filter(({ name }) => this.made.get(name) !== this.version);
    const pods = stale.map((node) => ({ node, pod: { name: node.name, uid: `pod-${node.name}` }, reason: 'another version' }));
    return planReplacement(observed, this.#network, pods);
  }

  #node(name: string): ObservedNode {
    const node = aServingNode(name);
    if (this.down.has(name)) return { ...node, pod: node.pod === undefined ? undefined : { ...node.pod, ready: false }, answer: undefined };
    return this.starting.has(name) ? withAnswer(node, { signing: false, phase: 'AwaitingGrant' }) : node;
  }

  /** What the operator ends in one pass comes back starting, with what it is to run now. */
  pass(): string | undefined {
    const name = this.plan().next?.node.name;
    if (name === undefined) return undefined;
    this.made.set(name, this.version);
    this.down.delete(name);
    this.starting.add(name);
    return name;
  }
}

type Step =
  | { readonly kind: 'crash' | 'recover' | 'started'; readonly who: number }
  | { readonly kind: 'release' }
  | { readonly kind: 'pass' };

describe('the planner under any schedule of crashes and edits', () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 3, arbitrary: fc.constant({ kind: 'pass' } as const) },
    { weight: 1, arbitrary: fc.constant({ kind: 'release' } as const) },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constantFrom('crash' as const, 'recover' as const, 'started' as const), who: fc.nat({ max: 12 }) }),
    },
  );

  test('no stop of its own leaves fewer than a quorum voting, and all is new once the crashes end', () => {
    fc.assert(
      fc.property(fc.constantFrom(4, 5, 7, 10, 13), fc.array(step, { maxLength: 60 }), (count, schedule) => {
        const world = new World(count);
        let release = 0;
        for (const one of schedule) act(world, one, () => `0.1.${++release}`);
        for (let look = 0; look < count * 3; look++) {
          world.starting.clear();
          world.down.clear();
          passChecked(world);
        }
        for (const name of world.names()) expect(world.made.get(name)).toBe(world.version);
      }),
    );
  });

  test('with fewer than f crashes at once the chain always has its quorum', () => {
    fc.assert(
      fc.property(fc.constantFrom(7, 10, 13), fc.array(step, { maxLength: 60 }), (count, schedule) => {
        const world = new World(count);
        let release = 0;
        for (const one of schedule) {
          if (one.kind === 'crash' && world.crashed.size >= faultTolerance(count) - 1) continue;
          act(world, one, () => `0.1.${++release}`);
          expect(world.serving()).toBeGreaterThanOrEqual(quorum(count));
        }
      }),
    );
  });
});

function act(world: World, one: Step, nextVersion: () => string): void {
  if (one.kind === 'pass') passChecked(world);
  else if (one.kind === 'release') world.version = nextVersion();
  else {
    const name = world.names()[one.who % world.names().length] ?? '';
    if (one.kind === 'crash' && !world.starting.has(name)) {
      world.down.add(name);
      world.crashed.add(name);
    }
    if (one.kind === 'recover') world.down.delete(name);
    if (one.kind === 'started') world.starting.delete(name);
    if (!world.down.has(name) && !world.starting.has(name)) world.crashed.delete(name);
  }
}

function passChecked(world: World): void {
  const before = world.serving();
  world.pass();
  if (world.serving() < before) expect(world.serving()).toBeGreaterThanOrEqual(quorum(world.names().length));
}

test('a plan names what waits and why', () => {
  const world = new World(4);
  world.version = '0.2.0';
  world.down.add('city-3');
  expect(world.pass()).toBe('city-3');
  expect(world.plan()).toEqual({
    next: undefined,
    pending: {
      reason: 'QuorumWouldBreak',
      message: 'city-2 waits: without it 2 of 4 validators would vote at the head, 3 are needed',
    },
  });
});
