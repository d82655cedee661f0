/** Longest file, lines (style of the house). */
export const FILE_LINES_MAX = 400;
/** Longest function, lines from signature to closing brace. */
export const FUNCTION_LINES_MAX = 70;
