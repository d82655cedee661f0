import { accept, type Bytes, base64urlEncode, isJsonObject, parseCanonical, type Result, refuse } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { BACKUP_FILES, BACKUP_FORMAT } from '@civitas/deployment';
import { type CheckedBackup, checkBackup, isDecidedBlock, type VerifiedChunk, verifyChunk } from '@civitas/proofs';
import type { BackupFacts } from './backup-facts.ts';
import { BackupRefused, held } from './backup-fault.ts';
import type { BackupTarget } from './backup-target.ts';

/** `backup.json`, bytes. */
const ABOUT_BYTES_MAX = 4096;

function checkAbout(bytes: Bytes, { checked, genesisHash }: CheckedBackup): boolean {
  const about = parseCanonical(bytes, ABOUT_BYTES_MAX);
  if (!about.ok || !isJsonObject(about.value)) return false;
  const { chainId, height } = checked.manifest;
  const { format, chainId: said, height: at, genesisHash: hash } = about.value;
  const isWhole = Object.keys(about.value).length === 4;
  return isWhole && format === BACKUP_FORMAT && said === chainId && at === height && hash === base64urlEncode(genesisHash);
}

const EMPTY: Bytes = new Uint8Array(0);

/** A backup whose pages and headers hold; its chunks are not looked at yet. */
export interface OpenedBackup {
  readonly backup: CheckedBackup;
  readonly genesis: Bytes;
  /** Empty where the network's engine keeps its blocks itself. */
  readonly nextBlock: Bytes;
  readonly facts: BackupFacts;
  /** @throws BackupRefused naming the file when a chunk is missing or changed; BackupFault. */
  readonly readChunk: (index: number) => Promise<VerifiedChunk>;
}

async function readLights(target: BackupTarget): Promise<Bytes[]> {
  const lights: Bytes[] = [];
  for (const name of await target.list(BACKUP_FILES.lights)) lights.push((await target.read(name)) ?? EMPTY);
  return lights;
}

function factsOf({ checked, genesisHash }: CheckedBackup, headerCount: number): BackupFacts {
  const { manifest, recordCount, byteCount } = checked;
  const { chainId, height, appHash, chunks } = manifest;
  return { chainId, genesisHash, height, appHash, recordCount, byteCount, chunkCount: chunks.length, headerCount };
}

/**
 * Opens the backup of one folder and walks genesis → validators → headers → app hash → manifest.
 *
 * @returns BACKUP_INCOMPLETE without its last page, BACKUP_ABOUT, BACKUP_BLOCK and the codes of checkBackup. @throws BackupFault
 */
export async function openBackup(target: BackupTarget): Promise<Result<OpenedBackup>> {
  const about = await target.read(BACKUP_FILES.about);
  // It is written last: without it the rest may be anything.
  if (about === undefined) return refuse('BACKUP_INCOMPLETE', { file: BACKUP_FILES.about });
  const genesis = (await target.read(BACKUP_FILES.genesis)) ?? EMPTY;
  const manifest = (await target.read(BACKUP_FILES.manifest)) ?? EMPTY;
  const lightBlocks = await readLights(target);
  const checked = checkBackup(nodeCrypto, { genesis, manifest, lightBlocks });
  if (!checked.ok) return checked;
  const backup = checked.value;
  if (!checkAbout(about, backup)) return refuse('BACKUP_ABOUT', { file: BACKUP_FILES.about });
  const nextBlock = (await target.read(BACKUP_FILES.nextBlock)) ?? EMPTY;
  if (nextBlock.length > 0 && !isDecidedBlock(nodeCrypto.sha256, nextBlock, backup.next))
    return refuse('BACKUP_BLOCK', { file: BACKUP_FILES.nextBlock });
  const readChunk = async (index: number): Promise<VerifiedChunk> => {
    const file = `${BACKUP_FILES.chunks}/${BACKUP_FILES.chunk(index)}`;
    const bytes = await target.read(file);
    if (bytes === undefined) throw new BackupRefused(file, refuse('BACKUP_INCOMPLETE', { file }).refusal);
    const chunk = verifyChunk(nodeCrypto.sha256, backup.checked, index, bytes);
    return held(file, chunk.ok ? chunk : refuse(chunk.refusal.code, { ...chunk.refusal.facts, file }));
  };
  return accept({ backup, genesis, nextBlock, facts: factsOf(backup, lightBlocks.length), readChunk });
}

/**
 * Reads everything of a backup back and verifies it: every header, every record of every chunk.
 *
 * @param onChunk is given each verified chunk, in order. @returns the codes of openBackup and verifyChunk. @throws BackupFault
 */
export async function verifyBackup(
  target: BackupTarget,
  onChunk: (index: number, chunk: VerifiedChunk) => Promise<void> | void = () => undefined,
): Promise<Result<BackupFacts>> {
  const opened = await openBackup(target);
  if (!opened.ok) return opened;
  const { facts, readChunk } = opened.value;
  try {
    for (let index = 0; index < facts.chunkCount; index++) await onChunk(index, await readChunk(index));
  } catch (error) {
    if (error instanceof BackupRefused) return { ok: false, refusal: error.refusal };
    throw error;
  }
  return accept(facts);
}
