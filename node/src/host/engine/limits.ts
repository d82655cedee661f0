/** Bundles of one block, bytes: the genesis bound of 4 MiB less header, commit and framing. */
export const BLOCK_DATA_BYTES_MAX = 3_900_000;
/** Genesis bounds that every header's consensus hash names: block bytes, and gas without bound. */
export const BLOCK_BOUNDS = { blockBytesMax: 4_194_304n, blockGasMax: -1n } as const;
/** Bundles that may wait for a block; more are refused by submit. */
export const WAITING_BUNDLES_MAX = 4_096;
/** What a transaction takes in a block beside its bytes: field tag and length. */
export const TRANSACTION_FRAMING_BYTES = 5;
