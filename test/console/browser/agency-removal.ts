import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { holdBack } from './hold-back.ts';
import type { Person } from './people.ts';
import type { Stage } from './stage.ts';

interface RemovedAgency {
  readonly person: Person;
  readonly name: string;
  readonly displayName: string;
}

/**
 * Removes an agency: the dialog stays until the API has asked for a second factor, and the repetition after that is lost on its way, which the
 * page says, and sends it again when the person wants it.
 *
 * @param isThere Whether the agency still stands.
 */
export async function removeAgency(
  page: Page,
  stage: Stage,
  { person, name, displayName }: RemovedAgency,
  isThere: () => Promise<boolean>,
): Promise<void> {
  await page.goto(`${stage.url}/agencies`);
  await page.getByRole('grid', { name: 'Agencies' }).getByRole('link', { name: displayName }).click();
  await page.getByRole('button', { name: 'Remove the agency' }).click();
  const path = `**/api/v1/agencies/${name}`;
  const release = await holdBack(page, { method: 'DELETE', path });
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Remove the agency' }).click();
  expect(await dialog.getByRole('button', { name: 'Cancel' }).isDisabled()).toBe(true);
  await page.keyboard.press('Escape');
  expect(await dialog.isVisible()).toBe(true);
  release();
  await page.waitForURL(/\/realms\//);
  await page.unroute(path);
  expect(await isThere()).toBe(true);
  await page.route(path, (route) => (route.request().method() === 'DELETE' ? route.abort('connectionreset') : route.continue()));
  await stage.walkSignIn(page, person);
  const uncertain = page.getByText(/^.*Not certain: .*It is not known whether the change was made/);
  await uncertain.waitFor();
  expect(await isThere()).toBe(true);
  await page.unroute(path);
  await page.getByRole('button', { name: 'Try again' }).click();
  await uncertain.waitFor({ state: 'detached' });
}
