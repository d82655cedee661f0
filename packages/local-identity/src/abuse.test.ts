import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makePkce } from './testing/browser.ts';
import { City, PASSWORD } from './testing/city.ts';

describe('pages under attack', () => {
  let city: City;
  const clock = { ms: Date.now() };
  beforeAll(async () => {
    city = await City.start({ nowUnixMs: () => clock.ms });
    await city.firstSignIn(city.browser(), 'li.na', 'one-time-password-1');
  });
  afterAll(() => city.stop());

  const signInPage = () => {
    const browser = city.browser();
    return browser.send(city.authorizeUrl(makePkce())).then((page) => ({ browser, page }));
  };

  test('an unknown name, a wrong password and a disabled way in look the same', async () => {
    const { browser, page } = await signInPage();
    const known = await browser.submit(page, { username: 'li.na', password: 'not the password' });
    const unknown = await browser.submit(page, { username: 'nobody', password: 'not the password' });
    expect(known.status).toBe(400);
    expect(unknown.status).toBe(400);
    expect(unknown.text.replaceAll('nobody', 'li.na')).toBe(known.text);
  });

  test('after too many guesses also the right password waits, for known and unknown names, and time heals it', async () => {
    const { browser, page } = await signInPage();
    for (const username of ['admin', 'nobody-2']) {
      for (let guess = 0; guess < 5; guess += 1) await browser.submit(page, { username, password: 'not the password' });
      const paused = await browser.submit(page, { username, password: 'one-time-password-2' });
      expect(paused.text).toContain('请等待 30 秒后重试');
    }
    const byAddress = await browser.submit(page, { username: 'admin@city.example', password: 'one-time-password-2' });
    expect(byAddress.text).toContain('请等待 30 秒后重试');
    clock.ms += 30_001;
    expect((await browser.submit(page, { username: 'admin', password: 'one-time-password-2' })).text).toContain('设置新密码');
  });

  test('many guesses at once get no more than the free ones', async () => {
    clock.ms += 3_600_000;
    const { browser, page } = await signInPage();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => browser.submit(page, { username: 'li.na', password: 'not the password' })),
    );
    expect(answers.filter(({ text }) => text.includes('密码不正确')).length).toBeLessThanOrEqual(5);
    clock.ms += 3_600_000;
  });

  test('a form from another site, or of another browser, is refused', async () => {
    const { browser, page } = await signInPage();
    const fields = { username: 'li.na', password: PASSWORD };
    expect((await browser.submit(page, fields, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await browser.submit(page, fields, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await browser.submit(page, { ...fields, form: 'guessed' })).status).toBe(403);
    const other = await signInPage();
    const token = /name="form" value="([^"]+)"/.exec(other.page.text)?.[1] ?? '';
    expect((await browser.submit(page, { ...fields, form: token })).status).toBe(403);
    const strange = city.browser();
    expect((await strange.submit(page, fields)).status).toBe(400);
    expect((await browser.submit(page, fields)).url.searchParams.has('code')).toBe(true);
  });

  test('steps cannot be skipped by sending the form of a later one', async () => {
    const { browser, page } = await signInPage();
    const skipped = await browser.submit(page, { code: '123456', repeat: PASSWORD });
    expect(skipped.status).toBe(400);
    expect(skipped.text).toContain('name="username"');
  });

  test.each([
    ['larger than a form', { body: `username=${'x'.repeat(20_000)}` }, 413],
    ['of another type', { body: '{}', headers: { 'content-type': 'application/json' } }, 413],
  ])('a body %s is not read', async (_name, init, status) => {
    const { browser, page } = await signInPage();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', ...('headers' in init ? init.headers : {}) };
    expect((await browser.send(page.url, { method: 'POST', body: init.body, headers })).status).toBe(status);
  });

  test.each([
    ['PUT', '/login-actions/x', 405],
    ['GET', '/login-actions/unknown', 400],
    ['GET', '/login-actions/../../etc/passwd', 404],
    ['GET', '/login-actions/%2e%2e%2fkeys.json', 404],
    ['GET', '/account', 404],
  ])('%s %s answers %d', async (method, path, status) => {
    expect((await fetch(city.realm(path), { method, headers: { accept: 'text/html' } })).status).toBe(status);
  });

  test('every page is guarded: no script, no frame, nothing kept, and cookies out of reach', async () => {
    const { page } = await signInPage();
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.text).not.toMatch(/<script| style=| on\w+=/);
    const first = await fetch(city.authorizeUrl(makePkce()), { redirect: 'manual' });
    for (const cookie of first.headers.getSetCookie()) expect(cookie).toMatch(/httponly/i);
    for (const cookie of first.headers.getSetCookie()) expect(cookie).toMatch(/path=\/realms\/city/);
  });

  test('what is typed is given back as text', async () => {
    const { browser, page } = await signInPage();
    const answer = await browser.submit(page, { username: '"><script>alert(1)</script>', password: 'x' });
    expect(answer.text).not.toContain('<script>');
    expect(answer.text).toContain('&quot;&gt;&lt;script&gt;');
  });

  test('nothing failed on our side', () => {
    expect(city.events.filter((event) => event.startsWith('thrown') || event === 'identity-fault')).toEqual([]);
  });
});
