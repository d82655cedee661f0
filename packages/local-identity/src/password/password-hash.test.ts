import { describe, expect, jest, test } from '@jest/globals';
import { HASHES_WAITING_MAX } from '../limits.ts';
import { createPasswordHasher, HashQueueFull, ONE_TIME_COST, passwordFaultOf, SCRYPT_COST } from './password-hash.ts';

jest.setTimeout(60_000);

const CHEAP = { n: 16, r: 1, parallelization: 1 };

describe('passwords', () => {
  test('match their hash, in whatever form of Unicode they are typed, and no other', async () => {
    const hasher = createPasswordHasher(CHEAP);
    const hash = await hasher.hash('caf\u00e9 au lait, twice');
    expect(hash).toMatchObject({ scheme: 'scrypt', n: 16 });
    expect(await hasher.matches('cafe\u0301 au lait, twice', hash)).toBe(true);
    expect(await hasher.matches('cafe au lait, twice', hash)).toBe(false);
    expect(await hasher.matches('', undefined)).toBe(false);
  });

  test('keep the cost they were hashed with when the cost changes', async () => {
    const hash = await createPasswordHasher(CHEAP).hash('seven green kettles');
    expect(await createPasswordHasher({ ...CHEAP, n: 32 }).matches('seven green kettles', hash)).toBe(true);
  });

  test('for the first sign-in cost little to make and as much as any other to try', async () => {
    const hasher = createPasswordHasher();
    const once = await hasher.hashOneTime('one-time-password-1');
    expect(once).toMatchObject(ONE_TIME_COST);
    expect(await hasher.matches('one-time-password-1', once)).toBe(true);
    expect(await hasher.matches('one-time-password-2', once)).toBe(false);
    const forGood = await hasher.hash('seven green kettles');
    expect(forGood).toMatchObject(SCRYPT_COST);
    expect(await hasher.matches('seven green kettles', forGood)).toBe(true);
  });

  test('one that goes on after the right one is another one', async () => {
    const hasher = createPasswordHasher(CHEAP);
    const long = 'x1'.repeat(128);
    expect(await hasher.matches(`${long}y`, await hasher.hash(long))).toBe(false);
  });

  test('beyond those that may wait are turned away at once', async () => {
    const hasher = createPasswordHasher(CHEAP);
    const waiting = Array.from({ length: HASHES_WAITING_MAX }, () => hasher.hash('seven green kettles'));
    await expect(hasher.matches('seven', undefined)).rejects.toThrow(HashQueueFull);
    await Promise.all(waiting);
    expect(await hasher.matches('seven', undefined)).toBe(false);
  });

  test.each([
    ['short-short', 'password-short'],
    ['a'.repeat(257), 'password-long'],
    ['the Li.Na password', 'password-is-name'],
    ['abababababab', 'password-simple'],
    ['eleven blue lanterns', undefined],
    ['十二个汉字也可以当作密码', undefined],
  ])('%s: %s', (password, fault) => {
    expect(passwordFaultOf(password, ['li.na', ''])).toBe(fault);
  });
});
