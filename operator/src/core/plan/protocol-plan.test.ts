import { nodeCrypto } from '@civitas/canon/node';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { DayTwoWorld } from '../testing/day-two-world.ts';
import type { NetworkAction } from './network-action.ts';
import { planNetwork } from './network-plan.ts';
import { networkFacts, networkVerdicts } from './network-status.ts';
import { quorum } from './quorum.ts';

const { sha256 } = nodeCrypto;
const image = (fill: string): string => `civitas.dev/node@sha256:${fill.repeat(64)}`;
const OLD = { version: '0.2.0', nodeImage: image('2'), protocolVersion: 1, upgradesFrom: ['0.1.0', '0.3.0'] };
/** Executes both: what a network goes over by. */
const NEW = { version: '0.3.0', nodeImage: image('3'), protocolVersion: 2, protocolVersionMin: 1, upgradesFrom: ['0.2.0'] };
/** Executes the second alone. */
const LATER = { version: '0.4.0', nodeImage: image('4'), protocolVersion: 2, upgradesFrom: ['0.2.0', '0.3.0'] };

const planOf = (world: DayTwoWorld) => planNetwork(world.observe(), sha256);
const verdictOf = (world: DayTwoWorld, type: string) => networkVerdicts(world.observe(), planOf(world)).find((one) => one.type === type);
const pendingOf = (world: DayTwoWorld): string => planOf(world).pending?.reason ?? '';
const isProposal = ({ type }: NetworkAction): boolean => type === 'proposeProtocol';

function ask(world: DayTwoWorld, release: { readonly version: string } & object): void {
  world.spec = { ...world.spec, release: { catalogRef: 'stable', version: release.version } };
}

/** Passes in which whatever was made anew comes up. */
function settle(world: DayTwoWorld, passes = 20): void {
  for (let look = 0; look < passes; look++) {
    world.startAll();
    world.pass();
  }
  world.startAll();
}

/** Four validators and an observer that run the old release, on a chain of protocol 1. */
function aWorld(voterCount = 4): DayTwoWorld {
  const world = new DayTwoWorld(voterCount, sha256);
  world.protocol = { version: 1, next: undefined };
  world.newestOfImage.set(NEW.nodeImage, 2).set(LATER.nodeImage, 2);
  world.catalog = [OLD, NEW, LATER];
  ask(world, OLD);
  settle(world, 4 * voterCount);
  return world;
}

describe('going over to other rules', () => {
  test('binaries first, then a proposal, then the height that the members decide', () => {
    const world = aWorld();
    ask(world, NEW);
    world.pass();
    expect(planOf(world).actions.some(isProposal)).toBe(false);
    settle(world);
    expect(world.names().map((name) => world.node(name).pod?.image)).toEqual(world.names().map(() => NEW.nodeImage));
    expect([...world.proposals]).toEqual(['activateProtocol']);
    expect(verdictOf(world, 'UpdatePending')).toMatchObject({
      status: 'True',
      reason: 'AwaitingProtocolApproval',
      message: 'protocol 2 is being proposed to the members',
    });
    world.approve(5);
    const { height } = world.protocol?.next ?? { height: 0 };
    const plan = planOf(world);
    expect(plan.actions.some(isProposal)).toBe(false);
    expect(plan.pending).toMatchObject({
      reason: 'ProtocolScheduled',
      message: `protocol 2 is in force from height ${height} on, the chain is at ${world.height}`,
    });
    expect(networkFacts(world.observe(), plan, sha256).protocol).toEqual({
      version: 1,
      next: 2,
      nextHeight: height,
      step: 'ProtocolScheduled',
    });
    settle(world, 6);
    expect([pendingOf(world), networkFacts(world.observe(), planOf(world), sha256).protocol]).toEqual(['', { version: 2 }]);
    expect(world.serving()).toBe(4);
  });

  test('waits for every node that answers, and for a quorum of those that vote', () => {
    const world = aWorld();
    ask(world, NEW);
    world.node('city-1').state = 'crashed';
    settle(world, 1);
    world.node('city-1').state = 'crashed';
    settle(world, 0);
    const message = () => planOf(world).protocol?.message;
    expect(message()).toBe('protocol 2 waits: pods are yet to be made anew');
    settle(world);
    world.node('city-1').state = 'starting';
    world.node('city-2').state = 'starting';
    expect(message()).toBe('protocol 2 waits: 2 of 4 validators at the head execute it, 3 are needed');
    world.newestOfImage.set(NEW.nodeImage, 1);
    expect(message()).toBe('protocol 2 waits: city-0 executes up to 1');
    expect(verdictOf(world, 'UpdatePending')).toMatchObject({ reason: 'ProtocolWaits' });
  });

  test('is asked for by the spec where there is no catalog, and held back by it where there is one', () => {
    const world = aWorld();
    ask(world, NEW);
    world.spec = { ...world.spec, release: { ...world.spec.release, protocolVersion: 1 } };
    settle(world);
    expect([pendingOf(world), world.proposals.size]).toEqual(['', 0]);
    world.spec = { ...world.spec, release: { ...world.spec.release, protocolVersion: 2 } };
    world.pass();
    expect([...world.proposals]).toEqual(['activateProtocol']);
  });

  test('one version at a time, and never back', () => {
    const world = aWorld();
    world.protocol = { version: 2, next: undefined };
    world.newestOfImage.set(OLD.nodeImage, 3);
    world.spec = { ...world.spec, release: { ...world.spec.release, protocolVersion: 4 } };
    expect(planOf(world).protocol?.message).toBe('protocol 3 is being proposed to the members');
    world.spec = { ...world.spec, release: { ...world.spec.release, protocolVersion: 1 } };
    expect(planOf(world).pending).toMatchObject({
      reason: 'ProtocolCannotGoBack',
      message: 'protocol 1 is asked for, and blocks are executed by 2: rules never go back',
    });
  });

  test('is taken back before its height when the former release is asked for again, and only then the binaries go', () => {
    const world = aWorld();
    ask(world, NEW);
    settle(world);
    world.approve(100);
    ask(world, OLD);
    settle(world, 5);
    expect(world.names().map((name) => world.node(name).pod?.image)).toEqual(world.names().map(() => NEW.nodeImage));
    expect([...world.proposals]).toEqual(['cancelProtocol']);
    expect(planOf(world).pending).toMatchObject({ reason: 'ProtocolCancelling', message: 'taking protocol 2 back is being proposed' });
    world.approve(100);
    settle(world);
    expect(world.names().map((name) => world.node(name).pod?.image)).toEqual(world.names().map(() => OLD.nodeImage));
    expect([pendingOf(world), world.protocol]).toEqual(['', { version: 1, next: undefined }]);
  });

  test('keeps out releases that do not execute the rules in force: too new ones before, too old ones after', () => {
    const world = aWorld();
    ask(world, LATER);
    expect(planOf(world).pending).toMatchObject({
      reason: 'ProtocolChange',
      message: 'blocks are executed by protocol 1, 0.4.0 executes 2 alone',
    });
    ask(world, NEW);
    settle(world);
    world.approve(2);
    settle(world);
    ask(world, OLD);
    expect(planOf(world).pending).toMatchObject({
      reason: 'ProtocolChange',
      message: 'blocks are executed by protocol 2, 0.2.0 executes 1 alone',
    });
    ask(world, LATER);
    settle(world);
    expect(world.names().map((name) => world.node(name).pod?.image)).toEqual(world.names().map(() => LATER.nodeImage));
  });

  test('a node that stands before it is made anew outside the gate, and is told of where its own release is what is asked for', () => {
    const world = aWorld();
    // Members went over by themselves, before the binaries.
    world.protocol = { version: 2, next: undefined };
    expect(world.serving()).toBe(0);
    expect(verdictOf(world, 'UpdatePending')).toMatchObject({
      reason: 'AwaitingUpgrade',
      message: expect.stringContaining('city-0 waits for a newer release'),
    });
    expect(verdictOf(world, 'Available')).toMatchObject({ status: 'False', reason: 'NoQuorum' });
    ask(world, NEW);
    const order = ['city-4', 'city-3', 'city-2', 'city-1', 'city-0'];
    // One a pass, none of them waits for the one before.
    expect(order.map(() => world.pass().flatMap((action) => (action.type === 'deletePod' ? [action.name] : [])))).toEqual(
      order.map((name) => [name]),
    );
    settle(world, 5);
    expect(world.serving()).toBe(4);
  });

  type Move =
    | { readonly kind: 'pass' | 'start' | 'approve' | 'old' | 'new' }
    | { readonly kind: 'crash' | 'recover'; readonly who: number };
  const move: fc.Arbitrary<Move> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('pass' as const, 'start' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('approve' as const, 'old' as const, 'new' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('crash' as const, 'recover' as const), who: fc.nat({ max: 6 }) }) },
  );

  test('under any schedule no node is given a release that does not execute the rules in force, and a quorum executes them when they change', () => {
    fc.assert(
      fc.property(fc.constantFrom(4, 4, 7), fc.array(move, { maxLength: 60 }), (count, schedule) => {
        const world = aWorld(count);
        for (const one of schedule) {
          const before = world.protocol?.version;
          if (one.kind === 'start') world.startAll();
          if (one.kind === 'approve') world.approve(4);
          if (one.kind === 'old') ask(world, OLD);
          if (one.kind === 'new') ask(world, NEW);
          if (one.kind === 'crash' || one.kind === 'recover') {
            const node = world.node(world.names()[one.who % world.names().length] ?? '');
            node.state = one.kind === 'crash' ? 'crashed' : 'serving';
          }
          if (one.kind === 'pass')
            for (const action of world.pass())
              if (action.type === 'createPod') {
                const made = action.manifest.metadata.annotations?.['civitas.dev/image'] ?? '';
                expect(world.newestOfImage.get(made) ?? 1).toBeGreaterThanOrEqual(world.protocol?.version ?? 1);
              }
          if (world.protocol?.version !== before) {
            const ready = world.names().filter((name) => name !== `city-${count}` && world.node(name).pod?.image === NEW.nodeImage);
            expect(ready.length).toBeGreaterThanOrEqual(quorum(count));
          }
        }
        for (const name of world.names()) world.node(name).state = 'serving';
        ask(world, NEW);
        for (let look = 0; look < 3; look++) {
          settle(world, 3 * count);
          world.approve(4);
        }
        settle(world, 8);
        expect([world.protocol, pendingOf(world), world.serving()]).toEqual([{ version: 2, next: undefined }, '', count]);
      }),
      { numRuns: 15 },
    );
  });
});

test('the validator whose turn it is to propose goes last, whoever it is when the next one is chosen', () => {
  const proposers = fc.array(fc.nat({ max: 3 }), { minLength: 30, maxLength: 30 });
  fc.assert(
    fc.property(proposers, (turns) => {
      const world = aWorld();
      world.spec = { ...world.spec, logLevel: 'debug' };
      const order: string[] = [];
      for (const turn of turns) {
        const observed = world.observe();
        const proposer = `city-${turn}`;
        const node = observed.nodes[proposer];
        if (node?.answer === undefined) continue;
        const nodes = { ...observed.nodes, [proposer]: { ...node, answer: { ...node.answer, proposing: true } } };
        const next = planNetwork({ ...observed, nodes }, sha256).actions.find(({ type }) => type === 'deletePod');
        if (next?.type === 'deletePod') {
          const left = ['city-0', 'city-1', 'city-2', 'city-3'].filter((name) => !order.includes(name));
          // The observer goes first of all, and the proposer when it is the only one left.
          if (order.length === 0) expect(next.name).toBe('city-4');
          else if (left.length > 1) expect(next.name).not.toBe(proposer);
          order.push(next.name);
          const { pod } = world.node(next.name);
          world.node(next.name).pod = undefined;
          world.rollout = { node: next.name, podUID: pod?.uid ?? '', height: world.height, startedAt: '2026-01-01T00:00:00Z', step: '' };
        }
        for (const action of planNetwork(world.observe(), sha256).actions) if (action.type === 'createPod') world.perform(action);
        world.startAll();
        world.height += 1;
      }
      expect([...order].sort()).toEqual(['city-0', 'city-1', 'city-2', 'city-3', 'city-4']);
    }),
    { numRuns: 10 },
  );
});
