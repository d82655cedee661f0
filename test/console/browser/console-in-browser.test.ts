import { readFileSync } from 'node:fs';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { describeWith } from '../../describe-with.ts';
import { chromiumPath, launchChromium, openWindow, PAGE_TIMEOUT_MS, type View } from './chromium.ts';
import { type ConsoleCity, openAs } from './console-city.ts';
import { EVERY_PAGE } from './every-page.ts';
import { startLocalCity } from './local-city.ts';
import { pageFaults, visit } from './look-at-page.ts';
import { certifyProgram } from './network-journeys.ts';
import { JOURNEY_MS, playJourneys } from './whole-city-journeys.ts';

const PORT = 17_643;
const CITY_MS = 450_000;
const GRID_MS = 600_000;
/** A button that is about to go, with the last page, is not pressed for longer. */
const PRESS_MS = 2_000;
/** What is looked at side by side, each in a window of its own; all there are with `--full`. */
const VIEWS: readonly (readonly [View, View])[] = [
  [
    { locale: 'zh-CN', colours: 'light' },
    { locale: 'en', colours: 'dark' },
  ],
  [
    { locale: 'zh-CN', colours: 'dark' },
    { locale: 'en', colours: 'light' },
  ],
];
const needed = { found: chromiumPath, missing: 'there is no Chromium on this machine (package chromium)' };

describeWith(needed, 'the console in a browser', () => {
  let city: ConsoleCity;
  let browser: Browser;
  let admins: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    [city, browser] = await Promise.all([startLocalCity(PORT), launchChromium()]);
    admins = await openWindow(browser, { locale: 'en' });
    page = await admins.newPage();
  }, CITY_MS);

  afterAll(async () => {
    await browser?.close();
    await city?.stop();
  }, PAGE_TIMEOUT_MS);

  playJourneys(() => ({ city, browser, page, keepPicture: saveInBothLanguages }));

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
    'the audit log names what was done, and its chain is checked in the browser',
    async () => {
      await page.goto(`${city.url}/audit`);
      const whole = page.getByText(/Checked here: all \d+ entries hold together/);
      const newest = page.getByText(/Checked here: the newest \d+ entries hold together/);
      await whole.or(newest).waitFor();
      // The first page is the newest entries; a chain is whole once the first entry is there. A newer entry begins the pages anew.
      await waitFor(
        'the first entry',
        async () => {
          if (await newest.isVisible()) await page.getByRole('button', { name: 'Show more' }).click({ timeout: PRESS_MS });
          return whole.isVisible();
        },
        PAGE_TIMEOUT_MS,
      );
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

  test.each(process.env['CIVITAS_FULL'] === undefined ? VIEWS.slice(0, 1) : VIEWS)(
    'every page holds the rules of accessibility and security, speaks one language, and fits 320 px and 200 % zoom: %j beside %j',
    async (...pair) => {
      const faults = await Promise.all(pair.map(lookAtEveryPage));
      expect(faults.flat()).toEqual([]);
    },
    GRID_MS,
  );

  async function lookAtEveryPage(view: View): Promise<readonly string[]> {
    const context = await openWindow(browser, view);
    try {
      await context.addCookies(await admins.cookies());
      const looked = await context.newPage();
      const faults: string[] = [];
      for (const { name, path } of EVERY_PAGE) {
        await visit(looked, `${city.url}${path}`);
        faults.push(...(await pageFaults(looked, view.locale)).map((fault) => `${name}, ${view.locale}: ${fault}`));
        await saveScreenshot(looked, `${name}.${view.locale}`, view.colours);
      }
      return faults;
    } finally {
      await context.close();
    }
  }

  /** Pictures of the guide, made when asked for (CIVITAS_SCREENSHOTS names the folder). */
  async function saveScreenshot(of: Page, name: string, colours: View['colours']): Promise<void> {
    const folder = process.env['CIVITAS_SCREENSHOTS'];
    if (folder === undefined || (colours === 'dark' && process.env['CIVITAS_FULL'] !== undefined)) return;
    await of.setViewportSize({ width: 1280, height: 900 });
    await of.screenshot({ path: `${folder}/${name}.png` });
  }

  /** A page that a journey has come to, and that goes on in English. */
  async function saveInBothLanguages(of: Page, name: string): Promise<void> {
    if (process.env['CIVITAS_SCREENSHOTS'] === undefined) return;
    // What was said of the steps before stays in the language that it was said in.
    const said = of.getByRole('button', { name: 'Close', exact: true });
    while ((await said.count()) > 0) await said.first().click();
    await saveScreenshot(of, `${name}.en`, 'light');
    await of.getByRole('combobox', { name: 'Language' }).selectOption('zh-CN');
    await of.getByRole('combobox', { name: '语言' }).waitFor();
    await saveScreenshot(of, `${name}.zh-CN`, 'light');
    await of.getByRole('combobox', { name: '语言' }).selectOption('en');
    await of.getByRole('combobox', { name: 'Language' }).waitFor();
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
