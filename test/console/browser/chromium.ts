import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
export const chromiumPath = CANDIDATES.find((path) => existsSync(path));
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
/** A page of a busy machine: how long any one thing may take. */
export const PAGE_TIMEOUT_MS = 60_000;

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath ?? '', args: [...FLAGS, '--disable-component-update', '--disable-sync'] });
}

export interface View {
  readonly locale: 'zh-CN' | 'en';
  readonly colours?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
}

const COUNT_BROKEN_POLICIES = `
  window.brokenPolicies = [];
  document.addEventListener('securitypolicyviolation', (event) => window.brokenPolicies.push(event.violatedDirective + ' ' + event.blockedURI));
`;

/** A person's own browser window: cookies and storage of its own; what breaks the content security policy is counted. */
export async function openWindow(
  browser: Browser,
  { locale, colours = 'light', width = 1280, height = 900 }: View,
): Promise<BrowserContext> {
  const context = await browser.newContext({ locale, colorScheme: colours, viewport: { width, height }, reducedMotion: 'reduce' });
  context.setDefaultTimeout(PAGE_TIMEOUT_MS);
  await context.addInitScript({ content: COUNT_BROKEN_POLICIES });
  return context;
}

/** What has broken the content security policy since the page was loaded, or since this was last asked. */
export function brokenPolicies(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>('window.brokenPolicies.splice(0)');
}
