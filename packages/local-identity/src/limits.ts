/** Bounds of the local identity: one city on one machine. */

/** People in the users file. Above this a city runs Keycloak. */
export const USERS_MAX = 200;
export const ORGANIZATIONS_MAX = 200;
export const INVITATIONS_MAX = 500;
export const SERVICE_CLIENTS_MAX = 400;
/** Longest name, address or description a person or a service may give, characters. */
export const TEXT_CHARACTERS_MAX = 255;

/** Passwords: long enough to need no rules of composition (NIST SP 800-63B, section 3.1.1.2), short enough to hash. */
export const PASSWORD_CHARACTERS_MIN = 12;
export const PASSWORD_CHARACTERS_MAX = 256;
/** Passwords that wait for the one that is being hashed; beyond it a sign-in is told to come back. */
export const HASHES_WAITING_MAX = 32;

/** Body of a form, bytes. */
export const FORM_BYTES_MAX = 16 * 1024;
/** Body of a call to the directory, bytes. */
export const CALL_BYTES_MAX = 64 * 1024;
/** Rows of one answer of the directory. */
export const ROWS_MAX = 1000;

/** Access tokens, ID tokens and tokens of service clients, seconds. */
export const ACCESS_TOKEN_S = 300;
/** A session without a refresh ends after this, seconds. */
export const SESSION_IDLE_S = 30 * 60;
/** A session ends this long after its last password or code, seconds. */
export const SESSION_S_MAX = 10 * 3600;
/** What a session granted its client; outlives every session that uses it, seconds. */
export const GRANT_S = 24 * 3600;
/** From the sign-in page to its last form, seconds. */
export const INTERACTION_S = 15 * 60;
export const AUTHORIZATION_CODE_S = 60;
/** An invitation's link, seconds; Keycloak's own bound. */
export const INVITATION_S = 12 * 3600;

/** A signing key signs for this long, seconds. */
export const SIGNING_KEY_S = 30 * 24 * 3600;
/** A retired signing key stays published for this long, seconds: longer than any ID token is still worth as a hint at sign-out. */
export const RETIRED_KEY_S = 24 * 3600;
/** How often due keys and expired sessions are looked for, milliseconds. */
export const HOUSEKEEPING_INTERVAL_MS = 60_000;

/** Sign-ins under way, kept in memory only; the oldest go first. */
export const INTERACTIONS_MAX = 2000;
/** Sessions, grants and refresh tokens of one person on disk. */
export const ENTRIES_OF_PERSON_MAX = 100;
/** The journal is rewritten when it is longer than this and four times what it holds, bytes. */
export const JOURNAL_BYTES_MAX = 4 * 1024 * 1024;

/** Wrong passwords or codes of one person before the first pause. */
export const PERSON_FAILURES_FREE = 5;
/** Wrong passwords or codes from one address before the first pause; many people may share one. */
export const ADDRESS_FAILURES_FREE = 50;
/** First pause, doubled with each further failure, milliseconds. */
export const PAUSE_MS_MIN = 30_000;
export const PAUSE_MS_MAX = 15 * 60_000;
/** Failures are forgotten after this long without another, milliseconds. */
export const FAILURES_KEPT_MS = 60 * 60_000;
/** People and addresses whose failures are counted; the oldest are forgotten. */
export const COUNTED_MAX = 10_000;
