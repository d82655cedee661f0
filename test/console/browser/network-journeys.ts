import { generateKeyPairSync } from 'node:crypto';
import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { aCertificateRequest } from '../../../operator/src/host/testing/certificate-request.ts';
import { openAs } from './console-city.ts';
import { overflowOf } from './look-at-page.ts';
import type { Person } from './people.ts';
import { confirmWithFactor, type Stage } from './stage.ts';

/** An operator's looks, certificates, a pod and its first blocks, on a busy machine. */
const MADE_MS = 180_000;

/** A public key of somebody or some program, base64url. */
export function aPublicKey(): string {
  return generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? '';
}

/** Uploads the request of an agency's program and sees it certified. */
export async function certifyProgram(page: Page, stage: Stage, { person, agency }: { person: Person; agency: string }): Promise<void> {
  await page.goto(`${stage.url}/agencies/${agency}`);
  await page.getByRole('button', { name: 'Upload a certificate request' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name of the program').fill('payroll');
  await dialog.getByLabel('Public operation key').fill(aPublicKey());
  await dialog.getByLabel('Certificate request').fill(await aCertificateRequest('CN=payroll'));
  await confirmWithFactor(page, stage, { button: dialog.getByRole('button', { name: 'Upload a certificate request' }), person });
  const program = page.getByRole('grid', { name: 'Programs' }).getByRole('row').filter({ hasText: 'payroll' });
  await program.locator('td[data-label="Ledgers it has certificates for"]').getByText(/[1-9]/).waitFor({ timeout: MADE_MS });
}

interface NamedKey {
  readonly person: Person;
  readonly agency: string;
  readonly name: string;
  readonly publicKey: string;
}

/** Names a person's key at an agency: with it the networks are born that the agency founds. */
export async function nameApprover(page: Page, stage: Stage, { person, agency, name, publicKey }: NamedKey): Promise<void> {
  await page.goto(`${stage.url}/agencies/${agency}`);
  await page.getByRole('button', { name: 'Name a key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name of the key').fill(name);
  await dialog.getByLabel('Public key').fill(publicKey);
  await confirmWithFactor(page, stage, { button: dialog.getByRole('button', { name: 'Name a key' }), person });
  await page.getByRole('grid', { name: 'Persons who approve' }).getByText(publicKey).waitFor({ timeout: MADE_MS });
  expect(await overflowOf(page, 320)).toBe(0);
}

interface HaveApprove {
  readonly person: Person;
  readonly network: string;
  readonly agency: string;
}

/** Has persons approve for a member of a network from now on, once the page has said what that changes. */
export async function havePersonsApprove(page: Page, stage: Stage, { person, network, agency }: HaveApprove): Promise<void> {
  await page.goto(`${stage.url}/networks/${network}?tab=members`);
  await page.getByRole('button', { name: `Change who approves: ${agency}` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Approves proposals').selectOption('manual');
  await dialog.getByRole('grid', { name: 'What changes' }).getByText('spec.approvalPolicy').waitFor();
  await confirmWithFactor(page, stage, { button: dialog.getByRole('button', { name: 'Change it' }), person });
  await page.getByRole('row').filter({ hasText: agency }).getByText('By persons').waitFor();
}

interface Founded {
  readonly network: string;
  readonly chainId: string;
  readonly domain: string;
  readonly agency: string;
}

/** Fills in the wizard of networks up to what the cluster would make of it: one agency decides, one validator, one approval. */
async function fillNetworkWizard(page: Page, stage: Stage, { network, chainId, domain, agency }: Founded): Promise<void> {
  await page.goto(`${stage.url}/networks/new`);
  await page.getByLabel('Domain').selectOption({ label: domain });
  await page.getByLabel('Name', { exact: false }).first().fill(network);
  await page.getByLabel('Chain id').fill(chainId);
  await page.getByRole('button', { name: 'Next' }).click();
  const founder = page.getByRole('checkbox', { name: new RegExp(`\\(${agency}\\)`) });
  await founder.check();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByLabel('Approvals a proposal needs').fill('1');
  await page.getByRole('button', { name: 'Next' }).click();
}

/** A name that is taken is refused in words; another one is looked at, made, and comes up. */
export async function foundNetwork(page: Page, stage: Stage, founded: Founded & { readonly taken: string }): Promise<void> {
  await fillNetworkWizard(page, stage, { ...founded, network: founded.taken });
  await page.getByText('There is one of that name already.').first().waitFor();
  expect(await page.getByRole('button', { name: 'Create the network' }).isEnabled()).toBe(false);
  for (let step = 0; step < 3; step += 1) await page.getByRole('button', { name: 'Back' }).click();
  await page.getByLabel('Name', { exact: false }).first().fill(founded.network);
  for (let step = 0; step < 3; step += 1) await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('kind: LedgerNetwork').waitFor();
  const changes = page.getByRole('grid', { name: 'What the cluster fills in or changes' });
  await changes.getByText(`${founded.agency}: spec.memberships`).waitFor();
  await page.getByRole('button', { name: 'Create the network' }).click();
  await page.getByRole('heading', { level: 1, name: founded.network }).waitFor();
}

/** Until a network serves, as its page says. */
export async function seeAvailable(page: Page, stage: Stage, network: string): Promise<void> {
  await page.goto(`${stage.url}/networks/${network}`);
  await page.locator('.civitas-figure').first().getByText('Available').waitFor({ timeout: MADE_MS });
}

/** Until a network that was founded with the person's own key has it. */
export async function seeOwnKeyOn(page: Page, stage: Stage, { person, network }: { person: Person; network: string }): Promise<void> {
  await openAs(page, stage, person, '/key');
  const standing = page.getByRole('list', { name: 'Where your key approves' }).getByRole('listitem');
  await standing.filter({ hasText: `${network} may approve` }).waitFor({ timeout: MADE_MS });
}

/** The public half of the key that this browser holds. */
export async function ownPublicKey(page: Page, stage: Stage, person: Person): Promise<string> {
  await openAs(page, stage, person, '/key');
  const shown = page.getByRole('region', { name: 'Public key' }).locator('code');
  await shown.waitFor();
  return (await shown.textContent()) ?? '';
}
