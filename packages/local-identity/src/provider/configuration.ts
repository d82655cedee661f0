import { type AdapterPayload, type Configuration, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { ACCESS_TOKEN_S, AUTHORIZATION_CODE_S, GRANT_S, INTERACTION_S, SESSION_IDLE_S, SESSION_S_MAX } from '../limits.ts';
import type { IdentityKeys } from '../store/identity-keys.ts';
import type { DirectoryState, ServiceClient, User } from '../store/state.ts';
import { ACR_PASSWORD, ACR_SECOND_FACTOR, askedAcrOf } from './acr.ts';
import { personClaims, profileClaims, serviceAudience, serviceClaims } from './claims.ts';
import { apiScopesOf, CONSOLE_API, CONSOLE_API_AUDIENCE, OIDC_SCOPES } from './scopes.ts';

export interface ProviderParts {
  readonly origin: string;
  /** Path of the realm: `/realms/city`. */
  readonly realmPath: string;
  readonly consoleRedirectPaths: readonly string[];
  readonly foreignClients: readonly ForeignClient[];
  readonly keys: IdentityKeys;
  readonly state: () => DirectoryState;
  readonly findServiceClient: (clientId: string) => FixedOrServiceClient | undefined;
  readonly adapter: NonNullable<Configuration['adapter']>;
  readonly pages: Pick<Configuration, 'renderError'> & NonNullable<NonNullable<Configuration['features']>['rpInitiatedLogout']>;
}

/** A program of somebody else that lets people of the city sign in; they are asked first. */
export interface ForeignClient {
  readonly clientId: string;
  readonly name: string;
  readonly secret: string;
  readonly redirectUris: readonly string[];
}

export interface FixedOrServiceClient {
  readonly clientId: string;
  readonly secret: string;
  /** Undefined for the operator and the console, whose secrets come from outside. */
  readonly agencyClient: ServiceClient | undefined;
}

/** What keycloak-js asks for when a person wants another password. */
export const CHANGE_PASSWORD = 'UPDATE_PASSWORD';

const nowUnixS = (): number => Math.floor(Date.now() / 1000);

/** Seconds a session or refresh token of this sign-in still has: until it is idle, or too long since password or code. */
export function sessionSecondsLeft(authTimeUnixS: number): number {
  return Math.max(1, Math.min(SESSION_IDLE_S, authTimeUnixS + SESSION_S_MAX - nowUnixS()));
}

/** Metadata of a service client as the provider wants it. */
export function serviceClientMetadata({ clientId, secret }: FixedOrServiceClient): AdapterPayload {
  return {
    client_id: clientId,
    client_secret: secret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    token_endpoint_auth_method: 'client_secret_basic',
  };
}

function clientsOf(parts: ProviderParts): NonNullable<Configuration['clients']> {
  return [
    {
      client_id: 'console',
      client_name: 'Civitas',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: parts.consoleRedirectPaths.map((path) => `${parts.origin}${path}`),
      post_logout_redirect_uris: [`${parts.origin}/`],
    },
    ...parts.foreignClients.map((client) => ({
      client_id: client.clientId,
      client_name: client.name,
      client_secret: client.secret,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code' as const],
      redirect_uris: [...client.redirectUris],
    })),
  ];
}

/** The provider's own checks, and two of Keycloak's: `acr_values` binds as `claims` does, `kc_action` asks for a new password. */
function policyLikeKeycloak(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const needsSecondFactor = (ctx: KoaContextWithOIDC): boolean =>
    askedAcrOf(ctx.oidc.params ?? {}) === 'second-factor' && ctx.oidc.session?.acr !== ACR_SECOND_FACTOR;
  policy.get('login')?.checks.add(new interactionPolicy.Check('acr_values', 'a second factor is asked for', needsSecondFactor));
  const wantsChange = (ctx: KoaContextWithOIDC): boolean =>
    ctx.oidc.params?.['kc_action'] === CHANGE_PASSWORD && ctx.oidc.result?.login === undefined;
  policy.get('login')?.checks.add(new interactionPolicy.Check('kc_action', 'the person wants to change something', wantsChange));
  return policy;
}

/**
 * One grant per session and client, made without asking for the console; it must stay the same one, or the refresh tokens of the
 * person's other tabs would die.
 */
async function loadExistingGrant(ctx: KoaContextWithOIDC, foreign: ReadonlySet<string>) {
  const { provider, session, client, result } = ctx.oidc;
  const clientId = client?.clientId ?? '';
  const grantId = result?.consent?.grantId ?? session?.grantIdFor(clientId);
  const found = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  if (foreign.has(clientId)) return found;
  const accountId = session?.accountId;
  if (accountId === undefined) return undefined;
  const grant = found?.accountId === accountId ? found : new provider.Grant({ clientId, accountId });
  const before = `${grant.getOIDCScope()} ${grant.getResourceScope(CONSOLE_API)}`;
  grant.addOIDCScope(OIDC_SCOPES.join(' '));
  for (const scope of apiScopesOf(ctx)) grant.addResourceScope(CONSOLE_API, scope);
  const isStale = (grant.exp ?? 0) < nowUnixS() + GRANT_S / 2;
  if (isStale) grant.exp = nowUnixS() + GRANT_S;
  if (isStale || before !== `${grant.getOIDCScope()} ${grant.getResourceScope(CONSOLE_API)}`) await grant.save();
  return grant;
}

function accountOf(user: User) {
  return { accountId: user.id, claims: () => ({ sub: user.id, ...profileClaims(user) }) };
}

/** The person, unless gone, locked, or with a new password since the token or sign-in that names them. */
export function findLiveUser(state: DirectoryState, id: string, authTimeUnixS: number | undefined): User | undefined {
  const user = state.users.find((candidate) => candidate.id === id);
  return user?.isEnabled === true && (authTimeUnixS ?? nowUnixS()) >= user.notBeforeUnixS ? user : undefined;
}

function tokenClaims(parts: ProviderParts): NonNullable<Configuration['extraTokenClaims']> {
  return (ctx, token) => {
    const clientId = token.clientId ?? '';
    if (token.kind === 'ClientCredentials') return { ...serviceClaims(clientId, parts.findServiceClient(clientId)?.agencyClient) };
    const source = ctx.oidc.entities.RefreshToken ?? ctx.oidc.entities.AuthorizationCode;
    const user = parts.state().users.find(({ id }) => id === source?.accountId);
    if (source === undefined || user === undefined) return undefined;
    return {
      ...personClaims(parts.state(), user, {
        acr: source.acr ?? ACR_PASSWORD,
        authTimeUnixS: source.authTime ?? 0,
        azp: clientId,
        sid: source.sessionUid ?? '',
        scopes: token.scopes,
      }),
    };
  };
}

function featuresOf(parts: ProviderParts): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    // Tokens are for the console's API; who asks for a profile with one is answered by our own page.
    userinfo: { enabled: false },
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: true },
    rpInitiatedLogout: { enabled: true, ...parts.pages },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => CONSOLE_API,
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, _resource, client) => ({
        scope: apiScopesOf(ctx).join(' '),
        audience:
          client.clientAuthMethod === 'none'
            ? CONSOLE_API_AUDIENCE
            : serviceAudience(parts.findServiceClient(client.clientId)?.agencyClient),
        accessTokenFormat: 'jwt' as const,
        accessTokenTTL: ACCESS_TOKEN_S,
      }),
    },
  };
}

const ROUTES = {
  authorization: '/protocol/openid-connect/auth',
  token: '/protocol/openid-connect/token',
  jwks: '/protocol/openid-connect/certs',
  end_session: '/protocol/openid-connect/logout',
};

/** How oidc-provider is set up: Keycloak's paths, our pages, one public client, service clients, nothing else. */
export function providerConfiguration(parts: ProviderParts): Configuration {
  const cookie = { httpOnly: true, sameSite: 'lax' as const, signed: true };
  const foreign = new Set(parts.foreignClients.map(({ clientId }) => clientId));
  return {
    adapter: parts.adapter,
    clients: clientsOf(parts),
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    jwks: { keys: [...parts.keys.signing()] },
    routes: ROUTES,
    features: featuresOf(parts),
    extraParams: ['kc_action'],
    acrValues: [ACR_PASSWORD, ACR_SECOND_FACTOR],
    scopes: [...OIDC_SCOPES],
    claims: {
      acr: null,
      auth_time: null,
      iss: null,
      sid: null,
      openid: ['sub'],
      profile: ['preferred_username', 'name', 'given_name', 'family_name', 'locale'],
      email: ['email', 'email_verified'],
    },
    responseTypes: ['code'],
    pkce: { required: () => true },
    discovery: { ui_locales_supported: ['zh-CN', 'en'] },
    cookies: {
      keys: [parts.keys.cookieSecret],
      names: { session: 'civitas_session', interaction: 'civitas_sign_in', resume: 'civitas_sign_in_resume' },
      long: { ...cookie, path: parts.realmPath },
      short: cookie,
    },
    ttl: {
      AccessToken: ACCESS_TOKEN_S,
      AuthorizationCode: AUTHORIZATION_CODE_S,
      ClientCredentials: ACCESS_TOKEN_S,
      Grant: GRANT_S,
      IdToken: ACCESS_TOKEN_S,
      Interaction: INTERACTION_S,
      RefreshToken: (_ctx, token) => sessionSecondsLeft(token.authTime ?? 0),
      Session: (_ctx, session) => (session.loginTs === undefined ? INTERACTION_S : sessionSecondsLeft(session.loginTs)),
    },
    interactions: {
      policy: policyLikeKeycloak(),
      url: (_ctx, interaction) => `${parts.realmPath}/login-actions/${interaction.uid}`,
    },
    findAccount: (_ctx, id, token) => {
      const authTimeUnixS = token !== undefined && 'authTime' in token ? token.authTime : undefined;
      const user = findLiveUser(parts.state(), id, authTimeUnixS);
      return user === undefined ? undefined : accountOf(user);
    },
    loadExistingGrant: (ctx) => loadExistingGrant(ctx, foreign),
    extraTokenClaims: tokenClaims(parts),
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    // Browsers name the origin also to the page's own server.
    clientBasedCORS: (_context, origin) => origin === parts.origin,
    formats: {
      customizers: {
        // As Keycloak's: RFC 9068's own type is an option there.
        jwt: (_ctx, _token, parts_) => {
          parts_.header = { ...parts_.header, typ: 'JWT' };
        },
      },
    },
    renderError: parts.pages.renderError,
  };
}
