import type { Bytes } from '@civitas/canon';
import type { StoredRecord } from '../../core/state/records.ts';
import type { BlockRecord } from './block-record.ts';
import type { FailedPacketWrite } from './failed-packets.ts';
import type { EncodedOperations } from './operation-index.ts';
import type { ReceiptChunk } from './receipt-chunks.ts';
import type { EncodedRecord } from './record-table.ts';
import type { TreeWrites } from './tree-pages.ts';

/** Everything one block writes, in one transaction. */
export interface CommitWrites extends TreeWrites {
  readonly record: BlockRecord;
  /** Undefined at genesis, which is height 0 and no block; without bytes where the engine keeps its blocks itself. */
  readonly block: { readonly bytes?: Bytes; readonly lightBlock?: Bytes } | undefined;
  readonly writes: ReadonlyMap<string, StoredRecord | undefined>;
  /** Own packets that the block ended badly. */
  readonly failedPackets?: readonly FailedPacketWrite[];
  readonly receipts: readonly {
    readonly index: number;
    readonly operationHash: Bytes;
    readonly bytes: Bytes;
    readonly isCharged: boolean;
  }[];
}

/** The part of writing a commit that can rest: its transaction holds the event loop from beginning to end. */
export interface EncodedCommit {
  readonly records: readonly EncodedRecord[];
  readonly receipts: readonly ReceiptChunk[];
  readonly operations: EncodedOperations;
}
