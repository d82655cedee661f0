import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { claimsOf, makePkce } from './testing/browser.ts';
import { City, PASSWORD } from './testing/city.ts';

describe('signing in to the console', () => {
  let city: City;
  beforeAll(async () => {
    city = await City.start();
  });
  afterAll(() => city.stop());

  test('somebody of the seed changes the one-time password and gets the claims of their agency', async () => {
    const { pkce, page } = await city.firstSignIn(city.browser(), 'li.na', 'one-time-password-1');
    expect(page.url.searchParams.get('state')).toBe('state-1');
    expect(page.url.searchParams.get('iss')).toBe(city.identity?.issuer);
    const tokens = await city.redeem(page, pkce);
    const jwks = (await (await fetch(city.realm('/protocol/openid-connect/certs'))).json()) as JSONWebKeySet;
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, createLocalJWKSet(jwks), {
      issuer: city.realm(''),
      audience: 'console-api',
    });
    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'JWT' });
    expect(payload).toMatchObject({
      typ: 'Bearer',
      azp: 'console',
      acr: '1',
      preferred_username: 'li.na',
      name: '李娜',
      email: 'li.na@hospital.example',
      locale: 'zh-CN',
      realm_access: { roles: [] },
      organization: { 'hospital-1': { groups: ['/owner', '/auditor'] } },
    });
    expect(payload.exp).toBe((payload.iat ?? 0) + 300);
    expect(payload['auth_time']).toBeLessThanOrEqual(payload.iat ?? 0);
    expect(claimsOf(tokens.id_token)).toMatchObject({ aud: 'console', nonce: 'nonce-1', sub: payload.sub });
    expect(payload['sid']).toMatch(/^[\w-]{20,}$/);
    expect(claimsOf(tokens.refresh_token)).toMatchObject({ typ: 'Refresh' });
    const userinfo = await fetch(city.realm('/protocol/openid-connect/userinfo'), {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect(await userinfo.json()).toMatchObject({ sub: payload.sub, preferred_username: 'li.na' });
  });

  test('discovery names the paths of Keycloak, whatever host the request names', async () => {
    const answer = await fetch(city.realm('/.well-known/openid-configuration'), { headers: { 'x-forwarded-host': 'evil.example' } });
    expect(await answer.json()).toMatchObject({
      issuer: city.realm(''),
      authorization_endpoint: city.realm('/protocol/openid-connect/auth'),
      token_endpoint: city.realm('/protocol/openid-connect/token'),
      jwks_uri: city.realm('/protocol/openid-connect/certs'),
      end_session_endpoint: city.realm('/protocol/openid-connect/logout'),
    });
  });

  test.each([
    ['of the console', '', 'invalid_grant'],
    ['of another origin', 'https://evil.example', 'invalid_request'],
  ])('the token call of a page %s is told', async (_name, origin, error) => {
    const answer = await fetch(city.realm('/protocol/openid-connect/token'), {
      method: 'POST',
      headers: { origin: origin === '' ? city.origin : origin },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'console',
        code: 'x',
        redirect_uri: `${city.origin}/`,
        code_verifier: 'v'.repeat(43),
      }),
    });
    expect(await answer.json()).toMatchObject({ error });
  });

  test('a session answers without a page, and prompt=none without a session is told to sign in', async () => {
    const browser = city.browser();
    const pkce = makePkce();
    const none = await browser.send(city.authorizeUrl(pkce, { prompt: 'none' }));
    expect(none.url.searchParams.get('error')).toBe('login_required');
    const page = await browser.submit(await browser.send(city.authorizeUrl(pkce)), {
      username: 'LI.NA@hospital.example',
      password: PASSWORD,
    });
    await city.redeem(page, pkce);
    const again = await browser.send(city.authorizeUrl(pkce, { prompt: 'none' }));
    expect((await city.redeem(again, pkce)).access_token).toBeDefined();
  });

  test('a refresh token works once; using it again ends what it granted', async () => {
    const browser = city.browser();
    const pkce = makePkce();
    const page = await browser.submit(await browser.send(city.authorizeUrl(pkce)), { username: 'li.na', password: PASSWORD });
    const first = await city.redeem(page, pkce);
    const second = await city.refresh(first.refresh_token);
    expect(second.status).toBe(200);
    const tokens = (await second.json()) as typeof first;
    expect(claimsOf(tokens.access_token)).toMatchObject({ acr: '1', organization: { 'hospital-1': {} } });
    expect((await city.refresh(first.refresh_token)).status).toBe(400);
    expect((await city.refresh(tokens.refresh_token)).status).toBe(400);
  });

  test('a second tab does not end the refresh tokens of the first', async () => {
    const browser = city.browser();
    const pkce = makePkce();
    const page = await browser.submit(await browser.send(city.authorizeUrl(pkce)), { username: 'li.na', password: PASSWORD });
    const first = await city.redeem(page, pkce);
    await city.redeem(await browser.send(city.authorizeUrl(pkce, { prompt: 'none' })), pkce);
    expect((await city.refresh(first.refresh_token)).status).toBe(200);
  });

  test('signing out with the ID token ends session and refresh tokens at once', async () => {
    const browser = city.browser();
    const pkce = makePkce();
    const page = await browser.submit(await browser.send(city.authorizeUrl(pkce)), { username: 'li.na', password: PASSWORD });
    const tokens = await city.redeem(page, pkce);
    const query = new URLSearchParams({
      client_id: 'console',
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: `${city.origin}/`,
      state: 's',
    });
    const out = await browser.send(city.realm(`/protocol/openid-connect/logout?${query.toString()}`));
    expect(out.url.href).toBe(`${city.origin}/?state=s`);
    expect((await city.refresh(tokens.refresh_token)).status).toBe(400);
    const none = await browser.send(city.authorizeUrl(pkce, { prompt: 'none' }));
    expect(none.url.searchParams.get('error')).toBe('login_required');
    const twice = await browser.send(city.realm(`/protocol/openid-connect/logout?${query.toString()}`));
    expect(twice.url.href).toBe(`${city.origin}/?state=s`);
  });

  test('signing out without a proof asks first, and never leaves for an address that is not registered', async () => {
    const browser = city.browser();
    const pkce = makePkce();
    await browser.submit(await browser.send(city.authorizeUrl(pkce)), { username: 'li.na', password: PASSWORD });
    const ask = await browser.send(city.realm('/protocol/openid-connect/logout'));
    expect(ask.text).toContain('要退出登录吗');
    const done = await browser.submit(ask, { logout: 'yes' });
    expect(done.text).toContain('您已退出登录');
    const evil = new URLSearchParams({ client_id: 'console', post_logout_redirect_uri: 'https://evil.example/' });
    const stays = await browser.send(city.realm(`/protocol/openid-connect/logout?${evil.toString()}`));
    expect(stays.url.origin).toBe(city.origin);
  });

  test.each([
    ['another redirect', { redirect_uri: 'https://evil.example/' }],
    ['a redirect below a registered one', { redirect_uri: 'ORIGIN/deeper' }],
    ['an unknown client', { client_id: 'nobody' }],
  ])('%s gets a page and no redirect', async (_name, more) => {
    const changed = Object.fromEntries(Object.entries(more).map(([key, value]) => [key, value.replace('ORIGIN', city.origin)]));
    const page = await city.browser().send(city.authorizeUrl(makePkce(), changed));
    expect(page.status).toBe(400);
    expect(page.url.origin).toBe(city.origin);
    expect(page.text).toContain('操作未能完成');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('without PKCE, or with a wrong verifier, there are no tokens', async () => {
    const pkce = makePkce();
    const bare = new URL(city.authorizeUrl(pkce));
    bare.searchParams.delete('code_challenge');
    bare.searchParams.delete('code_challenge_method');
    expect((await city.browser().send(bare)).url.searchParams.get('error')).toBe('invalid_request');
    const browser = city.browser();
    const page = await browser.submit(await browser.send(city.authorizeUrl(pkce)), { username: 'li.na', password: PASSWORD });
    expect(await city.redeem(page, makePkce())).toMatchObject({ error: 'invalid_grant' });
    // One guess spends the code.
    expect(await city.redeem(page, pkce)).toMatchObject({ error: 'invalid_grant' });
  });

  test('a code works once', async () => {
    const browser = city.browser();
    const pkce = makePkce();
    const page = await browser.submit(await browser.send(city.authorizeUrl(pkce)), { username: 'li.na', password: PASSWORD });
    const tokens = await city.redeem(page, pkce);
    expect(await city.redeem(page, pkce)).toMatchObject({ error: 'invalid_grant' });
    expect((await city.refresh(tokens.refresh_token)).status).toBe(400);
  });

  test('the scope of one agency gives that agency only, no scope gives none', async () => {
    const browser = city.browser();
    const pkce = makePkce();
    await browser.submit(await browser.send(city.authorizeUrl(pkce)), { username: 'li.na', password: PASSWORD });
    const one = await city.redeem(await browser.send(city.authorizeUrl(pkce, { scope: 'openid organization:hospital-1' })), pkce);
    expect(claimsOf(one.access_token)).toMatchObject({ organization: { 'hospital-1': {} } });
    const other = await city.redeem(await browser.send(city.authorizeUrl(pkce, { scope: 'openid organization:court-1' })), pkce);
    expect(claimsOf(other.access_token)).not.toHaveProperty('organization');
    const none = await city.redeem(await browser.send(city.authorizeUrl(pkce, { scope: 'openid' })), pkce);
    expect(claimsOf(none.access_token)).not.toHaveProperty('organization');
  });
});
