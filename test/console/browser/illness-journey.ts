import { randomBytes, randomInt } from 'node:crypto';
import { openParties, type Parties } from '@civitas/cli';
import type { Browser, Locator, Page } from 'playwright-core';
import { IDENTITY_SYSTEM } from '../../../cli/src/samples/people.ts';
import { openWindow } from './chromium.ts';
import { type ConsoleCity, openAs } from './console-city.ts';

const AMOUNT_FEN = 800_000;
/** A packet, its proof and its acknowledgement, on a busy machine. */
const PACKET_MS = 120_000;
const freshId = (): string => randomBytes(16).toString('base64url');

/** A citizen as the counters know them. */
export interface Member {
  readonly identity: string;
  /** At the housing fund; with money in it. */
  readonly account: string;
}

/** What an operation of an agency answered. @throws when the ledger refuses. */
async function submit(parties: Parties, method: string, args: Readonly<Record<string, string | number>>): Promise<string> {
  const call = { contract: 'housing.account@v1', method, role: 'centre', actor: 'counter-1', args };
  const submitted = await parties.ledger('fund-centre', 'housing').submit(call);
  if (!submitted.ok) throw new Error(`${method}: ${submitted.refusal.code} ${JSON.stringify(submitted.refusal.facts)}`);
  return (submitted.result as { readonly id?: string }).id ?? '';
}

/** The portal's counter ties the account of whoever signs in with it to a person; the fund opens that person an account. */
export async function introduceMember(city: ConsoleCity, signsInAs: string): Promise<Member> {
  const parties = openParties(city.home);
  try {
    const identity = `999123199001${randomInt(100_000, 1_000_000)}`;
    const person = { system: IDENTITY_SYSTEM, identifier: identity };
    await parties.subjects('citizen-portal').tieAccount({ ...person, account: signsInAs });
    const { chainId } = parties.ledger('fund-centre', 'housing');
    const { subject } = await parties.subjects('fund-centre').assign({ ...person, ledger: chainId });
    const account = await submit(parties, 'open', { subject });
    await submit(parties, 'credit', { account, amountFen: AMOUNT_FEN * 2, reference: `payroll-${freshId()}` });
    return { identity, account };
  } finally {
    parties.close();
  }
}

/** What is proven of a case in the browser: a record a stage. */
const stage = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });
const showsStage = (page: Page, name: string, status: string): Promise<void> =>
  stage(page, name).getByText(status, { exact: true }).first().waitFor({ timeout: PACKET_MS });

/** One person's own window, at a page. */
type OpenFor = (username: string, path: string) => Promise<Page>;

/** Two clinicians attest the illness. @returns The first one's page, at the case. */
async function attest(openFor: OpenFor, { identity }: Member): Promise<Page> {
  const first = await openFor('li.na', '/cases/new');
  await first.getByLabel('Identity number').fill(identity);
  await first.getByLabel('Version of the catalogue of illnesses').fill('7');
  await first.getByLabel('Is the illness in the catalogue').selectOption('yes');
  await first.getByLabel('Band of the costs, in yuan').selectOption('50k-200k');
  await first.getByLabel('Number of the bill').fill(`bill-${freshId()}`);
  await first.getByRole('button', { name: 'Submit the case' }).click();
  await showsStage(first, 'Attestation of the hospital', 'Attested');
  const second = await openFor('zhao.lei', new URL(first.url()).pathname);
  await second.getByRole('button', { name: 'Confirm it as a second clinician' }).click();
  await showsStage(second, 'Attestation of the hospital', 'Confirmed');
  return first;
}

/** The fund's counter takes the application and asks the hospital under the consent. @returns Its page, at the case. */
async function applyAndAsk(openFor: OpenFor, { identity, account }: Member, consent: string): Promise<Page> {
  const counter = await openFor('chen.jing', '/cases/new');
  await counter.getByLabel('Identity number').fill(identity);
  await counter.getByLabel('Fund account').fill(account);
  await counter.getByLabel('Amount').fill(String(AMOUNT_FEN / 100));
  await counter.getByRole('button', { name: 'Submit the case' }).click();
  await showsStage(counter, 'Application', 'Open');
  await counter.getByLabel('Number of the consent').fill(consent);
  await counter.getByRole('button', { name: 'Ask the hospital under a consent' }).click();
  await showsStage(counter, 'Question to the hospital', 'Waiting');
  return counter;
}

/**
 * A serious illness, each step by the agency whose turn it is, from the hospital's attestation to the payment: over three ledgers, every
 * record proven in the browser.
 *
 * @returns What the fund's counter sees of it at the end, as text.
 */
export async function playIllness(browser: Browser, city: ConsoleCity, member: Member, consent: string): Promise<string> {
  const contexts: { close(): Promise<void> }[] = [];
  const openFor: OpenFor = async (username, path) => {
    const context = await openWindow(browser, { locale: 'en' });
    contexts.push(context);
    const page = await context.newPage();
    await openAs(page, city, city.person(username), path);
    return page;
  };
  try {
    const hospital = await attest(openFor, member);
    const counter = await applyAndAsk(openFor, member, consent);
    await hospital.getByRole('button', { name: 'Release it to a question that waits' }).click();
    await showsStage(hospital, 'Answer of the hospital', 'Released');
    await counter.getByRole('button', { name: 'Collect the answer and attach it' }).click({ timeout: PACKET_MS });
    await showsStage(counter, 'Application', 'Proven');
    const path = new URL(counter.url()).pathname;
    const reviewer = await openFor('lin.tao', path);
    await reviewer.getByRole('button', { name: 'Approve it: the proofs are complete' }).click();
    await showsStage(reviewer, 'Application', 'Approved');
    const bank = await openFor('tang.wei', path);
    await bank.getByLabel('Reference of the bank').fill(`pay-${freshId()}`);
    await bank.getByRole('button', { name: 'Note that it was paid out' }).click();
    await bank.getByText('The case is over').waitFor();
    await counter.getByText('The case is over').waitFor();
    for (const name of ['Application', 'Question to the hospital', 'Use of the consent', 'Answer of the hospital'])
      await stage(counter, name)
        .getByText(/Checked here: proven at height/)
        .waitFor();
    return (await counter.textContent('body')) ?? '';
  } finally {
    await Promise.all(contexts.map((context) => context.close()));
  }
}
