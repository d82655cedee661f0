/** Events one case may have: the longest real case has ten; payments in instalments come on top. */
export const EVENTS_MAX = 40;
/** Receipt code before a rule set gives one: region, class, kind and year unset. */
export const RECEIPT_CODE_UNSET = '00000000';
/** Receipts one ledger can number under one code (10 digits). */
export const RECEIPT_NUMBER_MAX = 9_999_999_999;
