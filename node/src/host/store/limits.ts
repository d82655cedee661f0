/**
 * Format of the store; any other is refused. 1: whole pages by version. 2: newest pages, and what undoes each block's changes. 3: the
 * operation index in parts. 4: tree pages saved later than their block, receipts in chunks, the operation index in a log and sorted runs. 5: state records
 * by number, their keys in an index of its own. 6: records and receipts packed. 7: records packed with their keys.
 */
export const STORE_FORMAT = 7;
/** Operations in one run of their index, count: until then they stand in memory (3 MB), and a hundred million make 1,500 runs to search. */
export const INDEX_RUN_OPERATIONS = 65_536;
/** Receipts in one piece, bytes: a page of the store beside its header. LMDB searches all its free pages for several in a row. */
export const RECEIPT_CHUNK_BYTES = 4_080;
/** Keys and pages that one transaction between two blocks saves at most, count: about 3 ms of the event loop. A block's own are not bounded. */
export const AHEAD_COUNT_MAX = 1_024;
/** Records that are encoded, or keys that are put in order, in one step, count. */
export const ENCODED_AT_ONCE = 64;
/** What blocks change of the records before a copy has read them, bytes: in memory; a copy that meets more is given up. */
export const COPY_UNDO_BYTES_MAX = 67_108_864;
/** Shapes of texts that a store learns, count: in memory, too. A contract's records have a handful. */
export const SHAPES_MAX = 1_024;
/** What a shape has in common with its texts, bytes. */
export const SHAPE_BYTES_MAX = 2_048;
/** Strings and numbers of a text that is packed, count. */
export const BLANKS_MAX = 128;
/** Shapes that were met once, count: a text whose members are named by chance has one that never comes again. */
export const SHAPES_SEEN_MAX = 1_024;
/** Address space reserved for the store, bytes: 64 GiB of map, not of memory or disk. */
export const MAP_BYTES = 64 * 2 ** 30;
/** Records kept parsed, count. */
export const CACHED_RECORDS_MAX = 4_096;
/** Kept pages that one list names, count: what one entry of a pruned height may add. */
export const KEPT_LIST_PAGES_MAX = 64;
/** Records or pages that verifying takes in one turn of the event loop, count. */
export const VERIFY_SLICE = 1_024;
/** Pages that verifying keeps in memory, bytes: it needs each once. */
export const VERIFY_CACHE_BYTES = 2 ** 20;
/** A store is written anew where this many times its size is left: room for the copy, and for blocks meanwhile. */
export const COMPACT_ROOM_FACTOR = 1.5;
/** A file up to this size, bytes, holds LMDB's two meta pages and an empty root at most: no genesis, so nothing is lost with it. */
export const UNBORN_BYTES_MAX = 12_288;
/** Own packets that failed that are kept of each peer, count: the newest, at most 1 KiB each. */
export const FAILED_PACKETS_KEPT_MAX = 1_000;

/** What of a store waits for later blocks, and how it leaves. */
export interface StoreLimits {
  /**
   * Changed leaves within which every page they changed is on the disk, count: the more, the more blocks share one write of a page, and the
   * longer a start takes, which applies them again (about 50 µs each). Blocks that change little take 256 to it.
   */
  readonly unsavedChangesMax: number;
  /**
   * Keys of state records that wait to be written into their index, count: the more, the more of them share a page of it (five at 300,000 records),
   * and the longer a start takes, which looks at up to three times as many records. 4 MB of memory.
   */
  readonly unsavedKeysMax: number;
  /** Keys and pages that are saved between two blocks, count, or more; fewer a block saves itself. */
  readonly aheadCountMin: number;
}

export const STORE_LIMITS: StoreLimits = { unsavedChangesMax: 8_192, unsavedKeysMax: 32_768, aheadCountMin: 512 };
