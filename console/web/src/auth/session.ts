import Keycloak from 'keycloak-js';
import { keepDeepLink, takeDeepLink } from './deep-link.ts';
import { giveTabTo } from './tab-owner.ts';
import { dropVisit, keepVisit } from './visits.ts';

/** Where people sign in, as GET /api/v1/config tells it. */
export interface IdentityPlace {
  readonly url: string;
  readonly realm: string;
  readonly clientId: string;
}

export interface SignInOptions {
  readonly locale: string;
  /** Path of this origin to come back to; default the page that is open. */
  readonly returnTo?: string;
}

/** The person's session; the only part of the console that knows of keycloak-js, so that another way to sign in can take its place. */
export interface Session {
  readonly isSignedIn: boolean;
  readonly subject: string | undefined;
  /** A token that is good for 30 s at least, or undefined when the session is over. @throws when the identity provider is out of reach. */
  fetchToken(): Promise<string | undefined>;
  /** Takes a new token at once: roles that were given since the last one are in it. */
  renew(): Promise<void>;
  signIn(options: SignInOptions): Promise<void>;
  /** Signs in anew with a second factor; leaves the page. */
  stepUp(options: SignInOptions): Promise<void>;
  signOut(): Promise<void>;
  /** Called once when the session ends under the person's hands. */
  onEnd(listener: () => void): void;
}

/** A token is renewed when it is good for less than this. */
const TOKEN_LEFT_MIN_S = 30;
/** How fresh a second factor must be, RFC 9470; the API asks for the same. */
const STEP_UP_AGE_MAX_S = 300;

/**
 * Opens the session: once, before the router starts, because the answer of the identity provider stands in the address.
 *
 * @param place Where people sign in.
 * @param locale Language of the sign-in pages.
 * @throws Error when the identity provider cannot be reached.
 */
export async function openSession(place: IdentityPlace, locale: string): Promise<Session> {
  const keycloak = new Keycloak({ clientId: place.clientId, oidcProvider: endpointsOf(place) });
  const home = `${location.origin}/`;
  await keycloak.init({
    onLoad: 'check-sso',
    silentCheckSsoRedirectUri: `${location.origin}/silent-check-sso.html`,
    silentCheckSsoFallback: false,
    checkLoginIframe: false,
    pkceMethod: 'S256',
    scope: 'openid organization:*',
    redirectUri: home,
    locale,
  });
  if (keycloak.authenticated) {
    keepVisit(localStorage);
    giveTabTo(sessionStorage, keycloak.subject ?? '');
    restoreDeepLink();
  }
  return sessionOf(keycloak, home);
}

/**
 * Keycloak's addresses by name. Given only its base address, keycloak-js loads a page of it in a frame first, to see whether cookies of
 * other sites are let through; with `silentCheckSsoFallback: false` it does the same whatever comes of that.
 */
function endpointsOf({ url, realm }: IdentityPlace) {
  const protocol = `${url.replace(/\/$/, '')}/realms/${encodeURIComponent(realm)}/protocol/openid-connect`;
  return {
    authorization_endpoint: `${protocol}/auth`,
    token_endpoint: `${protocol}/token`,
    userinfo_endpoint: `${protocol}/userinfo`,
    end_session_endpoint: `${protocol}/logout`,
  };
}

/** The page that was asked for before sign-in; only ever a path of this origin. */
function restoreDeepLink(): void {
  const path = takeDeepLink(sessionStorage);
  if (path !== undefined && location.pathname === '/') history.replaceState(null, '', path);
}

/** What fetch throws when nothing answered; keycloak-js hands it on, and gives the answer that it did not like otherwise. */
function isOutOfReach(error: unknown): boolean {
  return error instanceof TypeError || !navigator.onLine;
}

function sessionOf(keycloak: Keycloak, home: string): Session {
  const listeners: (() => void)[] = [];
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    for (const listener of listeners) listener();
  };
  keycloak.onAuthLogout = end;
  const here = (): string => `${location.pathname}${location.search}`;
  return {
    isSignedIn: keycloak.authenticated,
    subject: keycloak.subject,
    async fetchToken() {
      if (ended || !keycloak.authenticated) return undefined;
      try {
        await keycloak.updateToken(TOKEN_LEFT_MIN_S);
        return keycloak.token;
      } catch (error) {
        // Out of reach, the token may still be good for its last seconds. Refused, the session is over.
        if (!keycloak.isTokenExpired()) return keycloak.token;
        if (isOutOfReach(error)) throw error;
        end();
        return undefined;
      }
    },
    async renew() {
      await keycloak.updateToken(-1);
    },
    async signIn({ locale, returnTo }) {
      keepDeepLink(sessionStorage, returnTo ?? here());
      await keycloak.login({ redirectUri: home, locale });
    },
    async stepUp({ locale, returnTo }) {
      keepDeepLink(sessionStorage, returnTo ?? here());
      await keycloak.login({ redirectUri: home, locale, maxAge: STEP_UP_AGE_MAX_S, acr: { values: ['2'], essential: true } });
    },
    async signOut() {
      ended = true;
      sessionStorage.clear();
      dropVisit(localStorage);
      await keycloak.logout({ redirectUri: home });
    },
    onEnd(listener) {
      listeners.push(listener);
    },
  };
}
