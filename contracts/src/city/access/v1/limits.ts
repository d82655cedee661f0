/** Working days to explain a disputed access when no rule set is in force. */
export const EXPLAIN_DAYS = 10;
/** Entries of one page of a citizen's list. */
export const LIST_ENTRIES_MAX = 100;
