import { nodeCrypto } from '@civitas/canon/node';
import { chosenSeed } from '@civitas/testkit';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import type { LedgerOperationSpec } from '../resources/ledger-operation.ts';
import { DayTwoWorld } from '../testing/day-two-world.ts';
import type { NetworkAction } from './network-action.ts';
import { planNetwork } from './network-plan.ts';
import { faultTolerance, quorum } from './quorum.ts';

const { sha256 } = nodeCrypto;
type Asked = Omit<LedgerOperationSpec, 'networkRef'>;

/** Ends when nothing is left that could be done. */
function settle(world: DayTwoWorld, passes = 200): void {
  for (let look = 0; look < passes; look++) {
    world.pass();
    world.startAll();
    world.takeCertificates();
  }
}

const phases = (world: DayTwoWorld): readonly (string | undefined)[] => world.operations.map(({ status }) => status?.phase);
const messageOf = (world: DayTwoWorld, at = 0): string => world.operations[at]?.status?.message ?? '';

describe('an operation that cannot be done', () => {
  test.each<readonly [string, Asked, RegExp]>([
    ['Prune', { type: 'Prune' }, /retention by themselves/],
    ['a node that is none of the network', { type: 'Restart', nodes: ['city-9'] }, /city-9 is no node of city/],
    ['rebuilding a node that serves', { type: 'RebuildNode', nodes: ['city-1'] }, /city-1 is not fenced/],
    ['making a volume smaller', { type: 'ExpandStorage', storageSize: '500Mi' }, /volumes never become smaller/],
  ])('is refused: %s', (_name, asked, message) => {
    const world = new DayTwoWorld(4, sha256);
    world.ask('it', asked);
    world.pass();
    expect(phases(world)).toEqual(['Refused']);
    expect(messageOf(world)).toMatch(message);
    expect(world.operations[0]?.status?.finishedAt).toBeDefined();
  });

  test('is refused: going to a version that the catalog does not hold', () => {
    const world = new DayTwoWorld(4, sha256);
    world.ask('it', { type: 'Upgrade', version: '9.9.9' });
    const release = { version: '0.1.0', nodeImage: `civitas.dev/node@sha256:${'1'.repeat(64)}`, protocolVersion: 1 };
    world.catalog = [release];
    world.spec = { ...world.spec, release: { catalogRef: 'stable' } };
    world.pass();
    expect(phases(world)).toEqual(['Refused']);
  });

  test('is refused: more nodes than an operation may have', () => {
    const world = new DayTwoWorld(4, sha256, {});
    world.spec = {
      ...world.spec,
      pools: [
        ...(world.spec.pools ?? []),
        { name: 'more', role: 'observer', replicas: 100 },
        { name: 'most', role: 'observer', replicas: 30 },
      ],
    };
    world.ask('it', { type: 'Restart' });
    const [update] = planNetwork(world.observe(), sha256).operations;
    expect(update).toMatchObject({ phase: 'Refused', facts: { message: expect.stringMatching(/at most 128/) } });
  });
});

test('an operation that begins says so before anything is done for it', () => {
  const world = new DayTwoWorld(4, sha256);
  world.ask('it', { type: 'Restart', nodes: ['city-1'] });
  const [update] = planNetwork(world.observe(), sha256).operations;
  expect(update?.verdicts).toContainEqual(expect.objectContaining({ type: 'Progressing', status: 'True', reason: 'Begun' }));
  expect(update?.phase).toBe('Running');
});

describe('an operation that waits', () => {
  test('says for what: approval, another one, a pause, hibernation', () => {
    const world = new DayTwoWorld(4, sha256);
    world.ask('first', { type: 'RotateCA', overlapSeconds: 600 });
    world.pass();
    world.ask('second', { type: 'Restart' });
    world.ask('third', { type: 'Restart', approval: 'Manual' });
    world.pass();
    expect(phases(world)).toEqual(['Running', 'Waiting', 'AwaitingApproval']);
    expect(messageOf(world, 1)).toBe('first (RotateCA) is under way');
    world.spec = { ...world.spec, paused: true };
    world.pass();
    expect(messageOf(world, 1)).toBe('city is paused');
    world.spec = { ...world.spec, paused: false, hibernated: true };
    world.pass();
    expect(messageOf(world, 1)).toBe('city is hibernated');
  });

  test('says what its next step is deferred for', () => {
    const world = new DayTwoWorld(4, sha256);
    world.node('city-0').state = 'crashed';
    world.ask('it', { type: 'Restart', nodes: ['city-2'] });
    for (let look = 0; look < 3; look++) world.pass();
    expect(messageOf(world)).toMatch(/^QuorumWouldBreak: city-2 waits/);
  });

  test('is aborted before it has begun, and between two steps', () => {
    const world = new DayTwoWorld(4, sha256);
    world.ask('never', { type: 'Restart', approval: 'Manual', abort: true });
    world.ask('half', { type: 'Restart' });
    while (world.operations[1]?.status?.progress !== '2/5') {
      world.pass();
      world.startAll();
    }
    const [, half] = world.operations;
    if (half !== undefined) world.operations[1] = { ...half, spec: { ...half.spec, abort: true } };
    settle(world, 20);
    expect(phases(world)).toEqual(['Aborted', 'Aborted']);
    expect(messageOf(world, 1)).toMatch(/^aborted before city-2?/);
  });

  test('is superseded when the network asks for a third version meanwhile', () => {
    const world = new DayTwoWorld(4, sha256);
    world.ask('it', { type: 'Upgrade', version: '0.2.0' });
    for (let look = 0; look < 3; look++) world.pass();
    world.spec = { ...world.spec, release: { version: '0.3.0' } };
    world.pass();
    expect(phases(world)).toEqual(['Superseded']);
    settle(world, 60);
    for (const name of world.names()) expect(world.node(name).pod?.image).toMatch(/:0\.3\.0$/);
  });
});

test('of a fence that waits and the unfencing of the same node the later one holds', () => {
  const world = new DayTwoWorld(4, sha256);
  world.node('city-0').state = 'crashed';
  world.ask('fence', { type: 'Fence', nodes: ['city-1'] });
  for (let look = 0; look < 4; look++) world.pass();
  expect(phases(world)).toEqual(['Running']);
  world.ask('unfence', { type: 'Unfence', nodes: ['city-1'] });
  for (let look = 0; look < 6; look++) world.pass();
  expect(phases(world)).toEqual(['Superseded', 'Done']);
  expect(world.node('city-1').ledgerNode.spec.fenced).toBe(false);
});

const asked: fc.Arbitrary<Asked> = fc.oneof(
  fc.constantFrom<Asked>(
    { type: 'Restart' },
    { type: 'RotateCertificates' },
    { type: 'RotateCA', overlapSeconds: 0 },
    { type: 'Upgrade', version: '0.2.0' },
    { type: 'Upgrade', version: '0.3.0' },
    { type: 'ExpandStorage', storageSize: '2Gi' },
  ),
  fc.record({
    type: fc.constantFrom('Fence' as const, 'Unfence' as const, 'RebuildNode' as const, 'Restart' as const),
    nodes: fc.constantFrom('city-0', 'city-1', 'city-2', 'city-3').map((name) => [name]),
  }),
);

type Step =
  | { readonly kind: 'pass'; readonly deeds: number }
  | { readonly kind: 'crash' | 'recover' | 'started'; readonly who: number }
  | { readonly kind: 'ask'; readonly asked: Asked }
  | { readonly kind: 'abort' | 'take' | 'supervise' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('pass' as const), deeds: fc.oneof(fc.constant(1000), fc.nat({ max: 40 })) }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom('crash' as const, 'recover' as const, 'started' as const), who: fc.nat({ max: 12 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ask' as const), asked }) },
  { weight: 2, arbitrary: fc.constantFrom<Step>({ kind: 'abort' }, { kind: 'take' }, { kind: 'supervise' }) },
);

/** Does one pass and holds every action that takes a vote away to what must be left. */
function passChecked(world: DayTwoWorld, deeds: number): void {
  const before = world.serving();
  const done: readonly NetworkAction[] = world.pass(deeds);
  const taken = done.filter(({ type }) => type === 'deletePod' || type === 'withdrawGrant');
  expect(taken.length).toBeLessThanOrEqual(1);
  if (world.serving() < before) expect(world.serving()).toBeGreaterThanOrEqual(quorum(world.voterCount));
}

function act(world: DayTwoWorld, one: Step): void {
  const nameOf = (who: number): string => world.names()[who % world.names().length] ?? '';
  switch (one.kind) {
    case 'pass':
      return passChecked(world, one.deeds);
    case 'ask':
      return world.ask(`op-${world.operations.length}`, one.asked);
    case 'abort': {
      const last = world.operations.at(-1);
      if (last !== undefined) world.operations[world.operations.length - 1] = { ...last, spec: { ...last.spec, abort: true } };
      return;
    }
    case 'take':
      return world.takeCertificates();
    case 'supervise':
      world.spec = { ...world.spec, updateStrategy: { type: world.spec.updateStrategy?.type === 'Supervised' ? 'Rolling' : 'Supervised' } };
      return;
    case 'crash':
      if (world.node(nameOf(one.who)).pod !== undefined) world.node(nameOf(one.who)).state = 'crashed';
      return;
    default:
      return world.start(nameOf(one.who));
  }
}

describe('the planner under any schedule of operations, edits, crashes of nodes and deaths of the operator', () => {
  const seed = Number(chosenSeed());

  test(`no act of its own leaves fewer than a quorum voting, and every operation comes to its end (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.constantFrom(4, 7), fc.array(step, { maxLength: 40 }), (count, schedule) => {
        const world = new DayTwoWorld(count, sha256);
        for (const one of schedule) act(world, one);
        // From here on nothing fails, and nobody fences.
        for (const operation of world.operations.splice(0)) if (operation.spec.type !== 'Fence') world.operations.push(operation);
        for (const name of world.names()) {
          const node = world.node(name);
          node.ledgerNode = { ...node.ledgerNode, spec: { ...node.ledgerNode.spec, fenced: false } };
        }
        const isOver = (): boolean => world.operations.every(({ status }) => status?.finishedAt !== undefined);
        for (let look = 0; look < 60 * (world.operations.length + 2); look++) {
          if (isOver() && world.rollout === undefined && world.generations.length === 1 && world.serving() === count) break;
          passChecked(world, 1000);
          world.startAll();
          world.takeCertificates();
        }
        for (const { status, spec } of world.operations) expect([spec.type, typeof status?.finishedAt]).toEqual([spec.type, 'string']);
        expect(world.serving()).toBe(count);
        expect(world.generations.length).toBe(1);
      }),
      { seed, numRuns: 25 },
    );
  }, 60_000);

  test(`with fewer than f nodes lost at once the chain always has its quorum (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (schedule) => {
        const world = new DayTwoWorld(7, sha256);
        const isAway = (name: string): boolean => world.node(name).state === 'crashed';
        for (const one of schedule) {
          if (one.kind === 'crash' && world.names().filter(isAway).length >= faultTolerance(7) - 1) continue;
          act(world, one);
          expect(world.serving()).toBeGreaterThanOrEqual(quorum(7));
        }
      }),
      { seed, numRuns: 25 },
    );
  }, 60_000);
});
