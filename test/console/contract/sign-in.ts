import { createHash, randomBytes } from 'node:crypto';
import { createPageBrowser } from './page-browser.ts';
import type { Profile, SignIn, TestPerson } from './profile.ts';

export interface TokenSet {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly idToken: string;
  readonly expiresInS: number;
}

export interface TokenAnswer {
  readonly status: number;
  readonly error: string | undefined;
  readonly tokens: TokenSet | undefined;
}

interface Pending {
  readonly url: string;
  readonly verifier: string;
  readonly state: string;
}

const endpoint = (profile: Profile, name: string): string => `${profile.url}/realms/${profile.realm}/protocol/openid-connect/${name}`;

/** What keycloak-js asks for. */
export function authorizationRequest(
  profile: Profile,
  { acr, maxAgeS, scope }: SignIn = {},
  changes: Readonly<Record<string, string | undefined>> = {},
): Pending {
  const verifier = randomBytes(48).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const asked: Readonly<Record<string, string | undefined>> = {
    client_id: 'console',
    redirect_uri: profile.redirectUri,
    response_type: 'code',
    response_mode: 'query',
    scope: scope ?? 'openid organization:*',
    state,
    nonce: randomBytes(16).toString('base64url'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    claims: acr === undefined ? undefined : JSON.stringify({ id_token: { acr: { values: [acr], essential: true } } }),
    max_age: maxAgeS === undefined ? undefined : String(maxAgeS),
    ...changes,
  };
  const query = Object.entries(asked).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { url: `${endpoint(profile, 'auth')}?${new URLSearchParams(query).toString()}`, verifier, state };
}

/** @throws Error when the provider did not give a code. */
export async function signIn(profile: Profile, person: TestPerson, how: SignIn = {}): Promise<TokenSet> {
  const pending = authorizationRequest(profile, how);
  const back = await profile.walkSignIn(pending.url, person, how.browser ?? createPageBrowser());
  const code = back.searchParams.get('code');
  if (code === null || back.searchParams.get('state') !== pending.state) throw new Error(`no code: ${back.search}`);
  const answer = await exchangeCode(profile, code, pending.verifier);
  if (answer.tokens === undefined) throw new Error(`no tokens: ${answer.status} ${answer.error}`);
  return answer.tokens;
}

export function exchangeCode(profile: Profile, code: string, verifier: string): Promise<TokenAnswer> {
  return askTokens(profile, {
    grant_type: 'authorization_code',
    client_id: 'console',
    code,
    redirect_uri: profile.redirectUri,
    code_verifier: verifier,
  });
}

export function refresh(profile: Profile, refreshToken: string): Promise<TokenAnswer> {
  return askTokens(profile, { grant_type: 'refresh_token', client_id: 'console', refresh_token: refreshToken });
}

/** A service client's own token. */
export function clientToken(profile: Profile, clientId: string, clientSecret: string): Promise<TokenAnswer> {
  const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64');
  return askTokens(profile, { grant_type: 'client_credentials' }, { authorization: `Basic ${basic}` });
}

export async function askTokens(
  profile: Profile,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  const response = await fetch(endpoint(profile, 'token'), {
    method: 'POST',
    body: new URLSearchParams(form),
    headers,
    signal: AbortSignal.timeout(60_000),
  });
  const body = (await response.json()) as Readonly<Record<string, unknown>>;
  const text = (field: string): string => (typeof body[field] === 'string' ? body[field] : '');
  if (!response.ok) return { status: response.status, error: text('error'), tokens: undefined };
  const tokens = {
    accessToken: text('access_token'),
    refreshToken: text('refresh_token'),
    idToken: text('id_token'),
    expiresInS: Number(body['expires_in']),
  };
  return { status: response.status, error: undefined, tokens };
}

/** Ends the session as keycloak-js does. */
export async function signOut(profile: Profile, { idToken }: TokenSet, browser = createPageBrowser()): Promise<void> {
  const query = new URLSearchParams({ client_id: 'console', id_token_hint: idToken, post_logout_redirect_uri: profile.redirectUri });
  const page = await browser.open(`${endpoint(profile, 'logout')}?${query.toString()}`, profile.redirectUri);
  if (page.status >= 400) throw new Error(`sign-out ended at ${page.url}: ${page.status}`);
}
