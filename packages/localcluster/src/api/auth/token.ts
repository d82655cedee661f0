import { createPrivateKey, createPublicKey, type KeyObject, randomUUID, sign, verify } from 'node:crypto';
import { isObject, type Json, type JsonObject, stringAt } from '../json.ts';

export interface TokenClaims {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly audiences: readonly string[];
  readonly expiresUnixSeconds: number;
}

export const clusterAudience = 'https://kubernetes.default.svc.cluster.local';

/** Signs and checks ServiceAccount tokens: ES256 JWTs with the claims of the real server. */
export class TokenSigner {
  readonly #key: KeyObject;
  readonly #publicKey: KeyObject;

  constructor(keyPem: string) {
    this.#key = createPrivateKey(keyPem);
    this.#publicKey = createPublicKey(this.#key);
  }

  sign(claims: TokenClaims, nowUnixSeconds: number): string {
    const payload: JsonObject = {
      aud: [...claims.audiences],
      exp: claims.expiresUnixSeconds,
      iat: nowUnixSeconds,
      nbf: nowUnixSeconds,
      iss: clusterAudience,
      jti: randomUUID(),
      'kubernetes.io': { namespace: claims.namespace, serviceaccount: { name: claims.name, uid: claims.uid } },
      sub: `system:serviceaccount:${claims.namespace}:${claims.name}`,
    };
    const body = `${encode({ alg: 'ES256', typ: 'JWT' })}.${encode(payload)}`;
    return `${body}.${sign('sha256', Buffer.from(body), { key: this.#key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }

  /** The claims of a token this cluster signed that has not expired; else undefined. */
  read(token: string, nowUnixSeconds: number): TokenClaims | undefined {
    const [head, body, signature, ...rest] = token.split('.');
    if (head === undefined || body === undefined || signature === undefined || rest.length > 0) return undefined;
    const isSigned = verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      { key: this.#publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    if (!isSigned) return undefined;
    const payload: Json = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
    if (!isObject(payload) || typeof payload['exp'] !== 'number' || payload['exp'] <= nowUnixSeconds) return undefined;
    const audiences = Array.isArray(payload['aud']) ? payload['aud'].map(String) : [];
    return {
      namespace: stringAt(payload, 'kubernetes.io', 'namespace'),
      name: stringAt(payload, 'kubernetes.io', 'serviceaccount', 'name'),
      uid: stringAt(payload, 'kubernetes.io', 'serviceaccount', 'uid'),
      audiences,
      expiresUnixSeconds: payload['exp'],
    };
  }
}

function encode(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
