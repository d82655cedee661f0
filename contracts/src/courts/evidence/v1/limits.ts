/** Reasons of one ruling. */
export const REASONS_MAX = 8;
