import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type Bytes,
  base64urlEncode,
  encodeCanonical,
  isJsonObject,
  type JsonObject,
  parseCanonical,
  type Result,
  refuse,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { BACKUP_FILES, BACKUP_FORMAT } from '@civitas/deployment';
import {
  CertifiedHeaders,
  type CheckedBackup,
  checkBackup,
  checkManifest,
  checkSnapshotHeader,
  encodeLightBlock,
  genesisValidators,
  isDecidedBlock,
  parseManifest,
  verifyChunk,
} from '@civitas/proofs';
import { Fault, Refused } from '../fault.ts';
import type { BackupSource } from './backup-source.ts';

export interface TakeBackup {
  readonly source: BackupSource;
  readonly genesis: JsonObject;
  readonly folder: string;
  readonly onChunk: (done: number, count: number) => void;
}

export interface BackupFacts {
  readonly chainId: string;
  readonly genesisHash: Bytes;
  readonly height: number;
  readonly recordCount: number;
  readonly byteCount: number;
  readonly chunkCount: number;
  readonly headerCount: number;
}

function held<T>(what: string, result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Refused(what, result.refusal);
}

async function writeDurably(path: string, content: Bytes): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Writes a backup: a fresh snapshot, the headers that lead to it from the genesis, the genesis. Each part is verified as it comes, and
 * the folder has its name only when all of it is there.
 *
 * @throws Fault BACKUP_EXISTS; Refused with the code of what does not verify.
 */
export async function takeBackup(request: TakeBackup): Promise<BackupFacts> {
  const { source, genesis, folder, onChunk } = request;
  if (existsSync(folder)) throw new Fault('BACKUP_EXISTS', `${folder} is there already; a backup is written to a new folder`);
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  const height = await source.takeSnapshot();
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
  const genesisBytes = encodeCanonical(genesis);
  const write = (name: string, bytes: Bytes): Promise<void> => writeDurably(join(partial, name), bytes);
  await write(BACKUP_FILES.genesis, genesisBytes);
  await write(BACKUP_FILES.manifest, manifestBytes);
  for (const block of headers.path)
    await write(join(BACKUP_FILES.lights, BACKUP_FILES.light(Number(block.header.height))), encodeLightBlock(block));
  for (const index of manifest.chunks.keys()) {
    const chunk = await source.fetchChunk(height, index);
    held(`chunk ${index}`, verifyChunk(nodeCrypto.sha256, checked, index, chunk));
    await write(join(BACKUP_FILES.chunks, BACKUP_FILES.chunk(index)), chunk);
    onChunk(index + 1, manifest.chunks.length);
  }
  const nextBlock = await source.fetchBlockBytes(height + 1);
  if (nextBlock.length > 0) await write(BACKUP_FILES.nextBlock, nextBlock);
  const genesisHash = nodeCrypto.sha256(genesisBytes);
  const about = { chainId: manifest.chainId, format: BACKUP_FORMAT, genesisHash: base64urlEncode(genesisHash), height };
  await write(BACKUP_FILES.about, encodeCanonical(about));
  const facts = held('backup', verifyBackupFolder(partial));
  await syncFolder(partial);
  await rename(partial, folder);
  await syncFolder(dirname(folder));
  return facts;
}

/** True when a path is a backup folder, or says it is one. */
export function isBackupFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

function read(path: string): Bytes {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new Fault('FILE_UNREADABLE', `${path} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`, { cause });
  }
}

function checkAbout(bytes: Bytes, { checked, genesisHash }: CheckedBackup): boolean {
  const about = parseCanonical(bytes);
  if (!about.ok || !isJsonObject(about.value)) return false;
  const { chainId, format, height } = about.value;
  const { manifest } = checked;
  const isSame = chainId === manifest.chainId && height === manifest.height && about.value['genesisHash'] === base64urlEncode(genesisHash);
  return isSame && format === BACKUP_FORMAT && Object.keys(about.value).length === 4;
}

/**
 * Verifies a backup folder offline: the chain of trust from its genesis, every chunk, every record.
 *
 * @returns the code and the `file` that does not verify. @throws Fault FILE_UNREADABLE.
 */
export function verifyBackupFolder(folder: string): Result<BackupFacts> {
  const lightsFolder = join(folder, BACKUP_FILES.lights);
  const lights = existsSync(lightsFolder) ? readdirSync(lightsFolder).sort() : [];
  const backup = checkBackup(nodeCrypto, {
    genesis: read(join(folder, BACKUP_FILES.genesis)),
    manifest: read(join(folder, BACKUP_FILES.manifest)),
    lightBlocks: lights.map((name) => read(join(lightsFolder, name))),
  });
  if (!backup.ok) return backup;
  const { checked, genesisHash, next } = backup.value;
  const { manifest, recordCount, byteCount } = checked;
  if (!checkAbout(read(join(folder, BACKUP_FILES.about)), backup.value)) return refuse('BACKUP_ABOUT', { file: BACKUP_FILES.about });
  for (const index of manifest.chunks.keys()) {
    const file = join(BACKUP_FILES.chunks, BACKUP_FILES.chunk(index));
    const chunk = verifyChunk(nodeCrypto.sha256, checked, index, read(join(folder, file)));
    if (!chunk.ok) return refuse(chunk.refusal.code, { ...chunk.refusal.facts, file });
  }
  const nextBlock = join(folder, BACKUP_FILES.nextBlock);
  if (existsSync(nextBlock) && !isDecidedBlock(nodeCrypto.sha256, read(nextBlock), next))
    return refuse('BACKUP_BLOCK', { file: BACKUP_FILES.nextBlock });
  const { chainId, height, chunks } = manifest;
  const counts = { recordCount, byteCount, chunkCount: chunks.length, headerCount: lights.length };
  return { ok: true, value: { chainId, genesisHash, height, ...counts } };
}
