/** Bounds of what a spec or status may hold: an API server refuses a CRD whose rules could run over unbounded lists. */
export const NAME_CHARS_MAX = 63;
export const CHAIN_ID_CHARS_MAX = 50;
export const DISPLAY_NAME_CHARS_MAX = 64;
export const MESSAGE_CHARS_MAX = 1024;
/** What a node says of its unwell part; longer is cut. */
export const UNWELL_CHARS_MAX = 256;
export const REASON_CHARS_MAX = 128;
export const CONDITIONS_MAX = 16;
export const POOLS_MAX = 16;
/** A BFT vote of more costs more than it protects. */
export const POOL_REPLICAS_MAX = 100;
export const MEMBERSHIPS_MAX = 32;
export const ROLES_MAX = 16;
export const CLIENTS_MAX = 16;
/** A P-256 request is about 400 characters. */
export const CSR_CHARS_MAX = 4096;
export const APPROVAL_THRESHOLD_MAX = 32;
export const CERTIFICATE_HOURS_MIN = 1;
export const CERTIFICATE_HOURS_MAX = 87_600;
