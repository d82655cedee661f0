import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { totpCodeOf, totpStepOf } from './password/totp.ts';
import { type Browser, claimsOf, makePkce, type Page } from './testing/browser.ts';
import { City, PASSWORD } from './testing/city.ts';

const STEP_UP = { claims: JSON.stringify({ id_token: { acr: { values: ['2'], essential: true } } }) };
const secretOf = (page: Page): string => />([A-Z2-7 ]{32,})</.exec(page.text)?.[1]?.replaceAll(' ', '') ?? '';

describe('a second factor', () => {
  let city: City;
  let browser: Browser;
  // The provider goes by the real clock: this one only runs ahead of it.
  let nowMs = Date.now();
  beforeAll(async () => {
    city = await City.start({ nowUnixMs: () => nowMs });
    await city.firstSignIn(city.browser(), 'li.na', 'one-time-password-1');
  });
  beforeEach(() => {
    browser = city.browser();
    nowMs += 3_600_000;
  });
  afterAll(() => city.stop());

  const codeNow = (secret: string): string => totpCodeOf(secret, totpStepOf(nowMs / 1000));

  async function enrol(): Promise<{ readonly secret: string; readonly page: Page; readonly pkce: ReturnType<typeof makePkce> }> {
    const pkce = makePkce();
    const enrolment = await browser.submit(await browser.send(city.authorizeUrl(pkce, STEP_UP)), { username: 'li.na', password: PASSWORD });
    const secret = secretOf(enrolment);
    expect(enrolment.text).toContain('<svg class="qr" role="img"');
    const wrong = await browser.submit(enrolment, { code: '000000' });
    expect(wrong.status).toBe(400);
    expect(secretOf(wrong)).toBe(secret);
    return { secret, pkce, page: await browser.submit(wrong, { code: codeNow(secret) }) };
  }

  test('is enrolled after the password at the first step-up, then asked for, and no code works twice', async () => {
    const { secret, page, pkce } = await enrol();
    expect(claimsOf((await city.redeem(page, pkce)).access_token)).toMatchObject({ acr: '2' });

    const other = city.browser();
    const ask = await other.submit(await other.send(city.authorizeUrl(pkce, { acr_values: '2' })), {
      username: 'li.na',
      password: PASSWORD,
    });
    expect(ask.text).toContain('输入验证码');
    const replayed = await other.submit(ask, { code: codeNow(secret) });
    expect(replayed.text).toContain('已经用过');
    nowMs += 30_000;
    const done = await other.submit(replayed, { code: codeNow(secret) });
    expect(claimsOf((await city.redeem(done, pkce)).access_token)).toMatchObject({ acr: '2' });
  });

  test('an open session is asked for the code alone, with a fresh sign-in for the password too', async () => {
    const pkce = makePkce();
    const page = await browser.submit(await browser.send(city.authorizeUrl(pkce)), { username: 'li.na', password: PASSWORD });
    const before = claimsOf((await city.redeem(page, pkce)).access_token);
    expect(before).toMatchObject({ acr: '1' });
    expect((await browser.send(city.authorizeUrl(pkce, STEP_UP))).text).toContain('name="code"');
    const fresh = await browser.send(city.authorizeUrl(pkce, { ...STEP_UP, prompt: 'login' }));
    expect(fresh.text).toContain('请确认是您本人');
    expect(fresh.text).not.toContain('name="username"');
    expect((await browser.send(city.authorizeUrl(pkce, { ...STEP_UP, prompt: 'none' }))).url.searchParams.get('error')).toBe(
      'login_required',
    );
  });

  test('a request for the level below proves nothing anew: it asks for the password', async () => {
    const pkce = makePkce();
    const ask = await browser.submit(await browser.send(city.authorizeUrl(pkce, STEP_UP)), { username: 'li.na', password: PASSWORD });
    const { secret } = JSON.parse(await readFile(join(city.folder, 'users.json'), 'utf8')).users[0].totp as { secret: string };
    expect((await browser.submit(ask, { code: codeNow(secret) })).url.searchParams.has('code')).toBe(true);
    const claims = JSON.stringify({ id_token: { acr: { value: '1', essential: true } } });
    expect((await browser.send(city.authorizeUrl(pkce, { claims }))).text).toContain('请确认是您本人');
  });

  test('guesses of the code are not bought with the password', async () => {
    const pkce = makePkce();
    let page = await browser.submit(await browser.send(city.authorizeUrl(pkce, STEP_UP)), { username: 'li.na', password: PASSWORD });
    for (let guess = 0; guess < 5; guess += 1) page = await browser.submit(page, { code: '000000' });
    const again = city.browser();
    const fresh = await again.submit(await again.send(city.authorizeUrl(pkce, STEP_UP)), { username: 'li.na', password: PASSWORD });
    expect((await again.submit(fresh, { code: '000000' })).text).toContain('请等待 30 秒');
  });

  test('a level that does not exist is told to the client, not asked for without end', async () => {
    const claims = JSON.stringify({ id_token: { acr: { values: ['7'], essential: true } } });
    const page = await browser.send(city.authorizeUrl(makePkce(), { claims }));
    expect(page.url.searchParams.get('error')).toBe('unmet_authentication_requirements');
  });
});

describe('changing the password', () => {
  let city: City;
  beforeEach(async () => {
    city = await City.start();
    await city.firstSignIn(city.browser(), 'li.na', 'one-time-password-1');
  });
  afterEach(() => city.stop());

  test('at will needs the present one, keeps this session, and ends tokens of others', async () => {
    const browser = city.browser();
    const pkce = makePkce();
    const page = await browser.submit(await browser.send(city.authorizeUrl(pkce)), { username: 'li.na', password: PASSWORD });
    await city.redeem(page, pkce);
    const ask = await browser.send(city.authorizeUrl(pkce, { kc_action: 'UPDATE_PASSWORD' }));
    expect(ask.text).toContain('请确认是您本人');
    const change = await browser.submit(ask, { password: PASSWORD });
    const other = 'nine copper bells ring';
    const done = await browser.submit(change, { password: other, repeat: other });
    expect((await city.redeem(done, pkce)).access_token).toBeDefined();
    expect((await browser.send(city.authorizeUrl(pkce, { prompt: 'none' }))).url.searchParams.has('code')).toBe(true);
    const old = city.browser();
    expect((await old.submit(await old.send(city.authorizeUrl(pkce)), { username: 'li.na', password: PASSWORD })).text).toContain(
      '密码不正确',
    );
  });

  test.each([
    ['short', 'short', '密码太短'],
    ['one character', 'aaaaaaaaaaaaaaaa', '重复的字符太多'],
    ['with the name', 'my name is li.na indeed', '含有您的姓名'],
    ['the present one', PASSWORD, '当前的密码'],
    ['too long', 'x1y2z3'.repeat(50), '密码太长'],
  ])('a new password that is %s is not taken', async (_name, password, said) => {
    const browser = city.browser();
    const ask = await browser.send(city.authorizeUrl(makePkce(), { kc_action: 'UPDATE_PASSWORD' }));
    const change = await browser.submit(ask, { username: 'li.na', password: PASSWORD });
    expect((await browser.submit(change, { password, repeat: password })).text).toContain(said);
    expect((await browser.submit(change, { password: 'seven green kettles', repeat: 'eight green kettles' })).text).toContain('不一致');
  });
});
