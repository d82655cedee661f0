import { expect, test } from '@jest/globals';
import { aServingNode, withAnswer } from '../../core/testing/builders.ts';
import { VotingRecord } from './voting-record.ts';

const KEY = 'jincheng/city-0';
const SERVING = aServingNode('city-0');
const SILENT = { ...SERVING, answer: undefined };
const DOWN = withAnswer(SERVING, { signing: false, phase: 'AwaitingGrant' });

test('says since when a pod that voted cannot be told to, until it is seen to vote again', () => {
  const record = new VotingRecord();
  expect(record.look(KEY, SERVING, 1000)).toBeUndefined();
  expect([record.look(KEY, SILENT, 2000), record.look(KEY, SILENT, 3000)]).toEqual([2000, 2000]);
  expect(record.look(KEY, SERVING, 4000)).toBeUndefined();
  expect(record.look(KEY, SILENT, 5000)).toBe(5000);
});

test('says nothing of one that never voted, that is known not to vote, or that has another pod', () => {
  const record = new VotingRecord();
  expect(record.look(KEY, SILENT, 1000)).toBeUndefined();
  record.look(KEY, SERVING, 2000);
  expect([record.look(KEY, DOWN, 3000), record.look(KEY, SILENT, 4000)]).toEqual([undefined, undefined]);
  record.look(KEY, SERVING, 5000);
  const { pod } = aServingNode('city-0');
  const another = { ...SILENT, pod: pod && { ...pod, uid: 'another' } };
  expect([record.look(KEY, another, 6000), record.look(KEY, SILENT, 7000)]).toEqual([undefined, undefined]);
});
