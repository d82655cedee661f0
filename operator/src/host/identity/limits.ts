/** Where the provider is and our secret are read again after this, ms. */
export const SETTINGS_AGE_MS_MAX = 15_000;
/** An organization found as it should be is looked at again after this, ms: repairs of what somebody changed there wait so long. */
export const IDENTITY_RECHECK_MS = 120_000;
/** Next look while no provider is installed, ms. */
export const NOT_INSTALLED_RECHECK_MS = 30_000;
/** Next look at an agency that the directory failed for; doubled with each further failure, ms. */
export const IDENTITY_RETRY_MS_MIN = 2000;
export const IDENTITY_RETRY_MS_MAX = 120_000;
/** One look at an agency, ms: some ten calls to the directory. */
export const IDENTITY_LOOK_MS = 300_000;
/** Secret of a service client, bytes before base64url. */
export const CLIENT_SECRET_BYTES = 32;
/** Shorter ones were not made here and are replaced, characters. */
export const CLIENT_SECRET_CHARS_MIN = 32;
