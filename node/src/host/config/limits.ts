/** `config.json`, characters. */
export const CONFIG_BYTES_MAX = 262_144;
/** Genesis document, bytes: fits a ConfigMap. */
export const GENESIS_BYTES_MAX = 900_000;
/** Organisations whose gateways one node hosts. */
export const GATEWAYS_MAX = 64;
/** Networks and links that one relay serves. */
export const RELAY_NETWORKS_MAX = 50;
export const RELAY_LINKS_MAX = 200;
/** Longest time that an operation waits for company, ms (ledger.md section 2). */
export const BUNDLE_WAIT_MS_MAX = 40;
/** Blocks between two snapshots, at most. */
export const SNAPSHOT_INTERVAL_BLOCKS_MAX = 1_000_000;
/** Time between two snapshots, ms, at most: a day. */
export const SNAPSHOT_PERIOD_MS_MAX = 86_400_000;
