import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { type RunningCity, startCity } from '../../e2e/running-city.ts';
import type { Person } from './people.ts';
import { walkSignIn } from './sign-in-pages.ts';
import type { Stage } from './stage.ts';

const READY_MS = 400_000;

/** A city with its console, as `npm start` makes it. */
export interface ConsoleCity extends Stage {
  readonly home: string;
  /** Somebody of samples/users.yaml; the same object each time, so that a password once changed stays known. */
  person(username: string): Person;
  stop(): Promise<void>;
}

export async function startConsoleCity(port: number): Promise<ConsoleCity> {
  const home = mkdtempSync(join(tmpdir(), 'civitas-console-'));
  const city: RunningCity = await startCity(home, { arguments: ['--port', String(port)], readyWithinMs: READY_MS });
  const { console: url } = JSON.parse(readFileSync(join(home, 'ready.json'), 'utf8')) as { readonly console: string };
  const people = new Map<string, Person>();
  return {
    url,
    home,
    walkSignIn,
    person(username) {
      const known = people.get(username) ?? { username, password: oneTimePassword(home, username) };
      people.set(username, known);
      return known;
    },
    async stop() {
      await city.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function oneTimePassword(home: string, username: string): string {
  const lines = readFileSync(join(home, 'console-users.txt'), 'utf8').split('\n');
  const found = lines.map((line) => line.split('\t')).find(([name]) => name === username)?.[1];
  if (found === undefined) throw new Error(`nobody called ${username} in console-users.txt`);
  return found;
}

/** Opens a page of the console and signs in where that is asked for. */
export async function openAs(page: Page, city: Stage, person: Person, path = '/'): Promise<void> {
  await page.goto(`${city.url}${path}`);
  const signIn = page.getByRole('button', { name: /^(Sign in|登录)$/ });
  const shell = page.getByRole('navigation', { name: /^(Pages|页面导航)$/ });
  await signIn.or(shell).first().waitFor();
  if ((await signIn.count()) === 0) return;
  await signIn.click();
  await city.walkSignIn(page, person);
}

interface Mail {
  readonly to: string;
  readonly link: string;
}

/** Links of the invitations that are out to an address, as the local identity keeps them instead of sending mail. */
export async function invitationLinks(url: string, clientSecret: string, email: string): Promise<readonly string[]> {
  const credentials = Buffer.from(`civitas-console:${clientSecret}`).toString('base64');
  const asked = await fetch(`${url}/realms/city/protocol/openid-connect/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token: token } = (await asked.json()) as { readonly access_token: string };
  const answer = await fetch(`${url}/local-identity/mailbox`, { headers: { authorization: `Bearer ${token}` } });
  return ((await answer.json()) as readonly Mail[]).filter(({ to }) => to === email).map(({ link }) => link);
}
