/** Activations a rule set keeps at hand: decades of yearly rules, and a bounded record. */
export const ACTIVATIONS_MAX = 64;
