import { waitFor } from '@civitas/testkit';
import type { Browser, Page } from 'playwright-core';
import { openWindow, PAGE_TIMEOUT_MS } from '../../test/console/browser/chromium.ts';
import { type ConsoleCity, openAs } from '../../test/console/browser/console-city.ts';
import { quantileOf } from '../quantiles.ts';

// The stream of events never ends, so that the network is never idle: the last paint is the one that none has followed for a second.
const OBSERVE = `new Promise((resolve) => {
  let [last, at] = [0, performance.now()];
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) [last, at] = [entry.startTime, performance.now()]; })
    .observe({ type: 'largest-contentful-paint', buffered: true });
  const look = () => (last > 0 && performance.now() - at > 1000 ? resolve(last) : setTimeout(look, 50));
  look();
})`;

/** Milliseconds from the navigation to the largest contentful paint. */
async function paintedMs(page: Page): Promise<number> {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  return page.evaluate<number>(OBSERVE);
}

/** Somebody signed in: their window, and the token that their pages send. */
export interface SignedIn {
  readonly page: Page;
  readonly authorization: string;
}

export async function signIn(browser: Browser, city: ConsoleCity, username: string): Promise<SignedIn> {
  const page = await (await openWindow(browser, { locale: 'en' })).newPage();
  let authorization = '';
  page.on('request', (request) => {
    const sent = request.headers()['authorization'];
    if (sent?.startsWith('Bearer ') === true && request.url().includes('/api/v1/')) authorization = sent;
  });
  await openAs(page, city, city.person(username), '/networks');
  await waitFor(`a token of ${username}`, () => authorization !== '', PAGE_TIMEOUT_MS);
  return { page, authorization };
}

/** Largest contentful paint, ms: of a first visit with nothing kept, and of pages of somebody signed in. Medians of `times`. */
export async function measurePaints(
  browser: Browser,
  city: ConsoleCity,
  { page }: SignedIn,
  times: number,
): Promise<Readonly<Record<string, number>>> {
  const first: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const context = await openWindow(browser, { locale: 'en' });
    const visit = await context.newPage();
    await visit.goto(city.url);
    first.push(await paintedMs(visit));
    await context.close();
  }
  const painted: Record<string, number> = { firstVisit: quantileOf(first, 0.5) };
  for (const path of ['/', '/networks', '/agencies']) {
    const samples: number[] = [];
    for (let time = 0; time < times; time += 1) {
      await page.goto(`${city.url}${path}`);
      samples.push(await paintedMs(page));
    }
    painted[path] = quantileOf(samples, 0.5);
  }
  return painted;
}
