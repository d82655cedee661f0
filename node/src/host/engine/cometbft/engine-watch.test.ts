import { afterEach, expect, test } from '@jest/globals';
import { EngineFault } from './engine-fault.ts';
import { halted } from './engine-refusal.ts';
import { countVotes, EngineWatch, votesNeeded } from './engine-watch.ts';
import { HALTED_AFTER_MS } from './limits.ts';
import type { EngineSight } from './standstill.ts';

const watches: EngineWatch[] = [];
afterEach(() => {
  for (const watch of watches.splice(0)) watch.close();
});

function aWatch() {
  const clock = { ms: 0 };
  const signerFault = new EngineFault('SIGNER_UNPROVEN', 'no signature');
  const engine = { isSilent: false, isSignerSilent: false, isSignerProven: true, prevotes: ['BA{4:xx__} 20/40 = 0.50'], precommits: [''] };
  const answered: number[] = [];
  const signerFaults: EngineFault[] = [];
  const looks: (EngineSight | undefined)[] = [];
  const peers: (readonly string[])[] = [];
  const rpc = {
    status: async () => {
      if (engine.isSilent) throw new EngineFault('ENGINE_SILENT', 'gone');
      return { version: '0.38.26', height: 3, isCatchingUp: false, voter: 'cd'.repeat(20) };
    },
    peerIds: async () => ['ab'],
    peerHeights: async () => [6, 5],
    roundVotes: async () => ({
      height: 4,
      round: 2,
      step: 6,
      hasBlock: false,
      proposer: '',
      rounds: engine.prevotes.map((prevotes, round) => ({
        prevotes,
        precommits: engine.precommits[round] ?? '',
        prevoters: [],
        precommitters: [],
      })),
    }),
  };
  const watch = new EngineWatch({
    rpc,
    signer: {
      look: async () => undefined,
      proof: async ({ voter, height }) => {
        expect({ voter, height }).toEqual({ voter: 'cd'.repeat(20), height: 3 });
        return engine.isSignerProven ? undefined : signerFault;
      },
      get isSilent() {
        return engine.isSignerSilent;
      },
    },
    onSignerFault: (fault) => signerFaults.push(fault),
    nowMs: () => clock.ms,
    emptyBlockIntervalMs: 5000,
    onAnswering: () => answered.push(clock.ms),
    onLook: (seen) => looks.push(seen),
    onPeers: (peerIds) => peers.push(peerIds),
  });
  watches.push(watch);
  return { watch, clock, engine, answered, looks, peers, signerFaults };
}

test('votes are counted from the bit array that the engine prints', () => {
  expect(countVotes('BA{4:xx_x} 30/40 = 0.75')).toEqual({ votes: 3, validators: 4 });
  expect(countVotes('BA{7:_______} 0/70 = 0.00')).toEqual({ votes: 0, validators: 7 });
  expect(countVotes('nil')).toEqual({ votes: 0, validators: 0 });
  expect([1, 3, 4, 7, 10].map(votesNeeded)).toEqual([1, 3, 3, 5, 7]);
});

test('work that waits makes a network halted after the limit, idleness only beyond its interval', () => {
  const { watch, clock } = aWatch();
  watch.begin();
  clock.ms = HALTED_AFTER_MS + 4000;
  expect(watch.isHalted()).toBe(false);
  watch.workWaits();
  clock.ms += HALTED_AFTER_MS;
  expect(watch.isHalted()).toBe(true);
  watch.committed(0);
  expect(watch.isHalted()).toBe(false);
  clock.ms += HALTED_AFTER_MS + 5001;
  expect(watch.isHalted()).toBe(true);
});

test('no block is due before the engine has come, however long its grant was waited for', () => {
  const { watch, clock } = aWatch();
  watch.workWaits();
  clock.ms = 100_000;
  expect([watch.hasBegun, watch.isHalted()]).toEqual([false, false]);
  watch.begin();
  clock.ms += HALTED_AFTER_MS;
  expect([watch.hasBegun, watch.isHalted()]).toEqual([true, false]);
  watch.begin();
  clock.ms += 1;
  expect(watch.isHalted()).toBe(true);
});

test('a halt says how many votes there are and how many are needed, from the newest round alone', async () => {
  const { watch, engine } = aWatch();
  expect(watch.votesSeen()).toBe('no votes');
  engine.prevotes = ['BA{4:xxxx} 40/40 = 1.00', 'BA{4:x___} 10/40 = 0.25', 'BA{4:xx__} 20/40 = 0.50', 'BA{4:____} 0/40 = 0.00'];
  await watch.look();
  expect(watch.votesSeen()).toBe('votes from 2 of 4 validators, 3 needed');
  expect(halted(watch.votesSeen())).toMatchObject({
    code: 'HALTED',
    then: 'retry',
    facts: { reason: 'votes from 2 of 4 validators, 3 needed' },
  });
});

test('a halt between the two votes of a round counts the second ones', async () => {
  const { watch, engine } = aWatch();
  engine.prevotes = ['BA{4:xxx_} 30/40 = 0.75'];
  engine.precommits = ['BA{4:xx__} 20/40 = 0.50'];
  await watch.look();
  expect(watch.votesSeen()).toBe('votes from 2 of 4 validators, 3 needed');
});

test('a round that ended in disagreement does not lend its votes to the one that is waited for', async () => {
  const { watch, engine } = aWatch();
  engine.prevotes = ['BA{4:xxx_} 30/40 = 0.75', 'BA{4:xx__} 20/40 = 0.50'];
  engine.precommits = ['BA{4:xxx_} 30/40 = 0.75', 'BA{4:____} 0/40 = 0.00'];
  await watch.look();
  expect(watch.votesSeen()).toBe('votes from 2 of 4 validators, 3 needed');
});

test('an engine that falls silent is seen, and its coming back is told', async () => {
  const { watch, engine, answered, peers } = aWatch();
  await watch.look();
  expect(peers).toEqual([['ab']]);
  engine.isSilent = true;
  await watch.look();
  expect(watch.isAnswering).toBe(false);
  expect(watch.seen).toMatchObject({ version: '0.38.26', peerCount: 0, isCatchingUp: true });
  engine.isSilent = false;
  await watch.look();
  expect(watch.isAnswering).toBe(true);
  expect(answered).toHaveLength(2);
});

test('an engine that stays at its height is compared with its peers; one that moved or is silent is not', async () => {
  const { watch, engine, looks } = aWatch();
  await watch.look();
  await watch.look();
  engine.isSilent = true;
  await watch.look();
  const sight = { height: 4, round: 2, step: 6, ownMove: undefined, isCatchingUp: false, validatorCount: 4 };
  expect(looks).toEqual([{ ...sight, peerHeights: [] }, { ...sight, peerHeights: [6, 5] }, undefined]);
});

test('a vote of its own is expected of an engine whose key is there', async () => {
  const { watch, engine, looks } = aWatch();
  engine.prevotes = ['', '', 'BA{4:xx__} 20/40 = 0.50'];
  await watch.look();
  engine.isSignerSilent = true;
  await watch.look();
  expect(looks.map((seen) => seen?.ownMove)).toEqual([{ undone: 'its own vote is missing', afterMs: 0 }, undefined]);
});

test('a signer that dialled anew and has not shown its key is told once it is found out', async () => {
  const { watch, engine, signerFaults } = aWatch();
  await watch.look();
  expect(signerFaults).toEqual([]);
  engine.isSignerProven = false;
  await watch.look();
  expect(signerFaults).toMatchObject([{ code: 'SIGNER_UNPROVEN' }]);
});
