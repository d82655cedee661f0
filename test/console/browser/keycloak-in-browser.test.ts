import { randomBytes } from 'node:crypto';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startOperator } from '../../../operator/src/host/testing/city-fixture.ts';
import { installIdentity } from '../../../operator/src/host/testing/install-identity.ts';
import { resourceOf } from '../../../tools/start/manifests.ts';
import { freshName } from '../contract/contract-city.ts';
import { createKeycloakProfile } from '../contract/keycloak-profile.ts';
import { describeWithKeycloak, sharedKeycloak } from '../keycloak/shared-keycloak.ts';
import { takeAgencyIn } from './agency-journeys.ts';
import { brokenPolicies, launchChromium, openWindow, PAGE_TIMEOUT_MS } from './chromium.ts';
import { openAs } from './console-city.ts';
import { type KeycloakConsole, startKeycloakConsole } from './keycloak-console.ts';
import { walkKeycloak } from './keycloak-pages.ts';
import { allowOrigin, createNewAdmin } from './keycloak-people.ts';
import { settle } from './look-at-page.ts';
import { foundNetwork, makeOwnKey, nameApprover } from './network-journeys.ts';
import type { Person } from './people.ts';
import { loseSession, narrowFaults, workByKeyboard } from './working-journeys.ts';

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
    'an agency is taken in with the wizard, and its owner accepts Keycloak’s invitation and signs in',
    async () => {
      const keycloak = sharedKeycloak();
      const mail = await createKeycloakProfile(keycloak);
      const stopping = new AbortController();
      await installIdentity(console.admin, keycloak.url, keycloak.operatorSecret);
      const operator = await startOperator(console.admin, stopping.signal);
      try {
        const name = freshName('hospital');
        const owner = { username: freshName('hua'), email: `owner@${name}.example`, password: 'seven quiet river stones' };
        await takeAgencyIn(page, console, { person, name, ownerEmail: owner.email });
        const [link = ''] = await mail.invitationLinks(owner.email);
        await mail.accept(link, owner);
        const owners = await (await openWindow(browser, { locale: 'en' })).newPage();
        await openAs(owners, console, owner, '/agencies');
        await owners.getByRole('link', { name: 'Ninth Hospital' }).click();
        await owners.getByRole('heading', { level: 1, name: 'Ninth Hospital' }).waitFor();
        await owners.context().close();
      } finally {
        stopping.abort();
        await operator.stop();
        await mail.stop();
      }
    },
    JOURNEY_MS,
  );

  test(
    'a key that was made in the browser is named for an agency, and a network is founded through the wizard',
    async () => {
      const [agency, network] = ['hospital-1', 'courts-2'];
      await nameApprover(page, console, { person, agency, name: 'chief-clerk', publicKey: await makeOwnKey(page, console, person) });
      await foundNetwork(page, console, { network, chainId: 'jincheng-courts-2', domain: 'Courts', agency, taken: 'health' });
      const made = resourceOf('LedgerNetwork');
      expect(await console.admin.find(made, { namespace: 'jincheng', name: network })).toBeDefined();
    },
    JOURNEY_MS,
  );

  test('a person works with the keyboard alone', () => workByKeyboard(page, console), JOURNEY_MS);

  test('a session that ends during work loses nothing', () => loseSession(browser, console, person), JOURNEY_MS);

  test(
    'pages fit 320 px and 200 % zoom',
    async () => {
      const faults: string[] = [];
      for (const path of ['/', '/networks/new', '/agencies/hospital-1', '/key']) {
        await page.goto(`${console.url}${path}`);
        await settle(page);
        faults.push(...(await narrowFaults(page, path)));
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
      expect(new URL(page.url()).origin).not.toBe(console.url);
    },
    JOURNEY_MS,
  );
});
