import { type Bytes, base64urlEncode, encodeCanonical, equalBytes, isJsonObject, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { BACKUP_FILES, BACKUP_FORMAT } from '@civitas/deployment';
import {
  CertifiedHeaders,
  type CheckedManifest,
  checkManifest,
  checkSnapshotHeader,
  encodeLightBlock,
  genesisValidators,
  parseManifest,
  verifyChunk,
} from '@civitas/proofs';
import { held } from './backup-fault.ts';
import type { BackupSource } from './backup-source.ts';
import type { BackupTarget } from './backup-target.ts';
import { BROKEN_OFF_MS } from './limits.ts';

/** A snapshot of a node with the headers that prove it: a backup whose chunks are not copied yet. */
export interface ProvenSnapshot {
  readonly checked: CheckedManifest;
  readonly manifestBytes: Bytes;
  readonly genesisBytes: Bytes;
  readonly headers: CertifiedHeaders;
}

/**
 * Proves a snapshot that a node shows, from the genesis on.
 *
 * @throws BackupRefused with the code of what does not verify.
 */
export async function proveSnapshot(source: BackupSource, genesis: JsonObject, height: number): Promise<ProvenSnapshot> {
  const manifestBytes = await source.fetchManifest(height);
  const manifest = held('manifest', parseManifest(manifestBytes));
  const checked = held('manifest', checkManifest(nodeCrypto.sha256, manifest));
  const stated = Array.isArray(genesis['validators']) ? genesis['validators'].filter(isJsonObject) : [];
  const set = stated.map((one) => ({ publicKey: String(one['publicKey']), power: Number(one['power']) }));
  const validators = held('genesis', genesisValidators(nodeCrypto.sha256, set));
  const headers = new CertifiedHeaders({ chainId: manifest.chainId, validators, crypto: nodeCrypto, sources: [source] });
  await headers.at(height);
  const next = await headers.at(height + 1);
  held('header', checkSnapshotHeader(manifest, next.header));
  return { checked, manifestBytes, genesisBytes: encodeCanonical(genesis), headers };
}

export interface CopySnapshot {
  readonly source: BackupSource;
  readonly proven: ProvenSnapshot;
  /** The backup's own folder. */
  readonly target: BackupTarget;
  readonly onChunk: (done: number, count: number) => void;
}

/**
 * Copies a proven snapshot to its folder, its first page last: a folder without it is no backup. What stands there already and verifies is
 * not fetched again, so a copy that was broken off goes on where it was.
 *
 * @throws BackupRefused with the code of what does not verify; BackupFault.
 */
export async function copySnapshot({ source, proven, target, onChunk }: CopySnapshot): Promise<void> {
  const { checked, manifestBytes, genesisBytes, headers } = proven;
  const { chainId, height, chunks } = checked.manifest;
  const write = async (name: string, bytes: Bytes): Promise<void> => {
    const there = await target.read(name);
    if (there === undefined || !equalBytes(there, bytes)) await target.write(name, bytes);
  };
  await write(BACKUP_FILES.genesis, genesisBytes);
  await write(BACKUP_FILES.manifest, manifestBytes);
  await writeLights(target, headers, write);
  for (const index of chunks.keys()) {
    const name = `${BACKUP_FILES.chunks}/${BACKUP_FILES.chunk(index)}`;
    const there = await target.read(name);
    if (there === undefined || !verifyChunk(nodeCrypto.sha256, checked, index, there).ok) {
      const chunk = await source.fetchChunk(height, index);
      held(`chunk ${index}`, verifyChunk(nodeCrypto.sha256, checked, index, chunk));
      await target.write(name, chunk);
    }
    onChunk(index + 1, chunks.length);
  }
  const nextBlock = await source.fetchBlockBytes(height + 1);
  if (nextBlock.length > 0) await write(BACKUP_FILES.nextBlock, nextBlock);
  const about = { chainId, format: BACKUP_FORMAT, genesisHash: base64urlEncode(nodeCrypto.sha256(genesisBytes)), height };
  await write(BACKUP_FILES.about, encodeCanonical(about));
  await target.sweep('', BROKEN_OFF_MS);
}

/** One walk of headers stands there: those of an earlier try, which may have gone another way, would break it. */
async function writeLights(
  target: BackupTarget,
  headers: CertifiedHeaders,
  write: (name: string, bytes: Bytes) => Promise<void>,
): Promise<void> {
  const wanted = new Map(
    headers.path.map((block) => [`${BACKUP_FILES.lights}/${BACKUP_FILES.light(Number(block.header.height))}`, encodeLightBlock(block)]),
  );
  for (const name of await target.list(BACKUP_FILES.lights)) if (!wanted.has(name)) await target.remove(name);
  for (const [name, bytes] of wanted) await write(name, bytes);
}
