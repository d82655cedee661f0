/** Shortest time a view request may travel, ms: below it a relay's poll alone would time it out. */
export const VIEW_TIMEOUT_MS_MIN = 1_000;
/** View requests one application may make, one after the other: a refused one may be asked again with a new consent. */
export const VIEWS_MAX = 10;
/** Reasons of one decision. */
export const REASONS_MAX = 8;
/** Milliseconds of a day, for the interval between payouts. */
export const DAY_MS = 86_400_000;
