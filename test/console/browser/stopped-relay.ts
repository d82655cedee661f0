import { connectCluster, openParties } from '@civitas/cli';
import { waitFor } from '@civitas/testkit';
import type { Locator, Page } from 'playwright-core';
import { resourceOf } from '../../../tools/start/manifests.ts';
import { hasReceipt, openFine, payFine } from '../../e2e/fine-payment.ts';
import type { ConsoleCity } from './console-city.ts';

/** A fine that is paid on the one sends for its receipt from the other. */
const LINK = { namespace: 'jincheng', name: 'city-transport' };
/** What waits is carried and acknowledged, on a busy machine. */
const CARRIED_MS = 180_000;

/** Keeps the relay away from the link, or lets it come back. */
async function setPaused(city: ConsoleCity, paused: boolean): Promise<void> {
  await connectCluster(city.home).mergePatch(resourceOf('LedgerLink'), LINK, { spec: { paused } }, { fieldManager: 'civitas-test' });
}

const figureOf = (page: Page, label: string): Locator =>
  page.locator('.civitas-figures > div').filter({ hasText: label }).locator('.civitas-figure');

/** The longest wait that the page shows, s; minutes and hours are cut to whole ones. NaN where nothing waits. */
async function oldestWaitS(page: Page): Promise<number> {
  const [, count, unit] = /(\d+) (second|minute|hour)/.exec((await figureOf(page, 'Oldest waits').textContent()) ?? '') ?? [];
  const unitS = unit === 'hour' ? 3600 : unit === 'minute' ? 60 : 1;
  return Number(count ?? Number.NaN) * unitS;
}

/**
 * Stops the relay of a link, sends a packet, and watches the link's page without touching it: why nothing moves, a wait that grows, what
 * proves the packet; then lets the relay come back and sees the page clear.
 */
export async function watchStoppedRelay(page: Page, city: ConsoleCity): Promise<void> {
  const parties = openParties(city.home);
  try {
    await page.goto(`${city.url}/links/${LINK.name}`);
    await setPaused(city, true);
    // Said once the relay itself has said it: from here on nothing is carried.
    await page.getByText('Paused: the relay leaves this link alone').waitFor({ timeout: CARRIED_MS });
    await figureOf(page, 'State').getByText('Paused').waitFor({ timeout: CARRIED_MS });
    const fine = await openFine(parties);
    await payFine(parties, fine);
    // That of a first try may wait beside it.
    const packets = page.getByRole('grid', { name: 'Packets on their way' }).getByRole('row').filter({ hasText: 'transport.fine' });
    const packet = packets.first();
    await packet.waitFor({ timeout: CARRIED_MS });
    await seeWaitGrow(page);
    await packet.getByRole('button', { name: /^Show proof/ }).click();
    await page.getByText(/Checked here: proven at height/).waitFor({ timeout: CARRIED_MS });
    await setPaused(city, false);
    await packet.waitFor({ state: 'detached', timeout: CARRIED_MS });
    await figureOf(page, 'State').getByText('Flowing').waitFor({ timeout: CARRIED_MS });
    await waitFor('the receipt of the fine', () => hasReceipt(parties, fine), CARRIED_MS);
  } finally {
    await setPaused(city, false);
    parties.close();
  }
}

async function seeWaitGrow(page: Page): Promise<void> {
  await waitFor('a packet that waits', async () => (await oldestWaitS(page)) > 0, CARRIED_MS);
  const before = await oldestWaitS(page);
  await waitFor('a longer wait', async () => (await oldestWaitS(page)) > before, CARRIED_MS);
}
