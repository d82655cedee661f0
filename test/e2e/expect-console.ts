import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { readReady } from './running-city.ts';

/** What a newcomer finds at the console's address before anybody has signed in. */
export async function expectConsole(home: string, output: string): Promise<void> {
  const { console: url } = readReady(home);
  expect(output).toContain(`Console: ${url}`);
  expect(output).toMatch(/as admin with the one-time password [\w-]{16};/);
  const config: unknown = await (await fetch(`${url}/api/v1/config`)).json();
  expect(config).toMatchObject({ city: { name: 'jincheng' }, identity: { profile: 'local', realm: 'city' } });
  expect((await fetch(`${url}/api/v1/networks`)).status).toBe(401);
  const pages = await fetch(`${url}/networks`);
  expect(pages.headers.get('content-security-policy')).toContain("script-src 'self'");
  expect(await pages.text()).toContain('<!doctype html>');
  const provider: unknown = await (await fetch(`${url}/realms/city/.well-known/openid-configuration`)).json();
  expect(provider).toMatchObject({ issuer: `${url}/realms/city` });
  expect(statSync(join(home, 'console-users.txt')).mode & 0o777).toBe(0o600);
}
