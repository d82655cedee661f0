import { connectCluster } from '@civitas/cli';
import { waitFor } from '@civitas/testkit';
import { expect } from '@jest/globals';
import type { Page, Response } from 'playwright-core';
import { resourceOf } from '../../../tools/start/manifests.ts';
import { type ConsoleCity, openAs } from './console-city.ts';
import { holdBack } from './hold-back.ts';
import type { Person } from './people.ts';
import { confirmWithFactor, type Stage } from './stage.ts';

/** Two founders decide together there. */
const NETWORK = 'courts';
const FIELD_MANAGER = 'civitas-test';
/** A node that is made anew with other keys, a proposal, and the operator's look at it, on a busy machine. */
const ENROLMENT_MS = 180_000;
/** Of an answer that is printed. */
const ANSWER_CHARS_MAX = 200;
const REASON = 'its licence was looked at';
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
  const answers = watchProposals(page);
  await page.goto(`${city.url}/inbox`);
  const waiting = page.getByRole('row').filter({ has: page.getByText(new RegExp(`: ${name} on ${network}$`)) });
  const review = waiting.getByRole('button', { name: `Review: ${name}` });
  await review.waitFor({ timeout: ENROLMENT_MS });
  const approve = page.getByRole('dialog').getByRole('button', { name: 'Approve' });
  // The network's own answer holds the chain id, without which there is nothing to compare with.
  const path = `**/api/v1/networks/${network}`;
  const release = await holdBack(page, { method: 'GET', path });
  await review.click();
  await approve.waitFor();
  expect(await approve.isDisabled()).toBe(true);
  release();
  await page.unroute(path);
  // What is typed outlasts leaving the page, as for a second factor.
  const reason = page.getByRole('dialog').getByLabel('Reason');
  await reason.fill(REASON);
  await page.reload();
  await reason.waitFor();
  expect(await reason.inputValue()).toBe(REASON);
  await confirmWithFactor(page, city, { button: approve, person });
  // Back from the provider the dialog is open again and takes one more press; what was approved is closed and listed no more.
  const isClosed = (): boolean => page.url().endsWith('/inbox');
  const isApproved = async (): Promise<boolean> => {
    if (await approve.isVisible()) await approve.click({ timeout: PRESS_MS });
    return isClosed() && (await review.count()) === 0;
  };
  await waitFor('the approval', isApproved, ENROLMENT_MS).catch(async (late: unknown) => {
    const told = answers.all.map(lineOf);
    process.stderr.write(
      `not approved; ${page.url()} says: ${await page.locator('body').innerText()}\nand was answered:\n${told.join('\n')}\n`,
    );
    throw late;
  });
  answers.stop();
  expect(answers.all.filter(isApproval).map(({ answer }) => (answer.request().postDataJSON() as { reason?: string }).reason)).toEqual([
    REASON,
  ]);
}

interface Answered {
  readonly answer: Response;
  /** Empty until it has come whole. */
  text: string;
}

/** Answers about proposals that a page gets, from now on; read as they come, for a page that is left takes them with it. */
function watchProposals(page: Page): { readonly all: readonly Answered[]; readonly stop: () => void } {
  const all: Answered[] = [];
  const keep = (answer: Response): void => {
    if (!answer.url().includes('/proposals/')) return;
    const answered = { answer, text: '' };
    all.push(answered);
    void answer
      .text()
      .catch(String)
      .then((text) => {
        answered.text = text;
      });
  };
  page.on('response', keep);
  return { all, stop: () => page.off('response', keep) };
}

const isApproval = ({ answer }: Answered): boolean => answer.ok() && answer.url().endsWith('/approve');

const lineOf = ({ answer, text }: Answered): string =>
  `${answer.request().method()} ${answer.status()} ${answer.url()} ${text.slice(0, ANSWER_CHARS_MAX)}`;

/** A proposal that waits no more is told as such, and the address names it no longer. */
export async function seeDecided(page: Page, city: Stage): Promise<void> {
  await page.goto(`${city.url}/inbox?open=${encodeURIComponent(`${NETWORK}/decided-long-ago`)}`);
  await page.getByText(`it has been decided or has lapsed: ${NETWORK}/decided-long-ago`).waitFor();
  await page.waitForURL(/\/inbox$/);
}

/** Until the ledger holds the agency, as its page says. */
export async function seeEnrolled(page: Page, city: ConsoleCity, name: string): Promise<void> {
  await page.goto(`${city.url}/agencies/${name}`);
  const memberships = page.getByRole('grid', { name: 'Ledgers it takes part in' });
  await memberships.getByRole('row').filter({ hasText: NETWORK }).getByText('Enrolled').waitFor({ timeout: ENROLMENT_MS });
}
