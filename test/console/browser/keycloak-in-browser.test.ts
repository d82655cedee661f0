import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { describeWithKeycloak, sharedKeycloak } from '../keycloak/shared-keycloak.ts';
import { brokenPolicies, launchChromium, openWindow, PAGE_TIMEOUT_MS } from './chromium.ts';
import type { ConsoleCity } from './console-city.ts';
import { startKeycloakCity } from './keycloak-city.ts';
import { narrowFaults, settle } from './look-at-page.ts';
import { JOURNEY_MS, playJourneys } from './whole-city-journeys.ts';

const PORT = 17_644;
const CITY_MS = 600_000;

describeWithKeycloak('the console of a city with a Keycloak, in a browser', () => {
  let city: ConsoleCity;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    [city, browser] = await Promise.all([startKeycloakCity(PORT, sharedKeycloak()), launchChromium()]);
    page = await (await openWindow(browser, { locale: 'en' })).newPage();
  }, CITY_MS);

  afterAll(async () => {
    await browser?.close();
    await city?.stop();
  }, PAGE_TIMEOUT_MS);

  playJourneys(() => ({ city, browser, page, keepPicture: async () => {} }));

  test(
    'pages keep to their policy beside another origin, and fit 320 px and 200 % zoom',
    async () => {
      const faults: string[] = [];
      for (const path of ['/', '/networks/new', '/agencies/hospital-1', '/key']) {
        await page.goto(`${city.url}${path}`);
        await settle(page);
        const found = [...(await brokenPolicies(page)), ...(await narrowFaults(page))];
        faults.push(...found.map((fault) => `${path}: ${fault}`));
      }
      expect(faults).toEqual([]);
    },
    JOURNEY_MS,
  );

  test(
    'signing out ends the session at Keycloak too',
    async () => {
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.locator('input[name="username"]').waitFor();
      expect(new URL(page.url()).origin).not.toBe(city.url);
    },
    JOURNEY_MS,
  );
});
