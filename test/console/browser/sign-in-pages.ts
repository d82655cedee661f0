import type { Page } from 'playwright-core';
import { createAuthenticator } from '../contract/totp.ts';
import type { Person } from './people.ts';

/** The provider's own pages in English, found as a person finds them. */
const LABELS = {
  username: 'User name or e-mail address',
  password: 'Password',
  newPassword: 'New password',
  repeat: 'New password again',
  code: 'Six-digit code',
} as const;

async function giveName(page: Page, { username, password }: Person): Promise<void> {
  const name = page.getByLabel(LABELS.username);
  // Signed in already, the page knows who it is and asks for the password alone.
  if ((await name.count()) > 0 && (await name.isEditable())) await name.fill(username);
  await page.getByLabel(LABELS.password, { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function chooseNewPassword(page: Page, person: Person): Promise<void> {
  person.password = `violet otter ${person.password}`;
  await page.getByLabel(LABELS.newPassword, { exact: true }).fill(person.password);
  await page.getByLabel(LABELS.repeat).fill(person.password);
  await page.getByRole('button', { name: 'Save password' }).click();
}

async function giveCode(page: Page, person: Person): Promise<void> {
  const secret = await page.locator('.key').allTextContents();
  if (secret[0] !== undefined) person.nextCode = createAuthenticator(secret[0].replaceAll(/\s/g, ''));
  await page.getByLabel(LABELS.code).fill(person.nextCode?.() ?? '');
  await page.getByRole('button', { name: /continue/i }).click();
}

/**
 * Walks whatever the identity provider asks, until the console is back: name and password, a new password the first time, an
 * authenticator for what needs one.
 */
export async function walkSignIn(page: Page, person: Person): Promise<void> {
  const back = page.getByRole('navigation', { name: /^(Pages|页面导航)$/ });
  const asks = [
    { seen: page.getByLabel(LABELS.repeat), answer: chooseNewPassword },
    { seen: page.getByLabel(LABELS.code), answer: giveCode },
    { seen: page.getByLabel(LABELS.password, { exact: true }), answer: giveName },
  ];
  const any = asks.reduce((all, { seen }) => all.or(seen), back);
  for (let pages = 0; pages < 6; pages += 1) {
    await any.first().waitFor();
    const ask = await firstSeen(asks);
    if (ask === undefined) return;
    // Pages of one sign-in share an address: the next one is known by lacking this mark.
    await page.evaluate("document.body.dataset.answered = 'yes'");
    await ask.answer(page, person);
    await page.locator('body:not([data-answered])').waitFor();
  }
  throw new Error(`no way through the sign-in at ${page.url()}`);
}

async function firstSeen<Ask extends { readonly seen: { count(): Promise<number> } }>(asks: readonly Ask[]): Promise<Ask | undefined> {
  for (const ask of asks) if ((await ask.seen.count()) > 0) return ask;
  return undefined;
}

/** Takes an invitation as a new person. */
export async function acceptInvitation(page: Page, link: string, person: Person): Promise<void> {
  await page.goto(link);
  await page.getByLabel('User name').fill(person.username);
  await page.getByLabel(LABELS.newPassword, { exact: true }).fill(person.password);
  await page.getByLabel(LABELS.repeat).fill(person.password);
  await page.getByRole('button', { name: 'Accept invitation' }).click();
  await page.getByText('You are a member of').waitFor();
}
