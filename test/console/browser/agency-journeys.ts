import { waitFor } from '@civitas/testkit';
import type { Page } from 'playwright-core';
import type { Person } from './people.ts';
import type { Stage } from './stage.ts';

/** An operator's looks and the provider's answers, on a busy machine. */
const INVITED_MS = 120_000;

interface NewAgency {
  /** Somebody of the platform. */
  readonly person: Person;
  readonly name: string;
  readonly ownerEmail: string;
}

/** Takes an agency in with the wizard, up to the invitation of its owner, which takes a second factor. */
export async function takeAgencyIn(page: Page, stage: Stage, { person, name, ownerEmail }: NewAgency): Promise<void> {
  await page.goto(`${stage.url}/agencies`);
  await page.getByRole('link', { name: 'Take an agency in' }).click();
  await page.getByLabel('Name in Chinese').fill('第九人民医院');
  await page.getByLabel('Name in English').fill('Ninth Hospital');
  await page.getByLabel('Short name').fill(name);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByLabel('Health (health)').check();
  await page.getByLabel('Custodian').check();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByLabel('E-mail').fill(ownerEmail);
  await page.getByLabel('Last name').fill('华');
  await page.getByLabel('First name').fill('云');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('kind: Agency').waitFor();
  await page.getByRole('button', { name: 'Take the agency in' }).click();
  // The organization stands soon; the invitation then asks for a second factor, unless that was given a moment ago.
  const listed = page.getByRole('grid', { name: 'Invitations' }).getByText(ownerEmail);
  const done = page.getByText('Everything is done.');
  const isAsked = (): boolean => /\/realms\//.test(page.url());
  const isThere = async (): Promise<boolean> => isAsked() || (await listed.isVisible()) || (await done.isVisible());
  await waitFor('the second factor, or the invitation', isThere, INVITED_MS);
  if (isAsked()) await stage.walkSignIn(page, person);
  if (await done.isVisible()) await page.goto(`${stage.url}/agencies/${name}?tab=members`);
  await listed.waitFor();
}
