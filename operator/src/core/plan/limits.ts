/** A newcomer this close to the head counts as there: blocks go on while it is asked. */
export const CATCH_UP_LAG_BLOCKS = 2;
/** How long a validator that voted counts as voting while it is merely not heard, ms: as long as a network with work may go without a block. */
export const VOTER_DOUBT_MS_MAX = 10_000;
/** Every validator weighs the same on the ledger (network.validators). */
export const VALIDATOR_POWER = 10;
/** A volume this full is told of. */
export const STORAGE_ALARM_PERCENT = 90;
/** Between these shares of its volume's size a file system counts as the volume's own, grown as far as it was asked to. */
export const VOLUME_OWN_LEAST = 0.85;
export const VOLUME_OWN_MOST = 1.1;
/** Once told to look at what it mounts, a kubelet is told again after this pause, ms, and so often in all. */
export const MOUNT_REFRESH_AGAIN_MS = 4000;
export const MOUNT_REFRESHES_MAX = 3;
/** A deleted network whose nodes are silent for longer is written off with what its status said last. */
export const CLOSING_SILENCE_MS = 60_000;
/** Pause after the first failed try of a backup, ms; each further one is this many times as long. */
export const BACKUP_RETRY_FIRST_MS = 5000;
export const BACKUP_RETRY_FACTOR = 6;
/** Verified backups that a schedule keeps unless it says otherwise. */
export const BACKUPS_KEPT_DEFAULT = 7;
/** Failed ones that it leaves for people to read. */
export const FAILED_BACKUPS_KEPT = 3;
export const STARTING_DEADLINE_SECONDS_DEFAULT = 600;
