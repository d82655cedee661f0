import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export const ISSUER = 'https://identity.example/realms/city';
export const AUDIENCE = 'console-api';
/** 2026-01-01T00:00:00Z */
export const NOW_S = 1_767_225_600;

export type Claims = Readonly<Record<string, unknown>>;

/** A good access token's claims, as Keycloak makes them. */
export function aClaimSet(changes: Claims = {}): Claims {
  return {
    iss: ISSUER,
    sub: 'b2c9a6f0-0000-4000-8000-000000000001',
    aud: [AUDIENCE],
    exp: NOW_S + 300,
    iat: NOW_S,
    auth_time: NOW_S - 60,
    typ: 'Bearer',
    azp: 'console',
    acr: '1',
    name: '李梅',
    preferred_username: 'mei',
    realm_access: { roles: ['offline_access'] },
    organization: { 'hospital-1': { id: 'o-1', groups: ['/owner'] } },
    ...changes,
  };
}

const keyPairs = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
} as const;

/** Keys that the provider does not publish. */
export const strangers = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  EdDSA: generateKeyPairSync('ed25519'),
} as const;

export type ForgedAlgorithm = keyof typeof keyPairs;

/** What the provider publishes. */
export function publishedKeys(): { readonly keys: readonly object[] } {
  return {
    keys: Object.entries(keyPairs).map(([alg, { publicKey }]) => ({
      ...publicKey.export({ format: 'jwk' }),
      alg,
      kid: `key-${alg}`,
      use: 'sig',
    })),
  };
}

export const publicKeyOf = (alg: ForgedAlgorithm): KeyObject => keyPairs[alg].publicKey;
export const privateKeyOf = (alg: ForgedAlgorithm): KeyObject => keyPairs[alg].privateKey;

const part = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export interface Forgery {
  readonly alg?: ForgedAlgorithm;
  /** Replaces fields of the header; undefined takes one away. */
  readonly header?: Claims;
  readonly claims?: Claims;
  /** Signs instead of the published key. */
  readonly key?: KeyObject;
  /** Replaces the payload's text. */
  readonly payload?: string;
}

/** A token that is good but for what is asked. */
export function forge({ alg = 'RS256', header = {}, claims = aClaimSet(), key, payload }: Forgery = {}): string {
  const text = `${part({ alg, kid: `key-${alg}`, typ: 'JWT', ...header })}.${part(payload ?? claims)}`;
  const signingKey = key ?? keyPairs[alg].privateKey;
  const hash = alg === 'EdDSA' ? null : 'sha256';
  const signature = sign(hash, Buffer.from(text), alg === 'ES256' ? { key: signingKey, dsaEncoding: 'ieee-p1363' } : signingKey);
  return `${text}.${signature.toString('base64url')}`;
}
