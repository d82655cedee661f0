/** Documents one reading may cover: one screen of one patient. */
export const READ_DOCUMENTS_MAX = 50;
/** Shortest and longest time a requester may give for an answer, ms. */
export const ANSWER_WITHIN_MS_MIN = 1_000;
export const ANSWER_WITHIN_MS_MAX = 2_592_000_000;
/** Requests a policy may allow in one day. */
export const RATE_PER_DAY_MAX = 1_000_000;
/** Longest a disclosure to the citizen may be put off, ms: 90 days. */
export const DELAY_MS_MAX = 7_776_000_000;
