import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { claimsOf } from './testing/browser.ts';
import { City } from './testing/city.ts';

describe('frames of keycloak-js', () => {
  let city: City;
  beforeAll(async () => {
    city = await City.start();
  });
  afterAll(() => city.stop());

  const PROTOCOL = '/protocol/openid-connect';

  test.each(['/3p-cookies/step1.html', '/login-status-iframe.html'])('%s and its script are served to our own origin', async (path) => {
    const page = await fetch(city.realm(`${PROTOCOL}${path}`));
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'self'");
    const source = /<script src="([^"]+)">/.exec(await page.text())?.[1] ?? '';
    const script = await fetch(new URL(source, page.url));
    expect(script.headers.get('content-type')).toContain('text/javascript');
    expect(await script.text()).toContain('postMessage');
  });

  test('the status frame knows the browser’s session from another one and from none', async () => {
    const browser = city.browser();
    const { page, pkce } = await city.firstSignIn(browser, 'li.na', 'one-time-password-1');
    const sid = String(claimsOf((await city.redeem(page, pkce)).access_token)['sid']);
    const statusOf = async (session: string, from = browser): Promise<number> =>
      (await from.send(city.realm(`${PROTOCOL}/login-status-iframe.html/init?client_id=console&session_state=${session}`))).status;
    expect(await statusOf(sid)).toBe(204);
    expect(await statusOf('another')).toBe(403);
    expect(await statusOf('')).toBe(403);
    expect(await statusOf('', city.browser())).toBe(204);
    expect(await statusOf(sid, city.browser())).toBe(403);
  });

  test('the style sheet is the one thing that pages load', async () => {
    const style = await fetch(city.realm('/pages/style.css'));
    expect(style.headers.get('content-type')).toContain('text/css');
    expect(await style.text()).toContain('prefers-color-scheme: dark');
  });
});
