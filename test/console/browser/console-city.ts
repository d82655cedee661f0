import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { readReady, startCity } from '../../e2e/running-city.ts';
import type { Person } from './people.ts';
import type { Stage } from './stage.ts';

const READY_MS = 400_000;

/** A city with its console, as `npm start` makes it, and the people of samples/users.yaml at its identity provider. */
export interface ConsoleCity extends Stage {
  readonly home: string;
  /** Somebody of samples/users.yaml; the same object each time, so that a password once changed stays known. */
  person(username: string): Person;
  /** Takes the invitation that went to an address as somebody new, who then can sign in. */
  join(page: Page, email: string, person: Person): Promise<void>;
  stop(): Promise<void>;
}

/** @param argumentsIn What else `npm start` is told, once the home is there. */
export async function startOwnCity(
  port: number,
  argumentsIn: (home: string) => readonly string[] = () => [],
): Promise<Pick<ConsoleCity, 'url' | 'home' | 'stop'>> {
  const home = mkdtempSync(join(tmpdir(), 'civitas-console-'));
  const city = await startCity(home, { arguments: ['--port', String(port), ...argumentsIn(home)], readyWithinMs: READY_MS });
  return {
    url: readReady(home).console,
    home,
    async stop() {
      await city.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
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
