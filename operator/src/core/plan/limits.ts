/** A newcomer this close to the head counts as there: blocks go on while it is asked. */
export const CATCH_UP_LAG_BLOCKS = 2;
/** Every validator weighs the same on the ledger (network.validators). */
export const VALIDATOR_POWER = 10;
