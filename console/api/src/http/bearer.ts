import type { IncomingHttpHeaders } from 'node:http';
import { IdentityFault, type TokenVerifier, type VerifiedToken } from '@civitas/identity';
import { ProblemError } from './problem-error.ts';

/**
 * Who a request comes from, by its access token (RFC 6750, section 2.1).
 *
 * @throws ProblemError TOKEN_MISSING, TOKEN_REFUSED, DIRECTORY_UNREACHABLE when the keys of the provider cannot be read.
 */
export async function authenticate(headers: IncomingHttpHeaders, verifier: TokenVerifier): Promise<VerifiedToken> {
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(headers.authorization ?? '')?.[1];
  if (token === undefined)
    throw new ProblemError('TOKEN_MISSING', 'send `Authorization: Bearer` with an access token', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  const verified = await verifier.verify(token).catch((error: unknown) => {
    if (!(error instanceof IdentityFault)) throw error;
    throw new ProblemError('DIRECTORY_UNREACHABLE', 'the keys of the identity provider cannot be read', { cause: error });
  });
  if (verified.ok) return verified.value;
  const { code } = verified.refusal;
  throw new ProblemError('TOKEN_REFUSED', `the access token is not taken: ${code}`, {
    reason: code,
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  });
}

/** RFC 9470: what the client has to ask of the identity provider. */
export function stepUpNeeded(maxAgeS: number): ProblemError {
  return new ProblemError('STEP_UP_NEEDED', 'sign in again with a second factor, then repeat the request', {
    headers: { 'www-authenticate': `Bearer error="insufficient_user_authentication", acr_values="2", max_age=${maxAgeS}` },
  });
}
