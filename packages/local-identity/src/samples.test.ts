import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { parseSeed } from './store/seed.ts';

interface SampleUser {
  readonly organizations?: Readonly<Record<string, readonly string[]>>;
}

const readSample = (name: string): string => readFileSync(new URL(`../../../samples/${name}`, import.meta.url), 'utf8');

test('the sample users hold no passwords, are first users once each has one, and belong to agencies of the sample city', () => {
  const { users } = parse(readSample('users.yaml')) as { users: readonly SampleUser[] };
  expect(users.every((user) => !('password' in user))).toBe(true);
  const withPasswords = users.map((user) => ({ ...user, password: 'one-time-password' }));
  expect(parseSeed(JSON.stringify({ users: withPasswords }))).toHaveLength(users.length);
  const resources = parseAllDocuments(readSample('jincheng.yaml')).map(
    (document) => document.toJS() as { kind?: string; metadata?: { name: string } } | null,
  );
  const agencies = resources.filter((resource) => resource?.kind === 'Agency').map((resource) => resource?.metadata?.name);
  const named = users.flatMap(({ organizations = {} }) => Object.keys(organizations));
  expect(named.filter((alias) => !agencies.includes(alias))).toEqual([]);
});
