import { randomBytes } from 'node:crypto';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { resourceOf } from '../../../tools/start/manifests.ts';
import { describeWithKeycloak, sharedKeycloak } from '../keycloak/shared-keycloak.ts';
import { brokenPolicies, launchChromium, openWindow, PAGE_TIMEOUT_MS } from './chromium.ts';
import { type KeycloakConsole, startKeycloakConsole } from './keycloak-console.ts';
import { walkKeycloak } from './keycloak-pages.ts';
import { allowOrigin, createNewAdmin } from './keycloak-people.ts';
import type { Person } from './people.ts';

const START_MS = 300_000;
const JOURNEY_MS = 240_000;

describeWithKeycloak('the console of a city with a Keycloak, in a browser', () => {
  let console: KeycloakConsole;
  let browser: Browser;
  let page: Page;
  let person: Person;
  let forbidOrigin: () => Promise<void> = async () => {};

  beforeAll(async () => {
    const keycloak = sharedKeycloak();
    console = await startKeycloakConsole(keycloak);
    browser = await launchChromium();
    forbidOrigin = await allowOrigin(keycloak, console.url);
    person = await createNewAdmin(keycloak, `gao-${randomBytes(4).toString('hex')}`);
    page = await (await openWindow(browser, { locale: 'en' })).newPage();
  }, START_MS);

  afterAll(async () => {
    await browser?.close();
    await forbidOrigin();
    await console?.stop();
  }, PAGE_TIMEOUT_MS);

  test(
    'somebody signs in at Keycloak for the first time, chooses a password there, and lands on the page that was asked for',
    async () => {
      await page.goto(`${console.url}/networks`);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.waitForURL((url) => url.origin !== console.url);
      await walkKeycloak(page, console.url, person);
      await page.getByRole('grid', { name: 'Networks' }).getByRole('link', { name: 'housing' }).waitFor();
      await page.reload();
      await page.getByRole('grid', { name: 'Networks' }).getByRole('link', { name: 'housing' }).waitFor();
      expect(await brokenPolicies(page)).toEqual([]);
    },
    JOURNEY_MS,
  );

  test(
    'what is hard to take back takes Keycloak’s second factor, and is then done',
    async () => {
      const agencies = resourceOf('Agency');
      await page.goto(`${console.url}/agencies/bank-1`);
      await page.getByRole('button', { name: 'Remove the agency' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove the agency' }).click();
      await page.waitForURL((url) => url.origin !== console.url);
      expect(await console.admin.find(agencies, { name: 'bank-1' })).toBeDefined();
      await walkKeycloak(page, console.url, person);
      const isGone = async (): Promise<boolean> => (await console.admin.find(agencies, { name: 'bank-1' })) === undefined;
      await waitFor('the agency to be gone', isGone, PAGE_TIMEOUT_MS);
      await page.getByRole('grid', { name: 'Agencies' }).getByRole('link', { name: 'Agency hospital-1' }).waitFor();
    },
    JOURNEY_MS,
  );

  test(
    'signing out ends the session at Keycloak too',
    async () => {
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.locator('input[name="username"]').waitFor();
      expect(new URL(page.url()).origin).not.toBe(console.url);
    },
    JOURNEY_MS,
  );
});
