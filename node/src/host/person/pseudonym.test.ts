import { expect, test } from '@jest/globals';
import { pseudonymOf } from './pseudonym.ts';

const secret = new Uint8Array(32).fill(7);
const person = { issuer: 'https://id.city.test/realms/city', sub: '7f3c' };

test('a pseudonym stays with the person, and changes with the secret, the issuer and the subject', () => {
  const name = pseudonymOf(secret, person);

  expect(pseudonymOf(secret, { ...person })).toBe(name);
  const others = [
    pseudonymOf(new Uint8Array(32), person),
    pseudonymOf(secret, { ...person, sub: '7f3d' }),
    pseudonymOf(secret, { issuer: `${person.issuer}7`, sub: person.sub.slice(1) }),
    pseudonymOf(secret, { ...person, issuer: 'https://id.city.test/realms/other' }),
  ];
  expect(new Set([name, ...others]).size).toBe(5);
});

test('a pseudonym is an actor that every ledger takes', () => {
  expect(pseudonymOf(secret, person)).toMatch(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}$/);
});
