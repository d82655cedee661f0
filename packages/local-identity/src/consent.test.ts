import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Browser, claimsOf, makePkce } from './testing/browser.ts';
import { City, PASSWORD } from './testing/city.ts';

const REPORTS = { clientId: 'reports', name: '报表系统', secret: 'secret-of-the-reports', redirectUris: ['https://reports.example/back'] };

describe('a client of somebody else', () => {
  let city: City;
  beforeAll(async () => {
    city = await City.start({ foreignClients: [REPORTS] });
    await city.firstSignIn(city.browser(), 'li.na', 'one-time-password-1');
  });
  afterAll(() => city.stop());

  const reports = { client_id: 'reports', redirect_uri: 'https://reports.example/back', scope: 'openid profile organization:*' };
  const ask = async (pkce = makePkce()) => {
    const browser = new Browser((url) => url.origin === 'https://reports.example');
    const page = await browser.send(city.authorizeUrl(pkce, reports));
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self' https://reports.example;");
    return { browser, pkce, page: await browser.submit(page, { username: 'li.na', password: PASSWORD }) };
  };

  test('learns who somebody is only after they were asked, and is asked for once', async () => {
    const { browser, pkce, page } = await ask();
    expect(page.text).toContain('允许 报表系统 使用您的登录吗');
    expect(page.text).toContain('您所属的机构');
    const back = await browser.submit(page, {});
    const form = {
      grant_type: 'authorization_code',
      redirect_uri: reports.redirect_uri,
      code: back.url.searchParams.get('code') ?? '',
      code_verifier: pkce.verifier,
    };
    const basic = Buffer.from(`reports:${REPORTS.secret}`).toString('base64');
    const tokens = (await (await city.token(form, { authorization: `Basic ${basic}` })).json()) as { access_token: string };
    expect(claimsOf(tokens.access_token)).toMatchObject({ azp: 'reports', organization: { 'hospital-1': {} } });
    const again = await browser.send(city.authorizeUrl(pkce, reports));
    expect(again.url.searchParams.has('code')).toBe(true);
  });

  test('is told when the answer is no', async () => {
    const { browser, page } = await ask();
    const back = await browser.submit(page, { verb: 'deny' });
    expect(back.url.searchParams.get('error')).toBe('access_denied');
  });
});
