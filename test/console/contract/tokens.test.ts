import { createTokenVerifier, isPlatformAdmin, isSteppedUp, rolesIn } from '@civitas/identity';
import { systemClock } from '@civitas/kube';
import { describe, expect, test } from '@jest/globals';
import { anOrganization, codeOf, contractCity, freshName, valueOf } from './contract-city.ts';
import { describeProfiles } from './describe-profiles.ts';
import { createPageBrowser } from './page-browser.ts';
import type { Profile, TestPerson } from './profile.ts';
import { authorizationRequest, exchangeCode, refresh, signIn, signOut } from './sign-in.ts';

/** Somebody who owns one agency and is in another without roles. */
async function anOwner(profile: Profile): Promise<{ readonly person: TestPerson; readonly owned: string; readonly other: string }> {
  const { operator, console } = contractCity(profile);
  const [owned, other] = [freshName('hospital'), freshName('bureau')];
  for (const alias of [owned, other]) await operator.ensureOrganization(anOrganization(alias));
  const person = await profile.createPerson({ username: freshName('mei'), firstName: 'Mei', lastName: 'Li' });
  valueOf(await console.addMember(owned, person.email, ['owner', 'auditor']));
  valueOf(await console.addMember(other, person.email, []));
  return { person, owned, other };
}

const nowUnixS = (): number => Math.floor(Date.now() / 1000);

describeProfiles('tokens', (profile) => {
  test('say who somebody is and what in which agency, for five minutes', async () => {
    const { verifier } = contractCity(profile());
    const { person, owned, other } = await anOwner(profile());
    const tokens = await signIn(profile(), person);
    const { principal, expiresAtUnixS } = valueOf(await verifier.verify(tokens.accessToken));
    expect(principal).toMatchObject({ sub: person.id, name: 'Mei Li', azp: 'console', acr: '1', platformRoles: [] });
    expect([...rolesIn(principal, owned)].sort()).toEqual(['auditor', 'owner']);
    expect(Object.keys(principal.organizations).sort()).toEqual([owned, other].sort());
    expect(rolesIn(principal, other)).toEqual([]);
    expect(tokens.expiresInS).toBeLessThanOrEqual(300);
    expect(expiresAtUnixS - principal.authTimeUnixS).toBeLessThan(3600);
    expect(isPlatformAdmin(principal)).toBe(false);
  });

  test('name the platform admin, and what is asked for one agency names no other', async () => {
    const { verifier } = contractCity(profile());
    const admin = await profile().createPerson({ username: freshName('admin'), firstName: 'Ada', lastName: 'Min', isPlatformAdmin: true });
    const { principal } = valueOf(await verifier.verify((await signIn(profile(), admin)).accessToken));
    expect(isPlatformAdmin(principal)).toBe(true);
    expect({ ...principal.organizations }).toEqual({});
  });

  test('of a disabled organization give nothing in it', async () => {
    const { operator, verifier } = contractCity(profile());
    const { person, owned, other } = await anOwner(profile());
    await operator.ensureOrganization({ ...anOrganization(owned), enabled: false });
    const { principal } = valueOf(await verifier.verify((await signIn(profile(), person)).accessToken));
    expect(Object.keys(principal.organizations)).toEqual([other]);
  });

  test('that are no access tokens, or of another issuer or audience, are refused', async () => {
    const { verifier } = contractCity(profile());
    const { person } = await anOwner(profile());
    const { accessToken, idToken, refreshToken } = await signIn(profile(), person);
    expect(codeOf(await verifier.verify(idToken))).toMatch(/TOKEN_(AUDIENCE|TYPE)/);
    expect(codeOf(await verifier.verify(refreshToken))).toMatch(/^TOKEN_/);
    const [head = '', body = '', signature = ''] = accessToken.split('.');
    const claims = { ...(JSON.parse(Buffer.from(body, 'base64url').toString()) as object), realm_access: { roles: ['platform-admin'] } };
    const forged = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    expect(codeOf(await verifier.verify(forged))).toBe('TOKEN_SIGNATURE');
    const { issuer } = profile();
    const keysUrl = `${issuer}/protocol/openid-connect/certs`;
    const verifierOf = (changes: { readonly issuer?: string; readonly audience?: string }) =>
      createTokenVerifier({ issuer, audience: 'console-api', keysUrl, clock: systemClock, ...changes });
    expect(codeOf(await verifierOf({ issuer: `${issuer}-2` }).verify(accessToken))).toBe('TOKEN_ISSUER');
    expect(codeOf(await verifierOf({ audience: 'account' }).verify(accessToken))).toBe('TOKEN_AUDIENCE');
    const late = { nowUnixMs: () => Date.now() + 3_600_000 };
    expect(codeOf(await createTokenVerifier({ issuer, audience: 'console-api', clock: late }).verify(accessToken))).toBe('TOKEN_EXPIRED');
  });

  test('are refreshed with rotation, and a refresh token that is used twice ends the session', async () => {
    const { verifier } = contractCity(profile());
    const { person } = await anOwner(profile());
    const first = await signIn(profile(), person);
    const second = await refresh(profile(), first.refreshToken);
    expect(second.status).toBe(200);
    expect(second.tokens?.refreshToken).not.toBe(first.refreshToken);
    expect(valueOf(await verifier.verify(second.tokens?.accessToken ?? '')).principal.sub).toBe(person.id);
    expect(await refresh(profile(), first.refreshToken)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await refresh(profile(), second.tokens?.refreshToken ?? '')).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  test('end with the sign-out', async () => {
    const { person } = await anOwner(profile());
    const browser = createPageBrowser();
    const tokens = await signIn(profile(), person, { browser });
    await signOut(profile(), tokens, browser);
    expect(await refresh(profile(), tokens.refreshToken)).toMatchObject({ status: 400, error: 'invalid_grant' });
    const silent = authorizationRequest(profile(), {}, { prompt: 'none' });
    const back = await browser.open(silent.url, profile().redirectUri);
    expect(new URL(back.url).searchParams.get('error')).toBe('login_required');
  });

  test('come without a page while the session lasts', async () => {
    const { verifier } = contractCity(profile());
    const { person } = await anOwner(profile());
    const browser = createPageBrowser();
    await signIn(profile(), person, { browser });
    const silent = authorizationRequest(profile(), {}, { prompt: 'none' });
    const back = new URL((await browser.open(silent.url, profile().redirectUri)).url);
    const { tokens } = await exchangeCode(profile(), back.searchParams.get('code') ?? '', silent.verifier);
    expect(valueOf(await verifier.verify(tokens?.accessToken ?? '')).principal.sub).toBe(person.id);
  });

  test('step up to a second factor that is enrolled on the way, and stay fresh for dangerous verbs', async () => {
    const { verifier } = contractCity(profile());
    const { person } = await anOwner(profile());
    const browser = createPageBrowser();
    const before = valueOf(await verifier.verify((await signIn(profile(), person, { browser })).accessToken)).principal;
    expect(isSteppedUp(before, nowUnixS())).toBe(false);
    const { principal } = valueOf(
      await verifier.verify((await signIn(profile(), person, { browser, acr: '2', maxAgeS: 300 })).accessToken),
    );
    expect(principal.acr).toBe('2');
    expect(isSteppedUp(principal, nowUnixS())).toBe(true);
    expect(isSteppedUp(principal, nowUnixS() + 600)).toBe(false);
    // Enrolled by now: a new browser is asked for a code.
    const again = valueOf(await verifier.verify((await signIn(profile(), person, { acr: '2' })).accessToken)).principal;
    expect(again.acr).toBe('2');
  });

  test('are not given for a wrong password', async () => {
    const { person } = await anOwner(profile());
    await expect(signIn(profile(), { ...person, password: 'not-the-password-of-anyone' })).rejects.toThrow();
  });

  describe('the authorization request', () => {
    test('without a code challenge is refused', async () => {
      const { url } = authorizationRequest(profile(), {}, { code_challenge: undefined, code_challenge_method: undefined });
      const page = await createPageBrowser().open(url, profile().redirectUri);
      expect(page.url).toContain('error=invalid_request');
    });

    test('to any other address is refused on the spot', async () => {
      for (const redirect of ['https://evil.test/', `${profile().redirectUri}other`, `${profile().redirectUri}@evil.test`]) {
        const { url } = authorizationRequest(profile(), {}, { redirect_uri: redirect });
        const page = await createPageBrowser().open(url, redirect);
        expect(page.status).toBeGreaterThanOrEqual(400);
      }
    });

    test('yields a code that only its verifier redeems, once', async () => {
      const { person } = await anOwner(profile());
      const pending = authorizationRequest(profile());
      const back = await profile().walkSignIn(pending.url, person, createPageBrowser());
      const code = back.searchParams.get('code') ?? '';
      expect((await exchangeCode(profile(), code, 'x'.repeat(64))).error).toBe('invalid_grant');
      expect((await exchangeCode(profile(), code, pending.verifier)).status).toBe(400);
    });
  });
});
