/** Keys of one organisation. */
export const KEYS_PER_ORGANISATION_MAX = 32;
/** Roles of one organisation. */
export const ROLES_MAX = 16;
/** Organisations of one network. */
export const ORGANISATIONS_MAX = 256;
/** Proposals open at once: bounds what automatic approvers look through. */
export const OPEN_PROPOSALS_MAX = 256;
/** Contracts of one pack. */
export const PACK_CONTRACTS_MAX = 16;
