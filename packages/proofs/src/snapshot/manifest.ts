import {
  accept,
  type Bytes,
  base64urlEncode,
  CHAIN_ID_CHARS_MAX,
  encodeCanonical,
  equalBytes,
  type Json,
  parseCanonical,
  type Result,
  refuse,
  type Sha256,
} from '@civitas/canon';
import type { Header } from '../codec/header.ts';
import { arrayField, FieldError, hashOfText, integerField, objectWith, textField } from '../json-fields.ts';
import { SNAPSHOT_CHUNK_BYTES_MAX, SNAPSHOT_CHUNKS_MAX, SNAPSHOT_DEPTH_MAX, SNAPSHOT_MANIFEST_BYTES_MAX } from '../limits.ts';
import { isEmptyHash } from '../tree/tree-hash.ts';
import { joinSubtrees, type Subtree } from './subtree.ts';

/** The format this version writes and reads. */
export const SNAPSHOT_FORMAT = 1;

/** One subtree of the state tree with all its records: everything whose key hash starts with the chunk's own prefix. */
export interface SnapshotChunk extends Subtree {
  /** Bits of the prefix, 0 … 64. The prefixes follow from the order of the chunks, which run from the lowest key hash to the highest. */
  readonly depth: number;
  readonly byteCount: number;
}

/**
 * What a snapshot consists of. It is at once the proof of every chunk: the chunks' hashes fold to the app hash, so a manifest that
 * folds to a certified one leaves no chunk a choice of its records.
 */
export interface SnapshotManifest {
  readonly chainId: string;
  /** SHA-256 of the genesis document. */
  readonly genesisHash: Bytes;
  /** The block after which this is the state; header height + 1 carries the app hash. */
  readonly height: number;
  readonly appHash: Bytes;
  readonly chunks: readonly SnapshotChunk[];
}

/** A manifest whose chunks cover every key once and fold to its app hash; only checkManifest makes one. */
export interface CheckedManifest {
  readonly manifest: SnapshotManifest;
  /** Lowest key hash (its first eight bytes) of each chunk. */
  readonly starts: readonly bigint[];
  readonly recordCount: number;
  readonly byteCount: number;
}

/** The manifest's one encoding, canonical JSON. A snapshot is named by its SHA-256. */
export function encodeManifest(manifest: SnapshotManifest): Bytes {
  const { appHash, chainId, chunks, genesisHash, height } = manifest;
  return encodeCanonical({
    appHash: base64urlEncode(appHash),
    chainId,
    chunks: chunks.map(({ depth, recordCount, byteCount, hash }) => [depth, recordCount, byteCount, base64urlEncode(hash)]),
    format: SNAPSHOT_FORMAT,
    genesisHash: base64urlEncode(genesisHash),
    height,
  });
}

function chunkOf(value: Json): SnapshotChunk {
  if (!Array.isArray(value) || value.length !== 4) throw new FieldError('chunks: four values each');
  const [depth, recordCount, byteCount, hash] = value;
  const fields = { depth: depth ?? null, recordCount: recordCount ?? null, byteCount: byteCount ?? null };
  const chunk = {
    depth: integerField(fields, 'depth', SNAPSHOT_DEPTH_MAX),
    recordCount: integerField(fields, 'recordCount'),
    byteCount: integerField(fields, 'byteCount', SNAPSHOT_CHUNK_BYTES_MAX),
    hash: hashOfText(hash, 'hash'),
  };
  const isEmpty = chunk.recordCount === 0;
  if (isEmpty !== isEmptyHash(chunk.hash) || isEmpty !== (chunk.byteCount === 0))
    throw new FieldError('chunks: only an empty one is empty');
  return chunk;
}

/** Reads a manifest; one snapshot has one accepted encoding. Refused with SNAPSHOT_MANIFEST. */
export function parseManifest(bytes: Bytes): Result<SnapshotManifest> {
  const json = parseCanonical(bytes, SNAPSHOT_MANIFEST_BYTES_MAX);
  if (!json.ok) return refuse('SNAPSHOT_MANIFEST', { reason: json.refusal.code });
  try {
    const form = objectWith(json.value, ['appHash', 'chainId', 'chunks', 'format', 'genesisHash', 'height']);
    if (form['format'] !== SNAPSHOT_FORMAT) throw new FieldError(`format: ${SNAPSHOT_FORMAT}`);
    const chunks = arrayField(form, 'chunks', SNAPSHOT_CHUNKS_MAX).map(chunkOf);
    return accept({
      chainId: textField(form, 'chainId', CHAIN_ID_CHARS_MAX),
      genesisHash: hashOfText(form['genesisHash'], 'genesisHash'),
      height: integerField(form, 'height'),
      appHash: hashOfText(form['appHash'], 'appHash'),
      chunks,
    });
  } catch (error) {
    if (error instanceof FieldError) return refuse('SNAPSHOT_MANIFEST', { reason: error.message });
    throw error;
  }
}

/** Folds the chunks of the subtree at a depth; undefined where they leave a gap or overlap. */
function foldChunks(sha256: Sha256, rest: { readonly chunks: readonly SnapshotChunk[]; next: number }, depth: number): Subtree | undefined {
  const chunk = rest.chunks[rest.next];
  if (chunk === undefined || chunk.depth < depth) return undefined;
  if (chunk.depth === depth) {
    rest.next++;
    return chunk;
  }
  const left = foldChunks(sha256, rest, depth + 1);
  const right = left && foldChunks(sha256, rest, depth + 1);
  return left === undefined || right === undefined ? undefined : joinSubtrees(sha256, left, right);
}

function startsOf(chunks: readonly SnapshotChunk[]): bigint[] {
  let start = 0n;
  return chunks.map(({ depth }) => {
    const own = start;
    start += 1n << BigInt(SNAPSHOT_DEPTH_MAX - depth);
    return own;
  });
}

/**
 * Checks that the chunks cover every key exactly once and fold to the manifest's app hash.
 *
 * @returns SNAPSHOT_MANIFEST for gaps and overlaps, SNAPSHOT_ROOT for another app hash.
 */
export function checkManifest(sha256: Sha256, manifest: SnapshotManifest): Result<CheckedManifest> {
  const { chunks, appHash } = manifest;
  const rest = { chunks, next: 0 };
  const whole = foldChunks(sha256, rest, 0);
  if (whole === undefined || rest.next !== chunks.length) {
    return refuse('SNAPSHOT_MANIFEST', { reason: 'chunks leave a gap or overlap', chunkIndex: rest.next });
  }
  if (!equalBytes(whole.hash, appHash)) return refuse('SNAPSHOT_ROOT', { height: manifest.height, got: base64urlEncode(whole.hash) });
  const byteCount = chunks.reduce((sum, chunk) => sum + chunk.byteCount, 0);
  return accept({ manifest, starts: startsOf(chunks), recordCount: whole.recordCount, byteCount });
}

/** Ties a manifest to a certified header: the one right after the snapshot's height carries its app hash. Refused with SNAPSHOT_HEADER. */
export function checkSnapshotHeader(manifest: SnapshotManifest, header: Pick<Header, 'chainId' | 'height' | 'appHash'>): Result<true> {
  const facts = { height: manifest.height, headerHeight: Number(header.height) };
  if (header.chainId !== manifest.chainId) return refuse('SNAPSHOT_HEADER', { ...facts, field: 'chainId' });
  if (header.height !== BigInt(manifest.height) + 1n) return refuse('SNAPSHOT_HEADER', { ...facts, field: 'height' });
  if (!equalBytes(header.appHash, manifest.appHash)) return refuse('SNAPSHOT_HEADER', { ...facts, field: 'appHash' });
  return accept(true);
}
