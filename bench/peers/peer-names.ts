/** Opponents of the ledger's bench: CometBFT with its key-value example, with and without a signature check. */
export const PEERS = ['cometbft-sigkv', 'cometbft-kvstore'] as const;
export type PeerName = (typeof PEERS)[number];
