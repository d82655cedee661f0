import type { Page } from 'playwright-core';
import { base32Of } from '../contract/keycloak-profile.ts';
import { createAuthenticator } from '../contract/totp.ts';
import type { Person } from './people.ts';

const PAGES_MAX = 8;

/** Fields of Keycloak's own pages, in the order in which a page that has several is told apart. */
const FIELDS = {
  newPassword: 'input[name="password-new"]',
  newCode: 'input[name="totp"]',
  code: 'input[name="otp"]',
  password: 'input[name="password"]',
  username: 'input[name="username"]',
} as const;

async function isThere(page: Page, field: keyof typeof FIELDS): Promise<boolean> {
  return (await page.locator(FIELDS[field]).and(page.locator(':visible')).count()) > 0;
}

/** Fills in the page that is open. @returns the field to send it from. */
async function fillIn(page: Page, person: Person): Promise<keyof typeof FIELDS> {
  if (await isThere(page, 'newPassword')) {
    person.password = `violet otter ${person.password}`;
    await page.fill(FIELDS.newPassword, person.password);
    await page.fill('input[name="password-confirm"]', person.password);
    return 'newPassword';
  }
  if (await isThere(page, 'newCode')) {
    person.nextCode = createAuthenticator(base32Of((await page.locator('input[name="totpSecret"]').getAttribute('value')) ?? ''));
    await page.fill(FIELDS.newCode, person.nextCode());
    return 'newCode';
  }
  if (await isThere(page, 'code')) {
    await page.fill(FIELDS.code, person.nextCode?.() ?? '');
    return 'code';
  }
  if (await isThere(page, 'username')) await page.fill(FIELDS.username, person.username);
  if (!(await isThere(page, 'password'))) return 'username';
  await page.fill(FIELDS.password, person.password);
  return 'password';
}

/**
 * Walks Keycloak's own pages until the console is back: name and password, a password of one's own the first time, an authenticator where
 * a second factor is asked for.
 *
 * @param origin Of the console.
 */
export async function walkKeycloak(page: Page, origin: string, person: Person): Promise<void> {
  const back = page.getByRole('navigation', { name: 'Pages' });
  const any = Object.values(FIELDS)
    .map((field) => page.locator(field).and(page.locator(':visible')))
    .reduce((all, field) => all.or(field), back);
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    await any.first().waitFor();
    if (page.url().startsWith(origin)) return;
    const field = await fillIn(page, person);
    await page.evaluate("document.body.dataset.answered = 'yes'");
    await page.locator(FIELDS[field]).press('Enter');
    await page.locator('body:not([data-answered])').waitFor();
  }
  throw new Error(`no way through Keycloak at ${page.url()}: ${(await page.locator('body').innerText()).slice(0, 400)}`);
}
