import {
  type BackupSource,
  type BackupTarget,
  backupFolderOf,
  copySnapshot,
  proveSnapshot,
  removeBackup,
  targetBelow,
} from '@civitas/backup';
import { encodeCanonical, isJsonObject, type JsonObject, parseCanonical } from '@civitas/canon';
import { BACKUP_FILES } from '@civitas/deployment';
import type { EventName } from '@civitas/telemetry';
import { PROGRESS_LINES } from '../snapshot/limits.ts';

export interface TakeRequest {
  readonly source: BackupSource;
  readonly target: BackupTarget;
  readonly chainId: string;
  readonly genesis: JsonObject;
  /** Of the backup, over all its tries. */
  readonly id: string;
  readonly log: (event: EventName, fields: Readonly<Record<string, unknown>>) => void;
}

interface Begun {
  readonly folder: string;
  readonly height: number;
}

/** `begun.json`, bytes. */
const BEGUN_BYTES_MAX = 1024;

function begunName({ chainId, id }: TakeRequest): string {
  return `${chainId}/begun/${id}.json`;
}

async function readBegun(request: TakeRequest): Promise<Begun | undefined> {
  const bytes = await request.target.read(begunName(request));
  const parsed = bytes === undefined ? undefined : parseCanonical(bytes, BEGUN_BYTES_MAX);
  if (parsed?.ok !== true || !isJsonObject(parsed.value)) return undefined;
  const { folder, height } = parsed.value;
  const isOurs = typeof folder === 'string' && folder.startsWith(`${request.chainId}/`) && typeof height === 'number';
  return isOurs ? { folder, height } : undefined;
}

/** The height that an earlier try has begun, while the node still shows it; a fresh one else, and what was begun goes. */
async function chooseHeight(request: TakeRequest): Promise<number> {
  const begun = await readBegun(request);
  if (begun === undefined) return request.source.takeSnapshot();
  if ((await request.source.fetchHeights()).includes(begun.height)) {
    request.log('backup-resumed', { ...begun });
    return begun.height;
  }
  const left = targetBelow(request.target, begun.folder);
  const isWhole = (await left.read(BACKUP_FILES.about)) !== undefined;
  // One that is whole belongs to whoever finished it.
  if (!isWhole) await removeBackup(left);
  return request.source.takeSnapshot();
}

/**
 * Copies a snapshot of the node to the target. What an earlier try of the same backup has copied of the same height stays.
 *
 * @returns the backup's folder. @throws BackupFault, BackupRefused.
 */
export async function takeToTarget(request: TakeRequest): Promise<string> {
  const { source, target, genesis, log } = request;
  const height = await chooseHeight(request);
  const proven = await proveSnapshot(source, genesis, height);
  const folder = backupFolderOf(proven.checked.manifest);
  await target.write(begunName(request), encodeCanonical({ folder, height }));
  log('backup-begun', { folder, height, chunkCount: proven.checked.manifest.chunks.length, byteCount: proven.checked.byteCount });
  const onChunk = (done: number, count: number): void => {
    if (done === count || done % Math.ceil(count / PROGRESS_LINES) === 0) log('backup-progress', { done, count });
  };
  await copySnapshot({ source, proven, target: targetBelow(target, folder), onChunk });
  await target.remove(begunName(request));
  return folder;
}
