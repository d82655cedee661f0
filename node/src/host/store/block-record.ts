import { type Bytes, base64urlDecode, base64urlEncode, type JsonObject } from '@civitas/canon';
import type { TreeRoot } from '../../core/state/tree.ts';

/** What the store keeps of a block beside its bytes. */
export interface BlockRecord {
  readonly height: number;
  readonly timeUnixMs: number;
  /** Block id hash. */
  readonly hash: Bytes;
  /** State root after the block. */
  readonly root: TreeRoot;
  /** lastResultsHash of the next header. */
  readonly resultsHash: Bytes;
  /** Operations in each bundle, and each bundle's result code. */
  readonly bundles: readonly { readonly operationCount: number; readonly code: number }[];
  readonly blockBytes: number;
}

export function blockRecordToJson(record: BlockRecord): JsonObject {
  const { timeUnixMs, hash, root, resultsHash, bundles, blockBytes } = record;
  return {
    blockBytes,
    bundles: bundles.map(({ operationCount, code }) => [operationCount, code]),
    hash: base64urlEncode(hash),
    resultsHash: base64urlEncode(resultsHash),
    root: base64urlEncode(root.hash),
    rootVersion: root.version,
    timeUnixMs,
  };
}

export function blockRecordOf(height: number, json: JsonObject): BlockRecord {
  const bytes = (field: string): Bytes => base64urlDecode(String(json[field])) ?? new Uint8Array(0);
  const bundles = (json['bundles'] as readonly (readonly [number, number])[]).map(([operationCount, code]) => ({ operationCount, code }));
  const root = { hash: bytes('root'), version: Number(json['rootVersion']) };
  return {
    height,
    timeUnixMs: Number(json['timeUnixMs']),
    hash: bytes('hash'),
    root,
    resultsHash: bytes('resultsHash'),
    bundles,
    blockBytes: Number(json['blockBytes']),
  };
}
