import { expect, test } from '@jest/globals';
import type { RoundVotes } from './engine-rpc.ts';
import { findOwnMove } from './own-move.ts';

const OWN = 'cd'.repeat(20);
const EMPTY_BLOCK_MS = 5_000;
const NO_VOTES = { prevotes: '', precommits: '', prevoters: [], precommitters: [] };

function at(step: number, more: Partial<RoundVotes> = {}): RoundVotes {
  return { height: 5, round: 0, step, hasBlock: false, proposer: '', rounds: [NO_VOTES], ...more };
}

const undone = (votes: RoundVotes, voter = OWN): string | undefined => findOwnMove(votes, voter, EMPTY_BLOCK_MS)?.undone;
const VOTED = { ...NO_VOTES, prevoters: ['ab'.repeat(6), 'cd'.repeat(6)], precommitters: ['cd'.repeat(6)] };

test('steps that a timer ends are its own to leave, later in later rounds', () => {
  expect([1, 2].map((step) => findOwnMove(at(step), OWN, EMPTY_BLOCK_MS))).toEqual([
    { undone: 'it begins no round', afterMs: EMPTY_BLOCK_MS },
    { undone: 'it begins no round', afterMs: EMPTY_BLOCK_MS },
  ]);
  for (const step of [3, 5]) expect(findOwnMove(at(step, { round: 60 }), '', EMPTY_BLOCK_MS)).toMatchObject({ afterMs: 30_000 });
});

test('its own vote of the round is its own to cast, and then it waits for the others', () => {
  for (const step of [4, 6]) {
    expect(undone(at(step))).toBe('its own vote is missing');
    expect(undone(at(step, { rounds: [VOTED] }))).toBeUndefined();
    expect(undone(at(step, { round: 1, rounds: [VOTED, NO_VOTES] }))).toBe('its own vote is missing');
  }
});

test('votes enough are its own to go on with, of everybody and whatever they are for', () => {
  const prevoted = { ...VOTED, prevotes: 'BA{4:xxx_} 30/40 = 0.75', precommits: 'BA{4:xx__} 20/30 = 0.67' };
  for (const voter of [OWN, '']) expect(undone(at(4, { rounds: [prevoted] }), voter)).toBe('it has votes enough and does not go on');
  // Two thirds are not more than two thirds.
  expect(undone(at(6, { rounds: [prevoted] }))).toBeUndefined();
  const precommitted = { ...VOTED, precommits: 'BA{4:xx_x} 21/31 = 0.68' };
  expect(findOwnMove(at(6, { round: 1, rounds: [VOTED, precommitted] }), OWN, EMPTY_BLOCK_MS)).toEqual({
    undone: 'it has votes enough and does not go on',
    afterMs: 500,
  });
});

test('no vote is expected of one that has none, nor of a round that it does not tell of', () => {
  expect([undone(at(4), ''), undone(at(6), ''), undone(at(4, { round: 3 }))]).toEqual([undefined, undefined, undefined]);
});

test('a decided block is its own to finish once it holds it', () => {
  expect([undone(at(8)), undone(at(8, { hasBlock: true }))]).toEqual([undefined, 'it does not finish the block that was decided']);
});

test('a step that is not known says nothing', () => {
  expect([0, 7, 9].map((step) => undone(at(step)))).toEqual([undefined, undefined, undefined]);
});
