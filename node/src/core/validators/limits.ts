/** Power of every validator (trust.md, "Power"): one organisation more counts as much as any other. */
export const VALIDATOR_POWER = 10;
/** A set accepted in block H signs from block H + 2 on (CometBFT: the next set is fixed in header H + 1). */
export const ACTIVATION_BLOCKS = 2;
