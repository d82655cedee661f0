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
/** Pieces of evidence of one block: CometBFT gives them 1 MiB of it, and two signed votes take 400 bytes. */
export const BLOCK_EVIDENCE_MAX = 4096;
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
/** Verified headers that a walk keeps, count: a validator set's light block has some KB. */
export const CERTIFIED_HEADERS_CACHED = 512;
/** Genesis document inside a backup, bytes. */
export const GENESIS_BYTES_MAX = 1_048_576;
/** A snapshot's manifest, bytes: the largest chunk list with room; below the 4 MB that the engine carries in one message. */
export const SNAPSHOT_MANIFEST_BYTES_MAX = 2_097_152;
/** Chunks of one snapshot: 32 GiB of state at 2 MiB each. */
export const SNAPSHOT_CHUNKS_MAX = 16_384;
/** Records of one chunk with their lengths, bytes; a larger range is parted in two. */
export const SNAPSHOT_CHUNK_BYTES_MAX = 4_194_304;
/** Leading bits of key hashes that one chunk may be bound to: bounds the parting of a range that somebody filled on purpose. */
export const SNAPSHOT_DEPTH_MAX = 64;
/** A record's value inside a snapshot, bytes: contracts keep to 64 KiB, the replay record of a full block is larger. */
export const SNAPSHOT_VALUE_BYTES_MAX = 1_048_576;
