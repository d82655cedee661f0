/** Life of a network's certificate authority. Rolling it over is a day-2 operation. */
export const AUTHORITY_YEARS = 10;
/** Certificates become valid a little before they are made: clocks of one cluster differ. */
export const BACKDATED_MS = 5 * 60_000;
/** The operator's own client certificates live in memory alone and are made anew after this. */
export const OPERATOR_CERTIFICATE_HOURS = 12;
