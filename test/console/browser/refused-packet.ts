import { openParties, runCase } from '@civitas/cli';
import type { Page } from 'playwright-core';
import { PAGE_TIMEOUT_MS } from './chromium.ts';
import type { ConsoleCity } from './console-city.ts';

/** A court waives a fine whose receipt an employer has claimed: the city's ledger refuses the packet that would reverse it. */
const CASE = { flow: 'traffic-fine', branch: 'claimed-receipt', seed: 7 } as const;

/**
 * Plays a case in which a packet is refused, and finds it on the link's page: how it ended, why in words and as code, and the operation that
 * proves it, checked in the browser.
 *
 * @param onFound while the page shows it.
 */
export async function findRefusedPacket(page: Page, city: ConsoleCity, onFound: () => Promise<void>): Promise<void> {
  const parties = openParties(city.home);
  try {
    await runCase({ ...CASE, parties });
  } finally {
    parties.close();
  }
  await page.goto(`${city.url}/links/city-transport`);
  const newest = page.getByRole('grid', { name: 'Failed' }).getByRole('row').filter({ hasText: 'STATE claimed' }).first();
  await newest.getByText('transport.fine → city.fiscal-receipt').waitFor({ timeout: PAGE_TIMEOUT_MS });
  await newest.getByText('Refused by the receiver').waitFor();
  await newest.getByText('The record there is not in a state that allows this').waitFor();
  await newest.scrollIntoViewIfNeeded();
  await onFound();
  await newest.getByRole('link', { name: /^Operation that ended packet \d+ of transport$/ }).click();
  await page.getByText('links@v1 acknowledge').waitFor();
  await page.getByText(/Checked here: proven at height/).waitFor();
}
