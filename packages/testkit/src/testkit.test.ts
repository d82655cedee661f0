import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeCrypto } from '@civitas/canon/node';
import { expect, test } from '@jest/globals';
import { aKeyPair, expectGolden, fakeClock, seededRandom, waitFor } from './index.ts';

test('one seed gives one sequence', () => {
  const draw = () =>
    Array.from(
      { length: 4 },
      (
        (random) => () =>
          random.nextUint64()
      )(seededRandom(1)),
    );

  expect(draw()).toEqual([10451216379200822465n, 13757245211066428519n, 17911839290282890590n, 8196980753821780235n]);
  expect(draw()).toEqual(draw());
});

test('a shuffle keeps every item', () => {
  const items = Array.from({ length: 50 }, (_, i) => i);

  expect(
    seededRandom(7)
      .shuffle(items)
      .sort((a, b) => a - b),
  ).toEqual(items);
});

test('a fraction lies in [0, 1) and reaches into every tenth of it', () => {
  const random = seededRandom(3);
  const fractions = Array.from({ length: 500 }, () => random.nextFraction());

  expect(fractions.every((fraction) => fraction >= 0 && fraction < 1)).toBe(true);
  expect(new Set(fractions.map((fraction) => Math.floor(fraction * 10))).size).toBe(10);
});

test('timers fire in order of time while the clock moves, and a cancelled one never does', () => {
  const clock = fakeClock(1000);
  const fired: string[] = [];
  clock.setTimer(() => fired.push(`late ${clock.nowUnixMs()}`), 30);
  clock.setTimer(() => fired.push(`early ${clock.nowUnixMs()}`), 10);
  clock.setTimer(() => fired.push('never'), 20)();
  clock.advance(30);

  expect(fired).toEqual(['early 1010', 'late 1030']);
  expect(clock.pendingTimerCount()).toBe(0);
});

test('a timer set by a timer fires in the same advance when it is due', async () => {
  const clock = fakeClock();
  let count = 0;
  const again = (): void => {
    count += 1;
    if (count < 5) clock.setTimer(again, 10);
  };
  clock.setTimer(again, 10);
  await clock.advanceAsync(50);

  expect(count).toBe(5);
});

test('a named key pair signs, and is the same in every run', () => {
  const pair = aKeyPair('hospital-1');
  const message = Uint8Array.of(1, 2, 3);

  expect(nodeCrypto.verifyEd25519(message, pair.sign(message), pair.publicKey)).toBe(true);
  expect(aKeyPair('hospital-1').keyId).toBe(pair.keyId);
});

test('a golden file that differs is reported by line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'golden-'));
  const file = pathToFileURL(join(folder, 'a.txt'));
  try {
    writeFileSync(file, 'one\ntwo\n');
    expectGolden(file, 'one\ntwo\n');
    expect(() => expectGolden(file, 'one\nthree\n')).toThrow(/a\.txt:2\n\s+expected two\n\s+got\s+three/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('waiting in vain says for what', async () => {
  await expect(waitFor('height 7', () => undefined, 30)).rejects.toThrow('no height 7 within 30 ms');
});
