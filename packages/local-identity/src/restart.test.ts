import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { makePkce } from './testing/browser.ts';
import { City, PASSWORD } from './testing/city.ts';

describe('a restart', () => {
  let city: City;
  beforeEach(async () => {
    city = await City.start();
  });
  afterEach(() => city.stop());

  const signedIn = async () => {
    const browser = city.browser();
    const { page, pkce } = await city.firstSignIn(browser, 'li.na', 'one-time-password-1');
    return { browser, pkce, tokens: await city.redeem(page, pkce) };
  };

  test('keeps people, sessions and refresh tokens, and reads the first users no more', async () => {
    const { browser, pkce, tokens } = await signedIn();
    await city.shut();
    await city.open({ readSeed: () => Promise.reject(new Error('not again')) });
    expect((await city.refresh(tokens.refresh_token)).status).toBe(200);
    expect((await browser.send(city.authorizeUrl(pkce, { prompt: 'none' }))).url.searchParams.has('code')).toBe(true);
    const again = city.browser();
    const page = await again.submit(await again.send(city.authorizeUrl(pkce)), { username: 'li.na', password: PASSWORD });
    expect(page.url.searchParams.has('code')).toBe(true);
  });

  test('remembers which refresh tokens were used', async () => {
    const { tokens } = await signedIn();
    await city.refresh(tokens.refresh_token);
    await city.shut();
    await city.open();
    expect((await city.refresh(tokens.refresh_token)).status).toBe(400);
  });

  test('keeps files and folder for their owner alone, and passwords as hashes', async () => {
    await signedIn();
    for (const name of ['users.json', 'keys.json', 'sessions.log']) {
      expect((await stat(join(city.folder, name))).mode & 0o777).toBe(0o600);
    }
    expect((await stat(city.folder)).mode & 0o777).toBe(0o700);
    const users = await readFile(join(city.folder, 'users.json'), 'utf8');
    expect(users).not.toContain(PASSWORD);
    expect(users).not.toContain('one-time-password');
  });

  test('a new key signs after thirty days, the old one is published a day longer', async () => {
    const { tokens } = await signedIn();
    const day = 24 * 3600 * 1000;
    await city.shut();
    await city.open({ nowUnixMs: () => Date.now() + 30 * day });
    const keys = city.identity?.jwks() ?? { keys: [] };
    expect(keys.keys).toHaveLength(2);
    expect(keys.keys.every((key) => !('d' in key))).toBe(true);
    await jwtVerify(tokens.access_token, createLocalJWKSet(keys));
    const served = (await (await fetch(city.realm('/protocol/openid-connect/certs'))).json()) as JSONWebKeySet;
    expect(new Set(served.keys.map(({ kid }) => kid))).toEqual(new Set(keys.keys.map(({ kid }) => kid)));
    expect(decodeProtectedHeader(await city.bearerOf('console')).kid).toBe(keys.keys[0]?.kid);
    await city.shut();
    await city.open({ nowUnixMs: () => Date.now() + 31 * day + 1000 });
    expect(city.identity?.jwks().keys).toHaveLength(1);
  });

  test('is not needed for a new key: sessions go on under it', async () => {
    const clock = { ms: Date.now() };
    await city.shut();
    await city.open({ nowUnixMs: () => clock.ms });
    const { browser, pkce, tokens } = await signedIn();
    await city.identity?.housekeep();
    expect(city.identity?.jwks().keys).toHaveLength(1);
    clock.ms += 30 * 24 * 3600 * 1000;
    await city.identity?.housekeep();
    expect(city.events).toContain('identity-key-rotated');
    expect(decodeProtectedHeader(await city.bearerOf('console')).kid).toBe(city.identity?.jwks().keys[0]?.kid);
    expect(decodeProtectedHeader(tokens.access_token).kid).toBe(city.identity?.jwks().keys[1]?.kid);
    const page = await browser.send(city.authorizeUrl(pkce));
    expect(page.text).toContain('name="username"');
  });

  test('is refused while another holds the folder: IDENTITY_FOLDER_TAKEN', async () => {
    await expect(city.open()).rejects.toMatchObject({ code: 'IDENTITY_FOLDER_TAKEN' });
  });

  test.each(['users.json', 'keys.json'])('is refused with a broken %s: IDENTITY_FILE_BROKEN, and it stays as it is', async (name) => {
    await city.shut();
    const path = join(city.folder, name);
    for (const content of ['{ "formatVersion": 1', '{ "formatVersion": 2 }', '']) {
      await writeFile(path, content);
      await expect(city.open()).rejects.toMatchObject({ code: 'IDENTITY_FILE_BROKEN' });
      expect(await readFile(path, 'utf8')).toBe(content);
    }
  });

  test('with a damaged journal ends sessions and says so', async () => {
    const { browser, pkce } = await signedIn();
    await city.shut();
    const path = join(city.folder, 'sessions.log');
    await writeFile(path, `0123456789abcdef {}\n${await readFile(path, 'utf8')}`);
    await city.open();
    expect(city.events).toContain('identity-sessions-broken');
    const none = await browser.send(city.authorizeUrl(makePkce(), { prompt: 'none' }));
    expect(none.url.searchParams.get('error')).toBe('login_required');
    expect(pkce).toBeDefined();
  });
});
