/** Uses one consent may allow; the default of every screen is one. */
export const USES_MAX = 100;
/** Longest life of a consent without a rule set in force, ms: one year. */
export const CONSENT_LIFE_MS_MAX = 31_536_000_000;
/** Longest life of a consumption, ms: how long a source may still accept its proof. */
export const CONSUMPTION_LIFE_MS_MAX = 2_592_000_000;
