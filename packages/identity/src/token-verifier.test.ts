import { createHmac } from 'node:crypto';
import { fakeClock } from '@civitas/testkit';
import { describe, expect, test } from '@jest/globals';
import { IdentityFault } from './identity-fault.ts';
import { KEYS_AGE_MS_MAX, TOKEN_CHARS_MAX, TOKEN_LIFE_S_MAX } from './limits.ts';
import {
  AUDIENCE,
  aClaimSet,
  type Claims,
  forge,
  ISSUER,
  NOW_S,
  privateKeyOf,
  publicKeyOf,
  publishedKeys,
  strangers,
} from './testing/token-forge.ts';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';

const clock = fakeClock(NOW_S * 1000);
let reads = 0;

function aVerifier(fetchKeys: () => Promise<Response> = async () => Response.json(publishedKeys())): TokenVerifier {
  return createTokenVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    clock,
    fetch: async () => {
      reads += 1;
      return fetchKeys();
    },
  });
}

const verifier = aVerifier();
const codeOf = async (token: string, by = verifier): Promise<string> => {
  const result = await by.verify(token);
  return result.ok ? 'TAKEN' : result.refusal.code;
};
const withClaims = (changes: Claims): string => forge({ claims: aClaimSet(changes) });
const without = (...names: readonly string[]): string =>
  forge({ claims: Object.fromEntries(Object.entries(aClaimSet()).filter(([name]) => !names.includes(name))) });
const parts = (token: string): readonly [string, string, string] => {
  const [head = '', body = '', signature = ''] = token.split('.');
  return [head, body, signature];
};
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const flipped = (text: string, index: number): string =>
  `${text.slice(0, index)}${text[index] === 'A' ? 'B' : 'A'}${text.slice(index + 1)}`;

/** Signed with the provider's public key as if that were a secret: the oldest confusion. */
function symmetric(alg: 'HS256' | 'HS512', secret: string | Buffer, claims: Claims = aClaimSet()): string {
  const text = `${encoded({ alg, kid: 'key-RS256', typ: 'JWT' })}.${encoded(claims)}`;
  return `${text}.${createHmac(alg === 'HS256' ? 'sha256' : 'sha512', secret)
    .update(text)
    .digest('base64url')}`;
}

function unsigned(alg: string): string {
  return `${encoded({ alg, typ: 'JWT' })}.${encoded(aClaimSet())}.`;
}

const good = forge();
const [head, body, signature] = parts(good);
const publicPem = publicKeyOf('RS256').export({ type: 'spki', format: 'pem' });

describe('a token that holds', () => {
  test.each(['RS256', 'ES256', 'EdDSA'] as const)('signed with %s is taken', async (alg) => {
    const result = await verifier.verify(forge({ alg }));
    expect(result).toMatchObject({
      ok: true,
      value: { expiresAtUnixS: NOW_S + 300, principal: { name: '李梅', azp: 'console', acr: '1' } },
    });
  });

  test.each<readonly [string, string]>([
    ['with one audience as a text', withClaims({ aud: AUDIENCE })],
    ['with other audiences beside ours', withClaims({ aud: ['account', AUDIENCE] })],
    ['of type at+jwt without the claim typ', forge({ header: { typ: 'at+jwt' }, claims: aClaimSet({ typ: undefined }) })],
    ['that ended within the skew of clocks', withClaims({ iat: NOW_S - 300, exp: NOW_S - 29 })],
    ['that is from the future within it', withClaims({ iat: NOW_S + 29, nbf: NOW_S + 29 })],
  ])('%s is taken', async (_name, token) => {
    expect(await codeOf(token)).toBe('TAKEN');
  });
});

describe('a forged or foreign token', () => {
  test.each<readonly [string, string, string]>([
    ['that is empty', '', 'TOKEN_SIZE'],
    ['longer than any of ours', `${good}${'A'.repeat(TOKEN_CHARS_MAX)}`, 'TOKEN_SIZE'],
    ['that is a word', 'token', 'TOKEN_FORM'],
    ['of dots', '..', 'TOKEN_FORM'],
    ['with one part', head, 'TOKEN_FORM'],
    ['with two parts', `${head}.${body}`, 'TOKEN_FORM'],
    ['with four parts', `${good}.${signature}`, 'TOKEN_FORM'],
    ['with five parts, as an encrypted one has', `${good}.AAAA.AAAA`, 'TOKEN_FORM'],
    ['with a header that is no JSON', `AAAA.${body}.${signature}`, 'TOKEN_FORM'],
    ['with a header that is a list', `${encoded([])}.${body}.${signature}`, 'TOKEN_FORM'],
    ['with a space before it', ` ${good}`, 'TOKEN_SIGNATURE'],
    ['with a line break in it', `${head}.\n${body}.${signature}`, 'TOKEN_SIGNATURE'],
    ['with a signature that is no base64url', `${head}.${body}.!!!`, 'TOKEN_FORM'],
    ['with a payload that is no JSON', forge({ payload: 'no json' }), 'TOKEN_FORM'],
    ['with a payload that is a list', forge({ payload: '[]' }), 'TOKEN_FORM'],
    ['with a payload that is null', forge({ payload: 'null' }), 'TOKEN_FORM'],

    ['with alg none', unsigned('none'), 'TOKEN_ALGORITHM'],
    ['with alg None', unsigned('None'), 'TOKEN_ALGORITHM'],
    ['with alg NONE and a signature', `${encoded({ alg: 'NONE', typ: 'JWT' })}.${body}.${signature}`, 'TOKEN_ALGORITHM'],
    ['without alg', forge({ header: { alg: undefined } }), 'TOKEN_ALGORITHM'],
    ['with alg as a list', forge({ header: { alg: ['RS256'] } }), 'TOKEN_ALGORITHM'],
    ['signed with the public key as a secret, HS256', symmetric('HS256', publicPem), 'TOKEN_ALGORITHM'],
    ['signed with the public key as a secret, HS512', symmetric('HS512', publicPem), 'TOKEN_ALGORITHM'],
    ['signed with an empty secret', symmetric('HS256', ''), 'TOKEN_ALGORITHM'],
    ['with RS384', forge({ header: { alg: 'RS384' } }), 'TOKEN_ALGORITHM'],
    ['with RS512', forge({ header: { alg: 'RS512' } }), 'TOKEN_ALGORITHM'],
    ['with PS256', forge({ header: { alg: 'PS256' } }), 'TOKEN_ALGORITHM'],
    ['with ES384', forge({ header: { alg: 'ES384' } }), 'TOKEN_ALGORITHM'],
    ['with RS1', forge({ header: { alg: 'RS1' } }), 'TOKEN_ALGORITHM'],
    ['with alg in small letters', forge({ header: { alg: 'rs256' } }), 'TOKEN_ALGORITHM'],

    ['of a key that is not published', forge({ header: { kid: 'another' } }), 'TOKEN_KEY'],
    ['that names the key of another algorithm', forge({ header: { kid: 'key-ES256' } }), 'TOKEN_KEY'],
    ['that says ES256 and is signed with RSA', forge({ header: { alg: 'ES256', kid: 'key-ES256' } }), 'TOKEN_SIGNATURE'],
    ['that says EdDSA and is signed with RSA', forge({ header: { alg: 'EdDSA', kid: 'key-EdDSA' } }), 'TOKEN_SIGNATURE'],

    ['signed by a stranger under our key’s name', forge({ key: strangers.RS256.privateKey }), 'TOKEN_SIGNATURE'],
    ['signed by a stranger with EdDSA', forge({ alg: 'EdDSA', key: strangers.EdDSA.privateKey }), 'TOKEN_SIGNATURE'],
    [
      'that brings its own key in the header',
      forge({ header: { jwk: strangers.RS256.publicKey.export({ format: 'jwk' }) }, key: strangers.RS256.privateKey }),
      'TOKEN_SIGNATURE',
    ],
    [
      'that names where its keys are (jku)',
      forge({ header: { jku: 'https://evil.test/keys' }, key: strangers.RS256.privateKey }),
      'TOKEN_SIGNATURE',
    ],
    [
      'that names a certificate (x5u)',
      forge({ header: { x5u: 'https://evil.test/crt' }, key: strangers.RS256.privateKey }),
      'TOKEN_SIGNATURE',
    ],
    ['whose name was changed', `${head}.${encoded(aClaimSet({ sub: 'somebody-else' }))}.${signature}`, 'TOKEN_SIGNATURE'],
    [
      'whose roles were changed',
      `${head}.${encoded(aClaimSet({ realm_access: { roles: ['platform-admin'] } }))}.${signature}`,
      'TOKEN_SIGNATURE',
    ],
    ['whose end was moved', `${head}.${encoded(aClaimSet({ exp: NOW_S + 3000 }))}.${signature}`, 'TOKEN_SIGNATURE'],
    [
      'whose header was changed',
      `${encoded({ alg: 'RS256', kid: 'key-RS256', typ: 'JWT', x: 1 })}.${body}.${signature}`,
      'TOKEN_SIGNATURE',
    ],
    ['with a bit of its signature changed', `${head}.${body}.${flipped(signature, 7)}`, 'TOKEN_SIGNATURE'],
    ['with an empty signature', `${head}.${body}.`, 'TOKEN_SIGNATURE'],
    ['with the signature of another token', `${head}.${body}.${parts(withClaims({ sub: 'other' }))[2]}`, 'TOKEN_SIGNATURE'],
    ['with a cut signature', `${head}.${body}.${signature.slice(0, -8)}`, 'TOKEN_SIGNATURE'],
    ['with an extension that must be understood', forge({ header: { crit: ['b64'], b64: false } }), 'TOKEN_FORM'],
    ['with an unknown extension', forge({ header: { crit: ['exp'], exp: 1 } }), 'TOKEN_KEY'],

    ['of type ID in its claims', withClaims({ typ: 'ID' }), 'TOKEN_TYPE'],
    ['of type Refresh in its claims', withClaims({ typ: 'Refresh' }), 'TOKEN_TYPE'],
    ['of type Logout in its claims', withClaims({ typ: 'Logout' }), 'TOKEN_TYPE'],
    ['of type DPoP in its claims', withClaims({ typ: 'DPoP' }), 'TOKEN_TYPE'],
    ['without a type in its header', forge({ header: { typ: undefined } }), 'TOKEN_TYPE'],
    ['of type logout+jwt in its header', forge({ header: { typ: 'logout+jwt' } }), 'TOKEN_TYPE'],
    ['of type dpop+jwt in its header', forge({ header: { typ: 'dpop+jwt' } }), 'TOKEN_TYPE'],
    ['that is bound to a key', withClaims({ cnf: { jkt: 'x' } }), 'TOKEN_TYPE'],

    ['of another realm', withClaims({ iss: 'https://identity.example/realms/master' }), 'TOKEN_ISSUER'],
    ['of another provider', withClaims({ iss: 'https://evil.test/realms/city' }), 'TOKEN_ISSUER'],
    ['whose issuer has a slash more', withClaims({ iss: `${ISSUER}/` }), 'TOKEN_ISSUER'],
    ['whose issuer begins with ours', withClaims({ iss: `${ISSUER}.evil.test` }), 'TOKEN_ISSUER'],
    ['whose issuer is a list', withClaims({ iss: [ISSUER] }), 'TOKEN_ISSUER'],
    ['without an issuer', without('iss'), 'TOKEN_ISSUER'],
    ['for another service', withClaims({ aud: 'account' }), 'TOKEN_AUDIENCE'],
    ['for several others', withClaims({ aud: ['account', 'console'] }), 'TOKEN_AUDIENCE'],
    ['for an audience that begins with ours', withClaims({ aud: 'console-api-2' }), 'TOKEN_AUDIENCE'],
    ['for nobody', withClaims({ aud: [] }), 'TOKEN_AUDIENCE'],
    ['without an audience', without('aud'), 'TOKEN_AUDIENCE'],

    ['that has ended', withClaims({ iat: NOW_S - 600, exp: NOW_S - 300 }), 'TOKEN_EXPIRED'],
    ['that ended just outside the skew', withClaims({ iat: NOW_S - 300, exp: NOW_S - 31 }), 'TOKEN_EXPIRED'],
    ['that never ends', without('exp'), 'TOKEN_CLAIMS'],
    ['whose end is a text', withClaims({ exp: String(NOW_S + 300) }), 'TOKEN_CLAIMS'],
    ['without a beginning', without('iat'), 'TOKEN_CLAIMS'],
    ['made in the future', withClaims({ iat: NOW_S + 60 }), 'TOKEN_EARLY'],
    ['that is not valid yet', withClaims({ nbf: NOW_S + 60 }), 'TOKEN_EARLY'],
    ['that lives for a year', withClaims({ exp: NOW_S + 31_536_000 }), 'TOKEN_LIFE'],
    ['that lives a second too long', withClaims({ exp: NOW_S + TOKEN_LIFE_S_MAX + 1 }), 'TOKEN_LIFE'],

    ['of nobody', without('sub'), 'TOKEN_CLAIMS'],
    ['whose subject is empty', withClaims({ sub: '' }), 'TOKEN_CLAIMS'],
    ['whose subject is a number', withClaims({ sub: 7 }), 'TOKEN_CLAIMS'],
    ['without a client', without('azp'), 'TOKEN_CLAIMS'],
    ['whose roles are no list', withClaims({ realm_access: { roles: 'platform-admin' } }), 'TOKEN_CLAIMS'],
    ['whose organizations are a text', withClaims({ organization: 'hospital-1' }), 'TOKEN_CLAIMS'],
    ['whose groups are a text', withClaims({ organization: { 'hospital-1': { groups: '/owner' } } }), 'TOKEN_CLAIMS'],
  ])('%s is refused', async (_name, token, code) => {
    expect(await codeOf(token)).toBe(code);
  });

  test('says nothing of itself in its refusal', async () => {
    const refused = await Promise.all(
      [symmetric('HS256', publicPem), withClaims({ aud: 'x' }), without('azp')].map((token) => verifier.verify(token)),
    );
    for (const result of refused) expect(JSON.stringify(result)).not.toMatch(/eyJ|mei|hospital/);
  });
});

describe('the keys of the provider', () => {
  test('are read once for many tokens, and rubbish reads none', async () => {
    const one = aVerifier();
    reads = 0;
    for (const rubbish of ['', 'x', unsigned('none'), symmetric('HS256', publicPem)]) await one.verify(rubbish);
    expect(reads).toBe(0);
    await Promise.all(Array.from({ length: 20 }, () => one.verify(good)));
    expect(reads).toBe(1);
  });

  test('are not read again for each token of an unknown key', async () => {
    const one = aVerifier();
    await one.verify(good);
    reads = 0;
    for (let times = 0; times < 20; times += 1) expect(await codeOf(forge({ header: { kid: `unknown-${times}` } }), one)).toBe('TOKEN_KEY');
    expect(reads).toBeLessThanOrEqual(1);
    expect(KEYS_AGE_MS_MAX).toBeGreaterThan(60_000);
  });

  test.each<readonly [string, () => Promise<Response>]>([
    ['cannot be reached', () => Promise.reject(new Error('connect ECONNREFUSED'))],
    ['answer with 500', async () => new Response('', { status: 500 })],
    ['answer with a page', async () => new Response('<html>')],
    ['answer with another object', async () => Response.json({ nothing: true })],
    ['lead elsewhere', async () => new Response('', { status: 302, headers: { location: 'https://evil.test' } })],
  ])('that %s are a fault, not a refusal', async (_name, fetchKeys) => {
    const fault: unknown = await aVerifier(fetchKeys)
      .verify(good)
      .catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(IdentityFault);
    expect(fault).toMatchObject({ code: 'KEYS_UNREACHABLE' });
  });

  test('of two providers are never mixed', async () => {
    const other = createTokenVerifier({
      issuer: 'https://other.example/realms/city',
      audience: AUDIENCE,
      clock,
      fetch: async () => Response.json({ keys: [] }),
    });
    expect(await codeOf(good, other)).toBe('TOKEN_KEY');
    expect(privateKeyOf('RS256').type).toBe('private');
  });
});
