/** Validators of one set: the largest network planned has 31; room for growth, a bound for decoders. */
export const VALIDATORS_MAX = 128;
/** One validator's power and the set's total, as CometBFT bounds it (`MaxTotalVotingPower`). */
export const TOTAL_POWER_MAX = (2n ** 63n - 1n) / 8n;
/** A light block's encoding, bytes: 128 validators need ~35 KB. */
export const LIGHT_BLOCK_BYTES_MAX = 65_536;
/** A block's encoding, bytes: genesis sets `block.max_bytes` = 4 MiB. */
export const BLOCK_BYTES_MAX = 4_194_304;
/** Bundles (engine transactions) of one block. */
export const BLOCK_TRANSACTIONS_MAX = 4096;
/** Bytes of one part of a block's part set (CometBFT `BlockPartSizeBytes`). */
export const BLOCK_PART_BYTES = 65_536;
/** Block protocol version of CometBFT 0.38. */
export const BLOCK_PROTOCOL = 11n;
/** Depth of the state tree: the bits of SHA-256(key). */
export const TREE_DEPTH_MAX = 256;
/** A state key, bytes. */
export const KEY_BYTES_MAX = 256;
/** A state value, bytes. */
export const VALUE_BYTES_MAX = 65_536;
/** Leaves of one RFC 6962 tree: bounds a path at 32 hashes. */
export const MERKLE_LEAVES_MAX = 2 ** 32 - 1;
/** A receipt, bytes: a result as large as a state value, with its events. */
export const RECEIPT_BYTES_MAX = 262_144;
/** An evidence bundle, bytes. */
export const EVIDENCE_BYTES_MAX = 16_777_216;
/** Networks of one evidence bundle. */
export const EVIDENCE_NETWORKS_MAX = 16;
/** Light blocks of one network in a bundle. */
export const EVIDENCE_LIGHT_BLOCKS_MAX = 4096;
/** Items and openings of one bundle. */
export const EVIDENCE_ITEMS_MAX = 1024;
