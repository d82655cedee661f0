/** Uses that one attestation keeps, so that its revocation reaches each of them in one block. */
export const USES_MAX = 32;
