/** Version of a chain whose ledger names none. */
export const FIRST_PROTOCOL = 1;
/** The highest version that a change may name. */
export const PROTOCOL_MAX = 1_000;
/** Least blocks between the decision and the first block of the new version: engines hear of it one block before. */
export const ACTIVATION_NOTICE_BLOCKS_MIN = 2;
/** Most of them; about six days of idle blocks. */
export const ACTIVATION_NOTICE_BLOCKS_MAX = 100_000;
