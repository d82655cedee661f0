/** How long an answer of the API server about somebody's rights is kept, ms. */
export const RIGHTS_KEPT_MS = 30_000;
/** Such answers that are kept at most. */
export const RIGHTS_MAX = 4096;
