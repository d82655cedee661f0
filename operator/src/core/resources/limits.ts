/** Bounds of what a spec or status may hold: an API server refuses a CRD whose rules could run over unbounded lists. */
export const NAME_CHARS_MAX = 63;
export const CHAIN_ID_CHARS_MAX = 50;
export const DISPLAY_NAME_CHARS_MAX = 64;
export const MESSAGE_CHARS_MAX = 1024;
/** What a node says of its unwell part; longer is cut. */
export const UNWELL_CHARS_MAX = 256;
export const REASON_CHARS_MAX = 128;
export const CONDITIONS_MAX = 24;
export const POOLS_MAX = 16;
/** A BFT vote of more costs more than it protects. */
export const POOL_REPLICAS_MAX = 100;
export const MEMBERSHIPS_MAX = 32;
export const ROLES_MAX = 16;
export const CLIENTS_MAX = 16;
/** Of the 32 keys that a ledger lets an organisation have, clients and approvers leave 8 to its gateways. */
export const APPROVERS_MAX = 8;
export const MAIL_DOMAINS_MAX = 16;
/** RFC 1035. */
export const MAIL_DOMAIN_CHARS_MAX = 253;
/** A P-256 request is about 400 characters. */
export const CSR_CHARS_MAX = 4096;
export const APPROVAL_THRESHOLD_MAX = 32;
export const CERTIFICATE_HOURS_MIN = 1;
export const CERTIFICATE_HOURS_MAX = 87_600;
/** Entries of one ValidatorChange; each Replace takes two steps. */
export const VALIDATOR_CHANGES_MAX = 16;
export const VALIDATOR_STEPS_MAX = 2 * VALIDATOR_CHANGES_MAX;
/** Proposal ids that the operator makes have 22 characters of a hash and a number. */
export const PROPOSAL_ID_CHARS_MAX = 64;
/** Nodes of one LedgerOperation: one that concerns more is refused. */
export const OPERATION_STEPS_MAX = 128;
export const OPERATION_TTL_SECONDS_MAX = 31_536_000;
export const TRUST_OVERLAP_SECONDS_MAX = 2_592_000;
export const RELEASES_MAX = 64;
export const IMAGE_CHARS_MAX = 256;
/** Longest time a step of a roll may take before it is said to be late. */
export const STEP_TIMEOUT_SECONDS_MAX = 86_400;
export const CATCH_UP_BLOCKS_MAX = 1000;
export const MAINTENANCE_WINDOWS_MAX = 14;
export const MAINTENANCE_MINUTES_MAX = 1440;
export const EXTRA_SANS_MAX = 16;
export const GRANT_SOURCES_MAX = 32;
export const GRANT_PORTS_MAX = 32;
/** Folder of backups on their target. */
export const BACKUP_PATH_CHARS_MAX = 128;
/** Tries of one backup, restore or removal. */
export const BACKUP_ATTEMPTS_MAX = 5;
export const BACKUPS_KEPT_MAX = 1000;
export const BACKUP_AGE_DAYS_MAX = 36_500;
export const CRON_CHARS_MAX = 128;
export const TIME_ZONE_CHARS_MAX = 64;
/** A DNS name. */
export const HOST_CHARS_MAX = 253;
export const EXTERNAL_MEMBERS_MAX = 32;
/** Highest version of the rules that blocks are executed by; the ledger's own bound. */
export const PROTOCOL_VERSION_MAX = 1000;
/** Longest address of an identity provider, characters. */
export const IDENTITY_URL_CHARS_MAX = 512;
/** Between two synthetic operations of a probe, seconds. */
export const PROBE_SECONDS_MIN = 1;
export const PROBE_SECONDS_MAX = 600;
/** Days that a node keeps state provable at most, short of an archive: ten years. */
export const RETENTION_DAYS_MAX = 3_653;
/** Of a source policy; the contract's own bounds. */
export const POLICY_RATE_PER_DAY_MAX = 1_000_000;
export const POLICY_ANSWER_AGE_HOURS_MAX = 87_600;
export const POLICY_DELAY_HOURS_MAX = 2160;
export const POLICY_FINDINGS_MAX = 8;
/** Contracts of one pack; the ledger's own bound. */
export const PACK_CONTRACTS_MAX = 16;
/** Pace of scrapes, seconds. */
export const SCRAPE_SECONDS_MIN = 5;
export const SCRAPE_SECONDS_MAX = 300;
export const MONITOR_LABELS_MAX = 16;
/** Nodes of a network whose keys are held elsewhere. */
export const REMOTE_SIGNERS_MAX = 64;
/** An IPv6 prefix. */
export const CIDR_CHARS_MAX = 43;
