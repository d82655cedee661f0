import { connectCluster } from '@civitas/cli';
import { waitFor } from '@civitas/testkit';
import type { Page } from 'playwright-core';
import { resourceOf } from '../../../tools/start/manifests.ts';
import { type ConsoleCity, openAs } from './console-city.ts';
import type { Person } from './people.ts';
import { confirmWithFactor, type Stage } from './stage.ts';

/** Two founders decide together there. */
const NETWORK = 'courts';
const FIELD_MANAGER = 'civitas-test';
/** A node that is made anew with other keys, a proposal, and the operator's look at it, on a busy machine. */
const ENROLMENT_MS = 180_000;
/** A dialog that is about to close is not pressed for longer. */
const PRESS_MS = 2_000;

/** Makes a key in the browser and has the members of the network enrol it, which takes a second factor. */
export async function enrolOwnKey(page: Page, city: ConsoleCity, person: Person): Promise<void> {
  await openAs(page, city, person, '/key');
  await page.getByRole('button', { name: 'Make a key' }).click();
  const key = page.getByRole('region', { name: 'Public key' }).locator('code');
  await key.waitFor();
  const made = await key.textContent();
  await page.getByRole('combobox', { name: 'Network' }).selectOption(NETWORK);
  await page.getByLabel('Name of the key').fill('office computer');
  await page.getByRole('button', { name: 'Propose it to the members' }).click();
  await page.waitForURL(/\/realms\//);
  await city.walkSignIn(page, person);
  const standing = page.getByRole('list', { name: 'Where your key approves' }).getByRole('listitem');
  await standing.filter({ hasText: `${NETWORK} may approve` }).waitFor({ timeout: ENROLMENT_MS });
  await key.filter({ hasText: made ?? '' }).waitFor();
}

/** Takes in an agency that wants to be a party there: the other founder's gateway approves by itself, the court's does not any more. */
export async function proposeParty(city: ConsoleCity, name: string): Promise<void> {
  const kube = connectCluster(city.home);
  const agencies = resourceOf('Agency');
  await kube.apply(
    agencies,
    {
      apiVersion: 'civitas.dev/v1alpha1',
      kind: 'Agency',
      metadata: { name },
      spec: { displayName: { zh: '公证处', en: 'Notary Office' }, memberships: [{ network: NETWORK, roles: ['party'] }] },
    },
    { fieldManager: FIELD_MANAGER },
  );
}

interface Approved {
  readonly person: Person;
  /** Whom or what it is about. */
  readonly name: string;
  readonly network?: string;
}

/** Approves what waits for the court, with the key of this browser. */
export async function approveWithOwnKey(page: Page, city: Stage, { person, name, network = NETWORK }: Approved): Promise<void> {
  await page.goto(`${city.url}/inbox`);
  const waiting = page.getByRole('row').filter({ has: page.getByText(new RegExp(`: ${name} on ${network}$`)) });
  const review = waiting.getByRole('button', { name: `Review: ${name}` });
  await review.waitFor({ timeout: ENROLMENT_MS });
  await review.click();
  const approve = page.getByRole('dialog').getByRole('button', { name: 'Approve' });
  await confirmWithFactor(page, city, { button: approve, person });
  // Back from the provider the dialog is open again and takes one more press; what was approved is closed and listed no more.
  const isClosed = (): boolean => page.url().endsWith('/inbox');
  const isApproved = async (): Promise<boolean> => {
    if (await approve.isVisible()) await approve.click({ timeout: PRESS_MS });
    return isClosed() && (await review.count()) === 0;
  };
  await waitFor('the approval', isApproved, ENROLMENT_MS).catch(async (late: unknown) => {
    process.stderr.write(`not approved; ${page.url()} says: ${await page.locator('body').innerText()}\n`);
    throw late;
  });
}

/** Until the ledger holds the agency, as its page says. */
export async function seeEnrolled(page: Page, city: ConsoleCity, name: string): Promise<void> {
  await page.goto(`${city.url}/agencies/${name}`);
  const memberships = page.getByRole('grid', { name: 'Ledgers it takes part in' });
  await memberships.getByRole('row').filter({ hasText: NETWORK }).getByText('Enrolled').waitFor({ timeout: ENROLMENT_MS });
}
