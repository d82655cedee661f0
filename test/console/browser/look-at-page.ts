import { AxeBuilder } from '@axe-core/playwright';
import { waitFor } from '@civitas/testkit';
import type { Page } from 'playwright-core';
import { brokenPolicies, PAGE_TIMEOUT_MS, type View } from './chromium.ts';

/** Waits until a page shows what it has to show: its heading, and nothing that still loads. */
export async function settle(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  await waitFor('a page that loads no more', async () => (await page.locator('.pf-v6-c-spinner').count()) === 0, PAGE_TIMEOUT_MS);
}

/**
 * Goes to a page of the console that is open as its own links do, without loading it all anew; where another part of the same page is asked
 * for, whose heading stays, it is loaded.
 */
export async function visit(page: Page, url: string): Promise<void> {
  const [from, to] = [new URL(page.url()), new URL(url)];
  if (from.origin !== to.origin || from.pathname === to.pathname) {
    await page.goto(url);
    return;
  }
  await settle(page);
  await page.evaluate("for (const heading of document.querySelectorAll('h1')) heading.dataset.left = 'yes'");
  await page.evaluate(`history.pushState({}, '', ${JSON.stringify(`${to.pathname}${to.search}`)})`);
  await page.locator('h1:not([data-left])').first().waitFor();
}

/** All that the house rules of pages say against one as it is now. */
export async function pageFaults(page: Page, locale: View['locale']): Promise<readonly string[]> {
  return [
    ...(await accessFaults(page)),
    ...(await brokenPolicies(page)),
    ...(locale === 'zh-CN' ? (await strayEnglish(page)).map((text) => `English in Chinese: ${text}`) : []),
    ...(await narrowFaults(page)),
  ];
}

/** Widths of a small phone, and of 200 % zoom on 1280 px. */
const NARROW_PX = [320, 640] as const;

/** What does not fit a narrow window of the page that is open. */
export async function narrowFaults(page: Page): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const widthPx of NARROW_PX) {
    const overflowPx = await overflowOf(page, widthPx);
    if (overflowPx > 0) faults.push(`${overflowPx} px wider than ${widthPx} px`);
  }
  return faults;
}

const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** What the rules of accessibility say against a page as it is now. */
export async function accessFaults(page: Page): Promise<readonly string[]> {
  await settle(page);
  // In the page itself, as it has no frames of others: else each look opens a page more to put its answers together.
  const { violations } = await new AxeBuilder({ page }).withTags(AXE_TAGS).setLegacyMode().analyze();
  return violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html.slice(0, 160) ?? ''}`);
}

/** How much wider than a window of `widthPx` the page is, px; the window keeps its former size afterwards. */
export async function overflowOf(page: Page, widthPx: number): Promise<number> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: widthPx, height: 800 });
  const overflowPx = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
  if (before !== null) await page.setViewportSize(before);
  return Math.max(0, overflowPx);
}

/** Names that stand as they are in every language. */
const NAMES =
  /Civitas|CometBFT|jincheng|[a-z]+(-[a-z]+)*-\d+|[\w.-]+@[\w.-]+|\b(fund-centre|citizen-portal|civil-affairs|health-commission|traffic-police|(city|courts|health)-\w+|city|health|housing|courts|transport|relay|hospital|bank|court)\b|\d*Gi\b/g;

/** Texts and names that pages give, but for what is marked as another language or as text for machines. */
const OUR_TEXTS = `(() => {
  const ours = (element) =>
    element !== null && element.closest('[lang]:not([lang="zh-CN"]), code, pre, script, noscript, option, .civitas-code') === null;
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (ours(walker.currentNode.parentElement)) found.push(walker.currentNode.textContent ?? '');
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]'))
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) if (ours(element)) found.push(element.getAttribute(name) ?? '');
  return found;
})()`;

/** Words of three or more Latin letters that a Chinese page says to people: texts, names of fields and pictures. */
export async function strayEnglish(page: Page): Promise<readonly string[]> {
  const texts = await page.evaluate<readonly string[]>(OUR_TEXTS);
  return [...new Set(texts.filter((text) => /[A-Za-z]{3,}/.test(text.replaceAll(NAMES, ''))).map((text) => text.trim().slice(0, 80)))];
}

/** What the thing says that has the focus. */
export function focusedText(page: Page): Promise<string> {
  return page.evaluate<string>("document.activeElement?.textContent ?? ''");
}
