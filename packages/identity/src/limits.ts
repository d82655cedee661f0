/** Longest access token, characters: a person in many agencies has some 8000. */
export const TOKEN_CHARS_MAX = 16_384;
/** How far the clocks of the provider and of a verifier may differ, seconds. */
export const CLOCK_SKEW_S_MAX = 30;
/** Longest life of an access token, seconds; ours live 300. */
export const TOKEN_LIFE_S_MAX = 3600;
/** A second factor counts for dangerous verbs this long, seconds (RFC 9470, `max_age`). */
export const STEP_UP_S_MAX = 300;
/** Keys of the provider are read again after this, ms. */
export const KEYS_AGE_MS_MAX = 600_000;
/** An unknown key id has the keys read again, but not more often than this, ms. */
export const KEYS_COOLDOWN_MS = 10_000;
/** One read of the keys, ms. */
export const KEYS_REQUEST_MS = 5000;

/** Organizations in one token; more are a mistake or an attack. */
export const TOKEN_ORGANIZATIONS_MAX = 256;
/** Entries of one list of a token that are looked at. */
export const TOKEN_LIST_MAX = 256;
/** A person's name in a principal, characters. */
export const NAME_CHARS_MAX = 255;
/** `sub` and `azp`, characters. */
export const ID_CHARS_MAX = 255;

/** One try of a call to the directory, ms. Mail goes out within it. */
export const DIRECTORY_TRY_MS = 10_000;
/** All tries of one call and their waits, ms. */
export const DIRECTORY_CALL_MS = 30_000;
/** Tries of a call that may be repeated. */
export const DIRECTORY_TRIES_MAX = 4;
export const DIRECTORY_RETRY_FIRST_MS = 200;
/** Longest wait that a Retry-After is followed for, ms. */
export const RETRY_AFTER_MS_MAX = 5000;
/** An answer of the directory, bytes: a page of members with room. */
export const DIRECTORY_ANSWER_BYTES_MAX = 4_194_304;
/** Rows asked for at once, and in all. */
export const PAGE_ROWS = 100;
export const ROWS_MAX = 10_000;
/** A token of our own is renewed this long before it ends, ms. */
export const OWN_TOKEN_MARGIN_MS = 30_000;

/** Roles that wait for invited people, per organization: Keycloak keeps each as a row of its attributes. */
export const INVITED_ROLES_MAX = 400;
/** E-mail address, characters (RFC 5321). */
export const EMAIL_CHARS_MAX = 254;
