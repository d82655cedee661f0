import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { makePkce } from '../../../packages/local-identity/src/testing/browser.ts';
import { City, PASSWORD } from '../../../packages/local-identity/src/testing/city.ts';
import { describeWith } from '../../describe-with.ts';
import { brokenPolicies, chromiumPath, launchChromium, openWindow, type View } from './chromium.ts';
import { overflowOf, strayEnglish } from './look-at-page.ts';

const WALK_MS = 480_000;
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const STEP_UP = { claims: JSON.stringify({ id_token: { acr: { values: ['2'], essential: true } } }) };
const REPORTS = { clientId: 'reports', name: '报表系统', secret: 'secret-of-the-reports', redirectUris: ['https://reports.example/back'] };
const SAMPLE: readonly View[] = [
  { locale: 'zh-CN', colours: 'light' },
  { locale: 'en', colours: 'dark' },
];
const REST: readonly View[] = [
  { locale: 'zh-CN', colours: 'dark' },
  { locale: 'en', colours: 'light' },
];
const needed = { found: chromiumPath, missing: 'there is no Chromium on this machine (package chromium)' };

/** Opens an invitation's page. */
async function openInvitation(city: City, page: Page, email: string): Promise<void> {
  const bearer = await city.bearerOf('console');
  const authorization = `Bearer ${bearer}`;
  const [organization] = (await (await city.admin(bearer, 'GET', '/organizations')).json()) as readonly { readonly id: string }[];
  await fetch(`${city.origin}/admin/realms/city/organizations/${organization?.id}/members/invite-user`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ email, firstName: '新', lastName: '人' }).toString(),
  });
  const mails = await (await fetch(`${city.origin}/local-identity/mailbox`, { headers: { authorization } })).json();
  const mail = (mails as readonly { readonly to: string; readonly link: string }[]).find(({ to }) => to === email);
  await page.goto(mail?.link ?? '');
}

/** Walks all pages of the local identity, and calls `look` on each. */
async function walkPages(city: City, page: Page, look: (name: string) => Promise<void>): Promise<void> {
  const send = async (fields: Readonly<Record<string, string>>, next: string): Promise<void> => {
    for (const [id, text] of Object.entries(fields)) await page.fill(`#${id}`, text);
    await page.click('form button');
    await page.waitForSelector(next);
  };
  await page.goto(city.authorizeUrl(makePkce(), STEP_UP));
  await look('sign-in');
  await send({ username: 'li.na', password: 'not the password' }, '#fault');
  await look('sign-in, wrong');
  await send({ password: 'one-time-password-1' }, '#repeat');
  await look('new password');
  await send({ password: PASSWORD, repeat: PASSWORD }, '#code');
  await look('enrolment');
  await send({ code: '000000' }, '#fault');
  await look('enrolment, wrong');
  await page.goto(city.authorizeUrl(makePkce(), { redirect_uri: 'https://evil.example' }));
  await look('fault');
  await openInvitation(city, page, 'guest@hospital.example');
  await look('invitation');
  await page.goto(
    city.authorizeUrl(makePkce(), { client_id: 'reports', redirect_uri: REPORTS.redirectUris[0] ?? '', scope: 'openid profile' }),
  );
  await send({ username: 'li.na', password: PASSWORD }, 'button.second');
  await look('consent');
  await page.goto(city.authorizeUrl(makePkce(), { prompt: 'login' }));
  await look('sign-in again');
  await page.goto(city.realm('/protocol/openid-connect/logout'));
  await look('sign-out');
  await page.click('main button');
  await look('signed out');
}

describeWith(needed, 'the pages of the local identity in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  }, WALK_MS);
  afterAll(() => browser?.close(), WALK_MS);

  test.each(process.env['CIVITAS_FULL'] === undefined ? SAMPLE : [...SAMPLE, ...REST])(
    'are accessible, keep to their policy, fit 320 px and speak one language: %j',
    async (view) => {
      const city = await City.start({ foreignClients: [REPORTS] });
      const window = await openWindow(browser, view);
      try {
        const page = await window.newPage();
        const found: string[] = [];
        let looked = 0;
        await walkPages(city, page, async (name) => {
          looked += 1;
          const { violations } = await new AxeBuilder({ page }).withTags(AXE_TAGS).setLegacyMode().analyze();
          found.push(...violations.map(({ id, nodes }) => `${name}: ${id} ${nodes.map(({ html }) => html).join(' ')}`));
          found.push(...(await brokenPolicies(page)).map((broken) => `${name}: ${broken}`));
          if ((await overflowOf(page, 320)) > 0) found.push(`${name}: wider than 320 px`);
          const stray = view.locale === 'zh-CN' ? await strayEnglish(page) : [];
          found.push(
            ...stray.filter((text) => !/Keycloak|Cookie|[A-Z2-7]{4} |invalid_redirect_uri/.test(text)).map((text) => `${name}: ${text}`),
          );
        });
        expect(found).toEqual([]);
        expect(looked).toBe(11);
      } finally {
        await window.close();
        await city.stop();
      }
    },
    WALK_MS,
  );
});
