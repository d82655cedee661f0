import { type Result, refuse } from '@civitas/canon';
import {
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  errors,
  type FetchImplementation,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { IdentityFault } from './identity-fault.ts';
import { CLOCK_SKEW_S_MAX, KEYS_AGE_MS_MAX, KEYS_COOLDOWN_MS, KEYS_REQUEST_MS, TOKEN_CHARS_MAX, TOKEN_LIFE_S_MAX } from './limits.ts';
import { type Principal, principalOf } from './principal.ts';

/** Signature algorithms that are taken; never a symmetric one, never `none`. */
export const TOKEN_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const;
/** Whom the tokens of people are meant for: the console's API, and the gateways behind it. */
export const CONSOLE_AUDIENCE = 'console-api';
/** Keycloak writes JWT; RFC 9068 says at+jwt. */
const HEADER_TYPES: readonly unknown[] = ['JWT', 'at+jwt', 'application/at+jwt'];

export interface TokenVerifierOptions {
  /** Exactly as `iss` says it: `<origin>/realms/city`. */
  readonly issuer: string;
  /** Who the tokens are meant for: CONSOLE_AUDIENCE. */
  readonly audience: string;
  /** Where the provider publishes its keys; may be an address inside the cluster. Default `<issuer>/protocol/openid-connect/certs`. */
  readonly keysUrl?: string;
  readonly clock: { nowUnixMs(): number };
  /** How keys are read; default the platform's `fetch`. */
  readonly fetch?: FetchImplementation;
}

/** A token that holds. */
export interface VerifiedToken {
  readonly principal: Principal;
  readonly expiresAtUnixS: number;
}

export interface TokenVerifier {
  /**
   * @param token Compact form, without `Bearer`.
   * @returns Refusals of TOKEN_REFUSALS; the caller answers 401 to all.
   * @throws IdentityFault KEYS_UNREACHABLE
   */
  verify(token: string): Promise<Result<VerifiedToken>>;
}

/** Verifies access tokens of one provider; its keys are kept and read again when they are old or one is unknown. */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuer, audience, clock } = options;
  const keysUrl = new URL(options.keysUrl ?? `${issuer}/protocol/openid-connect/certs`);
  const keys = createRemoteJWKSet(keysUrl, {
    timeoutDuration: KEYS_REQUEST_MS,
    cooldownDuration: KEYS_COOLDOWN_MS,
    cacheMaxAge: KEYS_AGE_MS_MAX,
    ...(options.fetch === undefined ? {} : { [customFetch]: options.fetch }),
  });
  const read = async (header: JWSHeaderParameters, input: FlattenedJWSInput): ReturnType<typeof keys> => {
    try {
      return await keys(header, input);
    } catch (error) {
      // What says that no key fits is about the token; all else is about the way to the keys.
      if (isAboutToken(error)) throw error;
      throw new IdentityFault('KEYS_UNREACHABLE', `no keys from ${keysUrl.origin}${keysUrl.pathname}`, { cause: error });
    }
  };
  return {
    async verify(token) {
      if (token.length === 0 || token.length > TOKEN_CHARS_MAX) return refuse('TOKEN_SIZE', { chars: token.length });
      const wrong = wrongHeader(token);
      if (wrong !== undefined) return wrong;
      try {
        const { payload } = await jwtVerify(token, read, {
          issuer,
          audience,
          algorithms: [...TOKEN_ALGORITHMS],
          clockTolerance: CLOCK_SKEW_S_MAX,
          requiredClaims: ['iat', 'exp', 'sub'],
          currentDate: new Date(clock.nowUnixMs()),
        });
        return judge(payload, Math.floor(clock.nowUnixMs() / 1000));
      } catch (error) {
        return refusalOf(error);
      }
    },
  };
}

/** What can be said before any key is read, so that rubbish costs no request. */
function wrongHeader(token: string): Result<never> | undefined {
  try {
    const { alg, typ } = decodeProtectedHeader(token);
    if (token.split('.').length !== 3) return refuse('TOKEN_FORM');
    if (!TOKEN_ALGORITHMS.some((known) => known === alg)) return refuse('TOKEN_ALGORITHM');
    return HEADER_TYPES.includes(typ) ? undefined : refuse('TOKEN_TYPE', { in: 'header' });
  } catch {
    return refuse('TOKEN_FORM');
  }
}

/** Rules beyond signature, issuer, audience and time. */
function judge(payload: JWTPayload, nowUnixS: number): Result<VerifiedToken> {
  const { typ, cnf, iat = 0, exp = 0 } = payload;
  // A token that is bound to a key is worth nothing without the proof of it: RFC 9449, section 7.1.
  if ((typ !== undefined && typ !== 'Bearer') || cnf !== undefined) return refuse('TOKEN_TYPE', { in: 'claims' });
  if (iat > nowUnixS + CLOCK_SKEW_S_MAX) return refuse('TOKEN_EARLY');
  if (exp - iat > TOKEN_LIFE_S_MAX) return refuse('TOKEN_LIFE', { lifeS: Math.round(exp - iat) });
  const principal = principalOf(payload);
  return principal.ok ? { ok: true, value: { principal: principal.value, expiresAtUnixS: exp } } : principal;
}

function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

function refusalOf(error: unknown): Result<never> {
  if (error instanceof errors.JWTExpired) return refuse('TOKEN_EXPIRED');
  if (error instanceof errors.JWTClaimValidationFailed) return refusalOfClaim(error.claim, error.reason);
  if (error instanceof errors.JWSSignatureVerificationFailed) return refuse('TOKEN_SIGNATURE');
  if (error instanceof errors.JOSEAlgNotAllowed) return refuse('TOKEN_ALGORITHM');
  if (isAboutToken(error)) return refuse('TOKEN_KEY');
  if (error instanceof errors.JOSEError) return refuse('TOKEN_FORM');
  throw error;
}

function refusalOfClaim(claim: string, reason: string): Result<never> {
  if (claim === 'iss') return refuse('TOKEN_ISSUER');
  if (claim === 'aud') return refuse('TOKEN_AUDIENCE');
  if (claim === 'nbf' && reason === 'check_failed') return refuse('TOKEN_EARLY');
  return refuse('TOKEN_CLAIMS', { claim });
}
