/** Files of a backup folder: written by `civitas backup`, read by `civitas verify`, by `civitas restore` and by the node it restores. */
export const BACKUP_FILES = {
  /** What the folder is: `{chainId, format, genesisHash, height}`, canonical JSON. */
  about: 'backup.json',
  /** Genesis document, canonical JSON: its SHA-256 is the genesis hash. */
  genesis: 'genesis.json',
  /** The snapshot's manifest, canonical JSON. */
  manifest: 'manifest.json',
  /** Folder of light blocks, CometBFT encoding, one file each by height: they lead from the genesis to the height after the snapshot. */
  lights: 'lights',
  /** Folder of the chunks. */
  chunks: 'chunks',
  /** The block after the snapshot, from an embedded engine, which must never sign another at that height. */
  nextBlock: 'next.block',
  /** Below a node's data folder: a backup that the node's next start makes its store of. */
  restore: 'restore',
  /** Below a node's data folder: a backup of the node's own chain, which it drops its ledger for and starts from beside living peers. */
  rebuild: 'rebuild-from',
  light: (height: number): string => `${String(height).padStart(12, '0')}.light`,
  chunk: (index: number): string => `${String(index).padStart(5, '0')}.chunk`,
} as const;

/** The format of backup folders that this version writes and reads. */
export const BACKUP_FORMAT = 1;
