/** A private value that is typed in, characters. */
export const PRIVATE_TEXT_CHARS_MAX = 256;
/** Events of one record that are shown, newest. */
export const EVENTS_SHOWN_MAX = 50;
/** An identity number that is typed in. */
export const IDENTITY_PATTERN = '^[0-9A-Za-z-]{6,32}$';
const DAY_MS = 86_400_000;
/** A question's packet may be so long on its way, ms. */
export const PACKET_LIFE_MS = DAY_MS;
/** Time that whoever is asked has for an answer, ms; the source ledger's own rule may give less. */
export const ANSWER_MS = 3 * DAY_MS;
/** The token that stands for a person in a question outlives packet and answer, ms. */
export const TOKEN_LIFE_MS = 5 * DAY_MS;
/** What a consent was used for has to have arrived within this time, ms. */
export const CONSUMPTION_LIFE_MS = DAY_MS;
/** A header that proves what was just written comes within this time, ms; asked for each so often. */
export const HEADER_WAIT_MS = 15_000;
export const HEADER_POLL_MS = 50;
/** Cases under way that are remembered, newest. */
export const CASES_KNOWN_MAX = 2000;
/** Of them those that are looked at for one answer, and at once. */
export const CASES_LOOKED_AT_MAX = 40;
export const CASES_AT_ONCE = 4;
