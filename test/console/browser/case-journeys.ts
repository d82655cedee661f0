import { randomBytes } from 'node:crypto';
import type { BrowserContext, Locator, Page } from 'playwright-core';
import { civitas } from '../../e2e/commands.ts';
import { type ConsoleCity, openAs } from './console-city.ts';
import { confirmWithFactor } from './stage.ts';

const DAY_MS = 86_400_000;
/** The city's clock is eight hours ahead of UTC. */
const CITY_OFFSET_MS = 8 * 3_600_000;
export const PLATE = '锦A·CANARY1';

const freshId = (): string => randomBytes(16).toString('base64url');
/** A time as a form takes it. */
const cityTime = (unixMs: number): string => new Date(unixMs + CITY_OFFSET_MS).toISOString().slice(0, 16);

/** An owner of the traffic police records a violation from the contract’s form. @returns Address of the case. */
export async function submitFineCase(page: Page, city: ConsoleCity): Promise<string> {
  await openAs(page, city, city.person('wu.gang'), '/cases');
  await page.getByRole('link', { name: 'Submit a case' }).click();
  await page.getByLabel('When it was captured').fill(cityTime(Date.now() - DAY_MS));
  await page.getByLabel('Device', { exact: false }).first().fill('camera-17');
  await page.getByLabel('Device calibrated until').fill(cityTime(Date.now() + 90 * DAY_MS));
  await page.getByLabel('Number plate').fill(PLATE);
  await page.getByLabel('Article').fill('157');
  await page.getByLabel('Evidence').fill(randomBytes(32).toString('hex'));
  await page.getByRole('button', { name: 'Submit the case' }).click();
  await page.getByRole('region', { name: 'Violation' }).getByText('Recorded').first().waitFor();
  return new URL(page.url()).pathname;
}

/** A second officer confirms it and makes the fine, up to its notification. @returns Id of the fine. */
export async function makeFine(page: Page, city: ConsoleCity, path: string): Promise<string> {
  await openAs(page, city, city.person('ma.chao'), path);
  await page.getByRole('button', { name: 'Review it as a second officer' }).click();
  await page.getByLabel('Amount').fill('200');
  await page.getByLabel('Points').fill('3');
  await page.getByRole('button', { name: 'Make the fine' }).click();
  await page.getByLabel('Expense').fill('0');
  await page.getByRole('button', { name: 'Send it' }).click();
  await page.getByRole('button', { name: 'Note that the offender was notified' }).click();
  const fine = page.getByRole('region', { name: 'Fine', exact: true });
  await fine.getByText('Notified').first().waitFor();
  const key = await fine
    .getByText(/^transport\.fine\/fines\//)
    .first()
    .textContent();
  return key?.split('/').at(-1) ?? '';
}

/** The bank pays a fine, with its own credentials. @throws when the ledger refuses. */
export async function payAtBank(city: ConsoleCity, fine: string): Promise<void> {
  const payment = { amountFen: 20_000, channel: 'counter', paymentReference: `bank-${randomBytes(8).toString('hex')}` };
  const args = JSON.stringify({ fine, eventId: freshId(), onUnixMs: Date.now(), ...payment });
  const call = ['-n', 'transport', '-c', 'transport.fine@v1', '-m', 'pay', '-r', 'bank', '-a', args];
  const { code, stdout, stderr } = await civitas(city.home, '--as', 'bank-1', 'submit', ...call);
  if (code !== 0) throw new Error(`the payment was refused: ${stdout}${stderr}`);
}

/** The number of a citizen’s account, as their own page names it while it is nobody’s. */
export async function accountOf(page: Page, city: ConsoleCity): Promise<string> {
  await openAs(page, city, city.person('wang.fang'), '/citizen');
  const notice = page.getByText('Account number').locator('code');
  await notice.waitFor();
  return (await notice.textContent()) ?? '';
}

const ownConsents = (page: Page): Locator => page.getByRole('region', { name: 'What I have consented to' });

/** Consents to a question of the fund to a hospital, with the second factor that it takes. @returns Number of the consent. */
export async function grantConsent(page: Page, city: ConsoleCity): Promise<string> {
  const consents = ownConsents(page);
  await consents.getByRole('button', { name: 'Grant a consent' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Who may ask whom').selectOption({ label: "Housing Fund Centre asks First People's Hospital" });
  await dialog.getByText(/may ask .* time\(s\) within/).waitFor();
  const button = dialog.getByRole('button', { name: 'Consent', exact: true });
  await confirmWithFactor(page, city, { button, person: city.person('wang.fang') });
  const number = consents.locator('td[data-label^="Number"] code').first();
  await number.waitFor();
  return (await number.textContent()) ?? '';
}

/** Withdraws the consent, with the second factor where the last one is too long ago. */
export async function withdrawConsent(page: Page, city: ConsoleCity): Promise<void> {
  const consents = ownConsents(page);
  const withdraw = consents.getByRole('button', { name: /^Withdraw: / }).first();
  await withdraw.click();
  const button = page.getByRole('dialog').getByRole('button', { name: 'Withdraw', exact: true });
  await confirmWithFactor(page, city, { button, person: city.person('wang.fang') });
  await consents.getByText('Withdrawn', { exact: true }).first().waitFor();
}

/** Disputes the newest access, with the second factor where the last one is too long ago. */
export async function disputeAccess(page: Page, city: ConsoleCity): Promise<void> {
  const accesses = page.getByRole('region', { name: 'Who read what about me' });
  await accesses
    .getByRole('button', { name: /^Dispute: / })
    .first()
    .click();
  await page.getByRole('dialog').getByLabel('Why you dispute it').selectOption('no-reason');
  const button = page.getByRole('dialog').getByRole('button', { name: 'Dispute', exact: true });
  await confirmWithFactor(page, city, { button, person: city.person('wang.fang') });
  await accesses.getByText(/To be explained by/).waitFor();
}

/** A window of somebody, closed when the work in it is done. */
export async function inWindow(context: Promise<BrowserContext>, work: (page: Page) => Promise<void>): Promise<void> {
  const opened = await context;
  try {
    await work(await opened.newPage());
  } finally {
    await opened.close();
  }
}
