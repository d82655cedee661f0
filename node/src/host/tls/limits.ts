/** How often the mounted certificate set is looked at, ms. */
export const CERTIFICATE_POLL_MS = 1000;
/** One file of a certificate set, bytes. */
export const CERTIFICATE_FILE_BYTES_MAX = 65_536;
/** Authorities in `ca.crt`: the old and the new one of a roll-over, with room. */
export const AUTHORITIES_MAX = 8;
