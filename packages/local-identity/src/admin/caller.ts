import type { IncomingMessage } from 'node:http';
import { createLocalJWKSet, jwtVerify } from 'jose';
import type { SigningKey } from '../store/identity-keys.ts';
import { publicPartOf } from '../store/identity-keys.ts';

/** Claims of a token that we made and that has not expired; undefined for any other. */
export async function verifyOwnToken(
  req: IncomingMessage,
  issuer: string,
  keys: readonly SigningKey[],
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const [scheme = '', token = ''] = (req.headers.authorization ?? '').split(' ');
  if (scheme.toLowerCase() !== 'bearer' || token === '') return undefined;
  const jwks = createLocalJWKSet({ keys: keys.map((key) => ({ ...publicPartOf(key) })) });
  try {
    const { payload } = await jwtVerify(token, jwks, { issuer, algorithms: ['ES256'], typ: 'JWT' });
    return payload['typ'] === 'Bearer' ? payload : undefined;
  } catch {
    // jose says why by class; to the caller a token is good or not.
    return undefined;
  }
}
