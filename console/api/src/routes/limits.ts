/** Persons without whom an agency that approves by hand could approve nothing. */
export const MANUAL_APPROVERS_MIN = 1;
/** All files of a support bundle together, bytes: with the archive made of them that is still less than the pod may have. */
export const SUPPORT_BYTES_MAX = 33_554_432;
/** What has not come by then is named as missing in it, ms. */
export const SUPPORT_MS_MAX = 60_000;
