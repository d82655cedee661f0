import { IdentityFault } from '../identity-fault.ts';
import { DIRECTORY_TRY_MS, OWN_TOKEN_MARGIN_MS } from '../limits.ts';

/** Who we are to the provider. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface OwnTokenOptions {
  /** Origin and path below which `/realms` and `/admin` are; no slash at its end. */
  readonly url: string;
  readonly realm: string;
  /** Asked for each new token, so that a rotated secret is used from then on. */
  readonly credentials: () => ClientCredentials | Promise<ClientCredentials>;
  readonly clock: { nowUnixMs(): number };
  readonly fetch?: typeof fetch;
}

export interface OwnToken {
  /** @throws IdentityFault DIRECTORY_UNREACHABLE, DIRECTORY_CREDENTIALS, DIRECTORY_BUSY, DIRECTORY_FAILED, DIRECTORY_ANSWER */
  get(): Promise<string>;
  /** The next `get` asks for another. */
  forget(): void;
}

/** A service client's own access token, kept until shortly before it ends; many who ask at once share one request. */
export function createOwnToken(options: OwnTokenOptions): OwnToken {
  let held: { readonly token: string; readonly untilUnixMs: number } | undefined;
  let asking: Promise<string> | undefined;

  const renew = async (): Promise<string> => {
    const askedUnixMs = options.clock.nowUnixMs();
    const { token, lifeMs } = await requestToken(options);
    held = { token, untilUnixMs: askedUnixMs + Math.max(lifeMs - OWN_TOKEN_MARGIN_MS, lifeMs / 2) };
    return token;
  };

  return {
    get() {
      if (held !== undefined && options.clock.nowUnixMs() < held.untilUnixMs) return Promise.resolve(held.token);
      asking ??= renew().finally(() => {
        asking = undefined;
      });
      return asking;
    },
    forget() {
      held = undefined;
    },
  };
}

async function requestToken(options: OwnTokenOptions): Promise<{ readonly token: string; readonly lifeMs: number }> {
  const { clientId, clientSecret } = await options.credentials();
  const basic = Buffer.from(`${formText(clientId)}:${formText(clientSecret)}`).toString('base64');
  let response: Response;
  let body: unknown;
  try {
    response = await (options.fetch ?? fetch)(`${options.url}/realms/${encodeURIComponent(options.realm)}/protocol/openid-connect/token`, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(DIRECTORY_TRY_MS),
      headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: 'grant_type=client_credentials',
    });
    body = await response.json().catch(() => undefined);
  } catch (error) {
    throw new IdentityFault('DIRECTORY_UNREACHABLE', `no token: no answer from ${options.url}`, { cause: error });
  }
  if (!response.ok) throw faultOf(response.status, clientId);
  const { access_token: token, expires_in: lifeS } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof token !== 'string' || typeof lifeS !== 'number' || !(lifeS > 0))
    throw new IdentityFault('DIRECTORY_ANSWER', 'no token: the answer has neither token nor life');
  return { token, lifeMs: lifeS * 1000 };
}

function faultOf(status: number, clientId: string): IdentityFault {
  if (status === 429 || status === 502 || status === 503 || status === 504)
    return new IdentityFault('DIRECTORY_BUSY', `no token: status ${status}`);
  if (status >= 500) return new IdentityFault('DIRECTORY_FAILED', `no token: status ${status}`);
  if (status === 404) return new IdentityFault('DIRECTORY_FAILED', 'no token: there is no such realm');
  return new IdentityFault('DIRECTORY_CREDENTIALS', `no token: the provider does not take ${clientId} with its secret`);
}

/** Client id and secret are form-encoded before they are joined: RFC 6749, section 2.3.1. */
function formText(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
