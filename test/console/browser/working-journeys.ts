import { waitFor } from '@civitas/testkit';
import { expect } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { openWindow, PAGE_TIMEOUT_MS } from './chromium.ts';
import { openAs } from './console-city.ts';
import { focusedText } from './look-at-page.ts';
import type { Person } from './people.ts';
import type { Stage } from './stage.ts';

/** Fills the first step of the wizard of agencies and goes on, from the list of agencies, with the keyboard alone. */
export async function workByKeyboard(page: Page, stage: Stage): Promise<void> {
  await page.goto(`${stage.url}/agencies`);
  await page.getByRole('link', { name: 'Take an agency in' }).waitFor();
  await page.keyboard.press('Tab');
  expect(await focusedText(page)).toBe('Skip to content');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Take an agency in');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Take an agency in' }).waitFor();
  await page.getByLabel('Name in Chinese').focus();
  await page.keyboard.type('第十人民医院');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Tenth Hospital');
  await page.keyboard.press('Tab');
  await page.keyboard.type('hospital-10');
  await page.keyboard.press('Enter');
  const heading = page.getByRole('heading', { level: 2, name: 'Domains and quota' });
  await heading.waitFor();
  await waitFor('the focus', async () => (await focusedText(page)) === 'Domains and quota', PAGE_TIMEOUT_MS);
}

/** Presses Tab until a link or button of that name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    if ((await focusedText(page)) === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${name}`);
}

/** Has the session end while a form is being filled in, signs in again, and finds what was typed. */
export async function loseSession(browser: Browser, stage: Stage, person: Person): Promise<void> {
  const context = await openWindow(browser, { locale: 'en' });
  const work = await context.newPage();
  await work.clock.install();
  await openAs(work, stage, person, '/agencies/new');
  await work.getByLabel('Name in English').fill('Harbour Clinic');
  await work.route('**/protocol/openid-connect/token', (route) => route.fulfill({ status: 400, json: { error: 'invalid_grant' } }));
  await work.clock.fastForward('10:00');
  await work.getByRole('button', { name: 'Sign in again' }).waitFor();
  await work.unroute('**/protocol/openid-connect/token');
  await work.getByRole('button', { name: 'Sign in again' }).click();
  await stage.walkSignIn(work, person);
  await waitFor('the draft', async () => (await work.getByLabel('Name in English').inputValue()) === 'Harbour Clinic', PAGE_TIMEOUT_MS);
  await context.close();
}
