import { readFileSync } from 'node:fs';
import { connectCluster } from '@civitas/cli';
import { secrets } from '@civitas/kube';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { describeWith } from '../../describe-with.ts';
import { takeAgencyIn } from './agency-journeys.ts';
import { approveWithOwnKey, enrolOwnKey, proposeParty, seeEnrolled } from './approve-with-own-key.ts';
import {
  accountOf,
  disputeAccess,
  grantConsent,
  inWindow,
  makeFine,
  PLATE,
  payAtBank,
  submitFineCase,
  withdrawConsent,
} from './case-journeys.ts';
import { brokenPolicies, chromiumPath, launchChromium, openWindow, PAGE_TIMEOUT_MS } from './chromium.ts';
import { type ConsoleCity, invitationLinks, openAs, startConsoleCity } from './console-city.ts';
import { EVERY_PAGE } from './every-page.ts';
import { introduceMember, playIllness } from './illness-journey.ts';
import { accessFaults, strayEnglish } from './look-at-page.ts';
import {
  aPublicKey,
  certifyProgram,
  foundNetwork,
  havePersonsApprove,
  nameApprover,
  ownPublicKey,
  seeAvailable,
  seeOwnKeyOn,
} from './network-journeys.ts';
import type { Person } from './people.ts';
import { acceptInvitation } from './sign-in-pages.ts';
import { watchStoppedRelay } from './stopped-relay.ts';
import { loseSession, narrowFaults, workByKeyboard } from './working-journeys.ts';

const PORT = 17_643;
const CITY_MS = 450_000;
const JOURNEY_MS = 240_000;
/** A case of several people, and a packet to another ledger and back, on a busy machine. */
const CASE_MS = 600_000;
const PACKET_MS = 150_000;
/** Nodes that are made anew, the operator's looks at them, and what waited. */
const APPROVAL_MS = 600_000;
const GRID_MS = 600_000;
const needed = { found: chromiumPath, missing: 'there is no Chromium on this machine (package chromium)' };

describeWith(needed, 'the console in a browser', () => {
  let city: ConsoleCity;
  let browser: Browser;
  let admins: BrowserContext;
  let page: Page;
  /** Of the owner of the court, whose key is in this browser. */
  let approver: Page;

  beforeAll(async () => {
    [city, browser] = await Promise.all([startConsoleCity(PORT), launchChromium()]);
    admins = await openWindow(browser, { locale: 'en' });
    page = await admins.newPage();
  }, CITY_MS);

  afterAll(async () => {
    await browser?.close();
    await city?.stop();
  }, PAGE_TIMEOUT_MS);

  test(
    'the platform’s admin signs in the first time, chooses a password, and lands on the page that was asked for',
    async () => {
      await openAs(page, city, city.person('admin'), '/networks');
      await page.getByRole('heading', { level: 1, name: 'Networks' }).waitFor();
      const table = page.getByRole('grid', { name: 'Networks' });
      await table.getByRole('link', { name: 'transport' }).waitFor();
      expect(await table.getByRole('link').allTextContents()).toEqual(['city', 'courts', 'health', 'housing', 'transport']);
      expect(new URL(page.url()).pathname).toBe('/networks');
    },
    JOURNEY_MS,
  );

  test(
    'a reload stays signed in, and no token is in the browser’s storage',
    async () => {
      await page.reload();
      await page.getByRole('heading', { level: 1, name: 'Networks' }).waitFor();
      const kept = await page.evaluate<string>('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])');
      expect(kept).not.toMatch(/eyJ/);
    },
    JOURNEY_MS,
  );

  test(
    'a network shows its height live',
    async () => {
      await page.goto(`${city.url}/networks/health`);
      const height = page.locator('.civitas-figure').nth(1);
      await height.waitFor();
      const read = async (): Promise<number> => Number((await height.textContent())?.replaceAll(/\D/g, ''));
      await waitFor('a height', async () => (await read()) > 0, PAGE_TIMEOUT_MS);
      const before = await read();
      await waitFor('the next height', async () => (await read()) > before, PAGE_TIMEOUT_MS);
    },
    JOURNEY_MS,
  );

  test(
    'an agency is taken in with the wizard, and its owner accepts the invitation and signs in',
    async () => {
      const ownerEmail = 'owner@hospital-9.example';
      await takeAgencyIn(page, city, { person: city.person('admin'), name: 'hospital-9', ownerEmail });
      const owner: Person = { username: 'hua.yun', password: 'seven quiet river stones' };
      const ownersPage = await (await openWindow(browser, { locale: 'en' })).newPage();
      await acceptInvitation(ownersPage, await invitationLink(ownerEmail), owner);
      await openAs(ownersPage, city, owner, '/agencies');
      await ownersPage.getByRole('link', { name: 'Ninth Hospital' }).click();
      await ownersPage.getByRole('heading', { level: 1, name: 'Ninth Hospital' }).waitFor();
      await ownersPage.context().close();
    },
    JOURNEY_MS,
  );

  async function invitationLink(email: string): Promise<string> {
    const kube = connectCluster(city.home);
    const secret = await kube.get(secrets, { namespace: 'civitas-system', name: 'identity-client-console' });
    const clientSecret = Buffer.from(secret.data?.['clientSecret'] ?? '', 'base64').toString();
    return waitFor('the invitation', async () => (await invitationLinks(city.url, clientSecret, email))[0], PAGE_TIMEOUT_MS);
  }

  test(
    'an owner submits a case from the contract’s form, and follows it over two ledgers to its end',
    async () => {
      await inWindow(openWindow(browser, { locale: 'en' }), async (owner) => {
        const path = await submitFineCase(owner, city);
        await inWindow(openWindow(browser, { locale: 'en' }), async (second) => {
          await payAtBank(city, await makeFine(second, city, path));
        });
        await owner.getByText('The case is over').waitFor({ timeout: PACKET_MS });
        const receipt = owner.getByRole('region', { name: 'Fiscal receipt' });
        await receipt.getByText('Issued').first().waitFor();
        await receipt.getByText(/Checked here: proven at height/).waitFor();
        expect(await owner.textContent('body')).not.toContain(PLATE);
        expect(await accessFaults(owner)).toEqual([]);
        await saveScreenshot(owner, 'case.en', 'light');
        await owner.getByRole('link', { name: 'Cases' }).first().click();
        await owner.getByRole('link', { name: path.split('/').at(-1) ?? '' }).waitFor();
      });
    },
    CASE_MS,
  );

  test(
    'a citizen consents, people of three agencies take their case over three ledgers to its end, and the citizen sees who read what',
    async () => {
      await inWindow(openWindow(browser, { locale: 'en' }), async (citizen) => {
        const member = await introduceMember(city, await accountOf(citizen, city));
        await citizen.reload();
        expect(await playIllness(browser, city, member, await grantConsent(citizen, city))).not.toContain(member.identity);
        const accesses = citizen.getByRole('grid', { name: 'Who read what about me' });
        await accesses.getByText('Housing Fund Centre').waitFor();
        await accesses.getByText('To see whether you are entitled').waitFor();
        await withdrawConsent(citizen, city);
        await disputeAccess(citizen, city);
        expect(await accessFaults(citizen)).toEqual([]);
        await saveScreenshot(citizen, 'citizen-list.en', 'light');
      });
    },
    CASE_MS,
  );

  test(
    'the audit log names what was done, and its chain is checked in the browser',
    async () => {
      await page.goto(`${city.url}/audit`);
      await page.getByText(/Checked here: all \d+ entries hold together/).waitFor();
      const actions = await page.locator('td[data-label="Action"]').allTextContents();
      expect(actions).toEqual(expect.arrayContaining(['Take an agency in', 'Invite a person']));
    },
    JOURNEY_MS,
  );

  test(
    'an agency’s program is certified by the request that the platform uploads for it',
    () => certifyProgram(page, city, { person: city.person('admin'), agency: 'hospital-1' }),
    JOURNEY_MS,
  );

  test(
    'an owner makes a key in the browser, has it enrolled with a second factor, and approves an agency with it',
    async () => {
      const [person, owner] = [city.person('admin'), city.person('he.ping')];
      approver = await (await openWindow(browser, { locale: 'en' })).newPage();
      await enrolOwnKey(approver, city, owner);
      await havePersonsApprove(page, city, { person, network: 'courts', agency: 'court-1' });
      await proposeParty(city, 'notary-1');
      await approveWithOwnKey(approver, city, { person: owner, name: 'notary-1' });
      await seeEnrolled(page, city, 'notary-1');
    },
    APPROVAL_MS,
  );

  test(
    'a network is tried on the cluster, refused in words, founded with a person’s key, and decided about with it from the first proposal on',
    async () => {
      const [person, owner, agency] = [city.person('admin'), city.person('he.ping'), 'court-1'];
      const founded = { network: 'courts-2', chainId: 'jincheng-courts-2', domain: 'Courts', agency, taken: 'courts' };
      await nameApprover(page, city, { person, agency, name: 'chief-clerk', publicKey: await ownPublicKey(approver, city, owner) });
      await foundNetwork(page, city, founded);
      await seeAvailable(page, city, founded.network);
      await seeOwnKeyOn(approver, city, { person: owner, network: founded.network });
      await nameApprover(page, city, { person, agency, name: 'deputy-clerk', publicKey: aPublicKey() });
      await approveWithOwnKey(approver, city, { person: owner, name: agency, network: founded.network });
      await approver.context().close();
    },
    APPROVAL_MS,
  );

  test(
    'the relay of a link stops: its page says why and how long, proves what waits, and clears',
    () => watchStoppedRelay(page, city),
    APPROVAL_MS,
  );

  test(
    'somebody of two agencies chooses one, sees what is its own, and takes it away as CSV',
    async () => {
      const works = await (await openWindow(browser, { locale: 'en' })).newPage();
      await openAs(works, city, city.person('maya.lin'), '/networks');
      const shown = (name: string) => works.getByRole('grid', { name: 'Networks' }).getByRole('link', { name });
      await shown('transport').waitFor();
      await works.getByRole('combobox', { name: 'Agency that you work for' }).selectOption('hospital-2');
      await shown('transport').waitFor({ state: 'detached' });
      await shown('health').waitFor();
      await works.goto(`${city.url}/explorer?network=health`);
      const [file] = await Promise.all([
        works.waitForEvent('download'),
        works.getByRole('button', { name: 'Save as CSV: Blocks' }).click(),
      ]);
      expect(file.suggestedFilename()).toBe('health-blocks.csv');
      expect(readFileSync(await file.path(), 'utf8')).toMatch(/^\uFEFFheight,time,.*\r\n\d+,/);
      await works.context().close();
    },
    JOURNEY_MS,
  );

  test(
    'a block’s operation is proven in the browser',
    async () => {
      await page.goto(`${city.url}/explorer?network=health`);
      const rows = page
        .getByRole('grid', { name: 'Blocks' })
        .getByRole('row')
        .filter({ has: page.locator('td[data-label="Operations"]', { hasText: '1' }) });
      await rows.first().getByRole('link').click();
      await page.getByRole('grid', { name: 'Operations' }).getByRole('link').first().click();
      await page.getByText(/Checked here: proven at height/).waitFor();
    },
    JOURNEY_MS,
  );

  test('a person works with the keyboard alone', () => workByKeyboard(page, city), JOURNEY_MS);

  test('a session that ends during work loses nothing', () => loseSession(browser, city, city.person('gao.yuan')), JOURNEY_MS);

  test.each([
    ['the server is away', { abort: true }, 'The console cannot be reached'],
    ['it is forbidden', { status: 403, json: { code: 'FORBIDDEN', detail: '' } }, 'You may not see this'],
    ['the cluster does not answer', { status: 503, json: { code: 'CLUSTER_UNREACHABLE', detail: '' } }, 'The cluster does not answer now.'],
    ['there is nothing', { status: 200, json: { items: [] } }, 'No links'],
  ] as const)(
    'a page says in words that %s',
    async (_name, answer, words) => {
      await page.route('**/api/v1/links*', (route) => ('abort' in answer ? route.abort() : route.fulfill(answer)));
      await page.goto(`${city.url}/links`);
      await page.getByText(words).waitFor();
      await page.unroute('**/api/v1/links*');
      await page.reload();
      await page.getByRole('link', { name: 'city-health' }).first().waitFor();
    },
    JOURNEY_MS,
  );

  const views = [
    { locale: 'zh-CN', colours: 'light' },
    { locale: 'en', colours: 'dark' },
    ...(process.env['CIVITAS_FULL'] === undefined
      ? []
      : [{ locale: 'zh-CN', colours: 'dark' } as const, { locale: 'en', colours: 'light' } as const]),
  ] as const;

  test.each(views)(
    'every page in $locale, $colours, holds the rules of accessibility and security, and fits 320 px and 200 % zoom',
    async (view) => {
      const context = await openWindow(browser, view);
      await context.addCookies(await admins.cookies());
      const looked = await context.newPage();
      const faults: string[] = [];
      for (const { name, path } of EVERY_PAGE) {
        await looked.goto(`${city.url}${path}`);
        faults.push(...(await accessFaults(looked)).map((fault) => `${name}: ${fault}`));
        faults.push(...(await brokenPolicies(looked)).map((policy) => `${name}: ${policy}`));
        if (view.locale === 'zh-CN') faults.push(...(await strayEnglish(looked)).map((text) => `${name}: English in Chinese: ${text}`));
        faults.push(...(await narrowFaults(looked, name)));
        await saveScreenshot(looked, `${name}.${view.locale}`, view.colours);
      }
      expect(faults).toEqual([]);
      await context.close();
    },
    GRID_MS,
  );

  /** Pictures of the guide, made when asked for (CIVITAS_SCREENSHOTS names the folder). */
  async function saveScreenshot(of: Page, name: string, colours: string): Promise<void> {
    const folder = process.env['CIVITAS_SCREENSHOTS'];
    if (folder === undefined || (colours === 'dark' && process.env['CIVITAS_FULL'] !== undefined)) return;
    await of.setViewportSize({ width: 1280, height: 900 });
    await of.screenshot({ path: `${folder}/${name}.png` });
  }

  test(
    'a person changes the language and the colours, and signs out',
    async () => {
      await page.goto(`${city.url}/networks`);
      await page.getByRole('combobox', { name: 'Language' }).selectOption('zh-CN');
      await page.getByRole('heading', { level: 1, name: '网络' }).waitFor();
      expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
      await page.getByRole('combobox', { name: '配色' }).selectOption('dark');
      expect(await page.locator('html').getAttribute('class')).toContain('pf-v6-theme-dark');
      await page.getByRole('button', { name: '退出登录' }).click();
      await page.getByRole('button', { name: '登录', exact: true }).waitFor();
    },
    JOURNEY_MS,
  );
});
