import { chmodSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@civitas/testkit/temporary-folder';
import { expect, test } from '@jest/globals';
import { withoutLocalPeople } from './console.ts';
import { type IdentityChoice, identityChoice } from './identity-choice.ts';
import { readManifests } from './manifests.ts';
import { parseOptions } from './options.ts';
import { StartRefused } from './start-refused.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const FRESH = { sampleAppliedAt: null };
const BORN = { sampleAppliedAt: '2026-01-01T00:00:00Z' };
const RIGHT = { url: 'https://login.example/auth', realm: 'city', operatorSecret: 'o'.repeat(32), consoleSecret: 'c'.repeat(32) };
const CHOICE: IdentityChoice = { profile: 'keycloak', url: RIGHT.url, realm: RIGHT.realm };

function aFile(content: object | string, mode = 0o600): string {
  const path = join(temporaryFolder('keycloak'), 'keycloak.yaml');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  chmodSync(path, mode);
  return path;
}

function refusalOf(work: () => unknown): { readonly code: string; readonly message: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof StartRefused) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: 'none', message: '' };
}

test('a city has people of its own unless it is told of a Keycloak', () => {
  expect(identityChoice(parseOptions([]).keycloak, FRESH)).toEqual({ choice: { profile: 'local' } });
  const path = aFile('url: https://login.example/auth\nrealm: city\noperatorSecret: aaaa\nconsoleSecret: bbbb\n');
  const secrets = { operator: 'aaaa', console: 'bbbb' };
  expect(identityChoice(parseOptions(['--keycloak', path]).keycloak, FRESH)).toEqual({ choice: CHOICE, secrets });
});

test('a later start goes on with the people of the first, and with secrets that it is given anew', () => {
  expect(identityChoice(undefined, BORN)).toEqual({ choice: { profile: 'local' } });
  expect(identityChoice(undefined, { ...BORN, identity: CHOICE })).toEqual({ choice: CHOICE });
  const moved = identityChoice(aFile({ ...RIGHT, consoleUrl: 'https://console.example' }), { ...BORN, identity: CHOICE });
  expect(moved).toEqual({
    choice: { ...CHOICE, consoleUrl: 'https://console.example' },
    secrets: { operator: RIGHT.operatorSecret, console: RIGHT.consoleSecret },
  });
});

test('a first start that ended before anything was applied binds nobody', () => {
  expect(identityChoice(undefined, { ...FRESH, identity: CHOICE })).toEqual({ choice: { profile: 'local' } });
});

test.each<readonly [string, IdentityChoice]>([
  ['its own', { profile: 'local' }],
  ['another realm', { ...CHOICE, realm: 'village' }],
  ['another Keycloak', { ...CHOICE, url: 'https://login.elsewhere.example' }],
])('a city that was born with people of %s is refused with IDENTITY_CHOSEN', (_whose, identity) => {
  const refused = refusalOf(() => identityChoice(aFile(RIGHT), { ...BORN, identity }));
  expect(refused.code).toBe('IDENTITY_CHOSEN');
  expect(refused.message).toContain('https://login.example/auth/realms/city');
});

test.each<readonly [string, object | string]>([
  ['url', { ...RIGHT, url: 'http://login.example' }],
  ['url', { ...RIGHT, url: 'https://login.example/' }],
  ['url', { ...RIGHT, url: 'https://me:word@login.example' }],
  ['url', { ...RIGHT, url: 'https://login.example?realm=city' }],
  ['url', { ...RIGHT, url: 7 }],
  ['realm', { ...RIGHT, realm: '../master' }],
  ['operatorSecret', { ...RIGHT, operatorSecret: '' }],
  ['consoleSecret', { ...RIGHT, consoleSecret: 'two words' }],
  ['consoleUrl', { ...RIGHT, consoleUrl: 'https://console.example/console' }],
  ['consoleUrl', { ...RIGHT, consoleUrl: 'http://console.example' }],
  ["'password'", { ...RIGHT, password: 'of somebody' }],
  ['fields are expected', ''],
  ['fields are expected', 'https://login.example'],
])('a file with a wrong %s is refused with BAD_ARGUMENT: %j', (what, content) => {
  const refused = refusalOf(() => identityChoice(aFile(content), FRESH));
  expect(refused.code).toBe('BAD_ARGUMENT');
  expect(refused.message).toContain(what);
  expect(refused.message).not.toMatch(/o{32}|c{32}/);
});

test('a file that others may read, or that is not there, is refused with BAD_ARGUMENT', () => {
  expect(refusalOf(() => identityChoice(aFile(RIGHT, 0o640), FRESH))).toMatchObject({
    code: 'BAD_ARGUMENT',
    message: expect.stringContaining('chmod 600'),
  });
  expect(refusalOf(() => identityChoice('/nowhere/keycloak.yaml', FRESH)).code).toBe('BAD_ARGUMENT');
});

test('a Keycloak on this machine may be reached without TLS', () => {
  const urls = ['http://127.0.0.1:8081', 'http://localhost:8081', 'http://[::1]:8081'];
  expect(urls.map((url) => refusalOf(() => identityChoice(aFile({ ...RIGHT, url }), FRESH)).code)).toEqual(['none', 'none', 'none']);
});

test('with a Keycloak the console’s pod gets neither the operator’s secret nor users of its own', () => {
  const manifests = readManifests(ROOT, 'charts/civitas/laptop/console.yaml');
  const podOf = (choice: IdentityChoice): string =>
    JSON.stringify(withoutLocalPeople(manifests, choice).find(({ kind }) => kind === 'Pod')?.spec);
  expect(podOf({ profile: 'local' })).toMatch(/secret-of-operator.*identity-client-operator.*civitas-console-users/);
  expect(podOf(CHOICE)).not.toMatch(/operator|users/);
  expect(podOf(CHOICE)).toMatch(/secret-of-console.*identity-client-console.*civitas-console-data/);
});
