import { describe, expect, test } from '@jest/globals';
import { ADDRESS_FAILURES_FREE, COUNTED_MAX, PERSON_FAILURES_FREE } from '../limits.ts';
import { createFailureCounter } from './failure-counter.ts';

function counterAt() {
  const clock = { ms: 1_000_000 };
  return { clock, counter: createFailureCounter(() => clock.ms) };
}

describe('failures', () => {
  test('pause a person after the free ones, twice as long each time, up to a bound', () => {
    const { clock, counter } = counterAt();
    for (let index = 0; index < PERSON_FAILURES_FREE; index += 1) {
      expect(counter.waitMs('li.na', 'a')).toBe(0);
      counter.begin('li.na', 'a');
    }
    const pauses = [];
    for (let index = 0; index < 8; index += 1) {
      pauses.push(counter.waitMs('Li.Na ', 'b') / 1000);
      clock.ms += counter.waitMs('li.na', 'b');
      expect(counter.waitMs('li.na', 'b')).toBe(0);
      counter.begin('li.na', 'b');
    }
    expect(pauses).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
    expect(counter.waitMs('wang', 'b')).toBe(0);
  });

  test('are forgotten with the right password, and after an hour', () => {
    const { clock, counter } = counterAt();
    for (let index = 0; index < 6; index += 1) counter.begin('li.na', 'a');
    counter.succeeded('li.na', 'a');
    expect(counter.waitMs('li.na', 'a')).toBe(0);
    for (let index = 0; index < 12; index += 1) counter.begin('li.na', 'a');
    clock.ms += 60 * 60_000;
    counter.begin('li.na', 'a');
    expect(counter.waitMs('li.na', 'a')).toBe(0);
  });

  test('of an address count over many people, and one who signs in there takes only their own away', () => {
    const { counter } = counterAt();
    for (let index = 0; index < ADDRESS_FAILURES_FREE; index += 1) counter.begin(`person-${index}`, 'a');
    expect(counter.waitMs('somebody', 'a')).toBe(30_000);
    expect(counter.waitMs('somebody', 'b')).toBe(0);
    counter.begin('somebody', 'a');
    counter.succeeded('somebody', 'a');
    expect(counter.waitMs('somebody', 'a')).toBe(30_000);
  });

  test('are counted for a bounded number of names', () => {
    const { counter } = counterAt();
    for (let index = 0; index < 6; index += 1) counter.begin('first', 'a');
    for (let index = 0; index < COUNTED_MAX; index += 1) counter.begin(`name-${index}`, `address-${index}`);
    expect(counter.waitMs('first', 'z')).toBe(0);
  });
});
