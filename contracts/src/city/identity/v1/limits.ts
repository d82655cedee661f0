/** Longest life of a link token, ms: it bridges one flow, not a relationship. */
export const TOKEN_LIFE_MS_MAX = 2_592_000_000;
