/** Names the file that says how the run's Keycloak is reached. */
export const SHARED_KEYCLOAK = 'CIVITAS_TEST_KEYCLOAK';

/** How a started Keycloak is reached; plain data, for other processes of the run. */
export interface KeycloakFacts {
  readonly url: string;
  readonly realm: string;
  readonly admin: { readonly username: string; readonly password: string };
  readonly operatorSecret: string;
  readonly consoleSecret: string;
  /** File with the mails that it sent so far. */
  readonly mailPath: string;
}
