import type { ClientCredentials } from '@civitas/identity';
import type { PageBrowser } from './page-browser.ts';

/** Someone who can sign in. */
export interface TestPerson {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly password: string;
  /** Codes of their authenticator; there once they have enrolled it. */
  nextCode?: () => string;
}

export interface NewPerson {
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly isPlatformAdmin?: boolean;
}

export interface SignIn {
  /** Level to ask for; 1 without. */
  readonly acr?: '1' | '2';
  /** Oldest sign-in that will do, seconds. */
  readonly maxAgeS?: number;
  /** Default `openid organization:*`. */
  readonly scope?: string;
  /** Cookies of an earlier sign-in; a new browser without. */
  readonly browser?: PageBrowser;
}

/** An identity provider as the contract suite needs it: its address, its clients, and people that it makes for a test. */
export interface Profile {
  readonly name: 'keycloak' | 'local';
  /** Below it are `/realms` and `/admin`. */
  readonly url: string;
  readonly realm: string;
  readonly issuer: string;
  readonly operator: ClientCredentials;
  readonly console: ClientCredentials;
  /** Where the client `console` may come back to, exactly. */
  readonly redirectUri: string;
  createPerson(person: NewPerson): Promise<TestPerson>;
  /**
   * Walks the pages from an authorization request to the code.
   *
   * @returns The address that the provider came back to, with `code` or `error` in its query.
   * @throws Error with the page where it got stuck.
   */
  walkSignIn(authorizationUrl: string, person: TestPerson, browser: PageBrowser): Promise<URL>;
  /** Links of invitations that went to an address, oldest first. */
  invitationLinks(email: string): Promise<readonly string[]>;
  /** Takes an invitation as somebody new: a password, and whatever else is asked. */
  accept(link: string, person: Omit<TestPerson, 'id'>): Promise<void>;
  stop(): Promise<void>;
}
