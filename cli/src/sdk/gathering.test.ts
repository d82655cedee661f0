import { expect, test } from '@jest/globals';
import { Gathering } from './gathering.ts';
import { GATHER_MS_MAX, GATHER_MS_MIN } from './limits.ts';

const SENDING = { unanswered: 1, waiting: 1, room: 100 };

function answeredWithin(tookMs: number, times = 100): Gathering {
  const gathering = new Gathering();
  for (let time = 0; time < times; time++) gathering.answered(tookMs);
  return gathering;
}

test('who waits for nothing leaves at once, however slow answers are', () => {
  expect(answeredWithin(10_000).waitMs({ ...SENDING, unanswered: 0 })).toBe(GATHER_MS_MIN);
});

test('no more company can come than there is room for', () => {
  const gathering = answeredWithin(10_000);
  expect(gathering.waitMs({ ...SENDING, waiting: 99 })).toBe(GATHER_MS_MAX);
  expect(gathering.waitMs({ ...SENDING, waiting: 100 })).toBe(GATHER_MS_MIN);
});

test('nothing is known of a new stream: what comes together leaves together', () => {
  expect(new Gathering().waitMs(SENDING)).toBe(GATHER_MS_MIN);
});

test('who sends on waits an eighth of what answers take, within bounds', () => {
  expect(answeredWithin(4).waitMs(SENDING)).toBe(GATHER_MS_MIN);
  expect(answeredWithin(80).waitMs(SENDING)).toBe(10);
  expect(answeredWithin(10_000).waitMs({ ...SENDING, unanswered: 500 })).toBe(GATHER_MS_MAX);
});

test('one slow answer changes little, many do', () => {
  const gathering = answeredWithin(40);
  gathering.answered(120);
  expect(gathering.waitMs(SENDING)).toBe(6);
  for (let time = 0; time < 100; time++) gathering.answered(120);
  expect(gathering.waitMs(SENDING)).toBe(15);
});
