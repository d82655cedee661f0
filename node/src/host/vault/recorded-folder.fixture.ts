import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bytesOf, wholeCalls } from '../store/strace-log.fixture.ts';

const SECTOR = 512;

/** What a file was changed by since it was last synced. */
type Change =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly length: number };

/** One call of a recorded process on files below a folder, or a line that it wrote into its log. */
export type FolderOperation =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'make' | 'create' | 'remove' | 'sync'; readonly path: string }
  | { readonly kind: 'write'; readonly path: string; readonly offset: number | 'end'; readonly bytes: Buffer; readonly isDurable: boolean }
  | { readonly kind: 'truncate'; readonly path: string; readonly length: number };

/** How much of what was not synced is there after the crash. */
export type Survival = 'dropped' | 'kept' | 'torn';

function put(file: Buffer, offset: number, bytes: Buffer): Buffer {
  const end = offset + bytes.length;
  const grown = end > file.length ? Buffer.concat([file, Buffer.alloc(end - file.length)]) : Buffer.from(file);
  bytes.copy(grown, offset);
  return grown;
}

const truncated = (file: Buffer, length: number): Buffer =>
  length <= file.length ? Buffer.from(file.subarray(0, length)) : Buffer.concat([file, Buffer.alloc(length - file.length)]);

class RecordedFile {
  durable: Buffer = Buffer.alloc(0);
  pending: Change[] = [];
  size = 0;

  change(change: Change): void {
    this.pending.push(change);
    this.size = change.kind === 'truncate' ? change.length : Math.max(this.size, change.offset + change.bytes.length);
  }

  sync(): void {
    for (const change of this.pending)
      this.durable = change.kind === 'truncate' ? truncated(this.durable, change.length) : put(this.durable, change.offset, change.bytes);
    this.pending = [];
  }

  image(isKept: () => boolean): Buffer {
    let image = this.durable;
    for (const change of this.pending) {
      if (change.kind === 'truncate') {
        if (isKept()) image = truncated(image, change.length);
        continue;
      }
      for (let at = 0; at < change.bytes.length; ) {
        const sector = Math.floor((change.offset + at) / SECTOR);
        const end = Math.min(change.bytes.length, (sector + 1) * SECTOR - change.offset);
        if (isKept()) image = put(image, change.offset + at, change.bytes.subarray(at, end));
        at = end;
      }
    }
    return image;
  }
}

/** A folder with all below it, as far as it is on the disk, and what may or may not be: names are durable when their folder was synced. */
export class RecordedFolder {
  readonly #names = new Map<string, RecordedFile | 'folder'>();
  readonly #durable = new Map<string, RecordedFile | 'folder'>();
  #pending: { readonly path: string; readonly entry: RecordedFile | 'folder' | undefined }[] = [];

  apply(operation: FolderOperation): void {
    if (operation.kind === 'line') return;
    const { kind, path } = operation;
    if (kind === 'make' || kind === 'remove' || (kind === 'create' && !this.#names.has(path)))
      this.#name(path, kind === 'make' ? 'folder' : kind === 'create' ? new RecordedFile() : undefined);
    if (kind === 'sync') this.#sync(path);
    if (kind !== 'write' && kind !== 'truncate') return;
    const file = this.#file(path);
    if (kind === 'truncate') file.change({ kind, length: operation.length });
    else file.change({ kind, offset: operation.offset === 'end' ? file.size : operation.offset, bytes: operation.bytes });
    // Whatever was written before stays as it was: only this write is on the disk.
    if (kind === 'write' && operation.isDurable) file.durable = put(file.durable, offsetOf(file.pending.pop()), operation.bytes);
  }

  /** Writes what a crash leaves below a folder. @param random 0 … 1 for each part that was not synced. */
  writeImage(folder: string, survival: Survival, random: () => number): void {
    const isKept = (): boolean => survival === 'kept' || (survival === 'torn' && random() < 0.5);
    const names = new Map(this.#durable);
    // A file system's journal keeps the order of names.
    const count = survival === 'kept' ? this.#pending.length : survival === 'torn' ? Math.floor(random() * (this.#pending.length + 1)) : 0;
    for (const { path, entry } of this.#pending.slice(0, count)) setName(names, path, entry);
    for (const path of [...names.keys()].sort()) {
      const entry = names.get(path);
      const isReachable = dirname(path) === '.' || names.get(dirname(path)) === 'folder';
      if (!isReachable) names.delete(path);
      else if (entry === 'folder') mkdirSync(join(folder, path));
      else if (entry !== undefined) writeFileSync(join(folder, path), entry.image(isKept));
    }
  }

  #file(path: string): RecordedFile {
    const file = this.#names.get(path);
    if (file === undefined || file === 'folder') throw new Error(`strace shows a write on ${path}, which nobody made`);
    return file;
  }

  #name(path: string, entry: RecordedFile | 'folder' | undefined): void {
    setName(this.#names, path, entry);
    this.#pending.push({ path, entry });
  }

  #sync(path: string): void {
    const entry = this.#names.get(path);
    if (entry !== undefined && entry !== 'folder') return entry.sync();
    for (const change of this.#pending) if (dirname(change.path) === path) setName(this.#durable, change.path, change.entry);
    this.#pending = this.#pending.filter((change) => dirname(change.path) !== path);
  }
}

const offsetOf = (change: Change | undefined): number => (change?.kind === 'write' ? change.offset : 0);

function setName<T>(names: Map<string, T>, path: string, entry: T | undefined): void {
  if (entry === undefined) names.delete(path);
  else names.set(path, entry);
}

/** Calls whose record says all that an image needs. */
export const RECORDED_CALLS =
  'openat,lseek,pwrite64,pwritev,write,writev,fdatasync,fsync,ftruncate,mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2';

/**
 * What happened below a folder, in order, with the lines of a log beside it.
 *
 * @param text of `strace -f -y -xx -s 16777216 -e trace=RECORDED_CALLS`.
 * @throws Error for a call below the folder that this does not know: an image would be wrong without it.
 */
export function parseFolderStrace(text: string, paths: { readonly folder: string; readonly log: string }): FolderOperation[] {
  const operations: FolderOperation[] = [];
  const positions = new Map<string, number | 'end'>();
  const durable = new Set<string>();
  const below = (path: string): string | undefined => {
    if (path === paths.folder) return '.';
    return path.startsWith(`${paths.folder}/`) ? path.slice(paths.folder.length + 1).replace(/ \(deleted\)$/, '') : undefined;
  };
  for (const call of wholeCalls(text)) {
    const [, name = '', args = '', result = ''] = /^(\w+)\((.*)\)\s+=\s+(-?\d+|\?)/.exec(call) ?? [];
    if (name === '' || Number(result) < 0) continue;
    const quoted = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) => bytesOf(hex));
    const [, descriptor = '', shown = ''] = /^(\d+)<([^>]*)>/.exec(args) ?? [];
    const open = shown.startsWith('\\x') ? bytesOf(shown).toString() : shown;
    if (open === paths.log && name === 'write') operations.push({ kind: 'line', text: Buffer.concat(quoted).toString().trim() });
    const path = below(descriptor === '' ? (quoted[0] ?? '').toString() : open);
    if (path === undefined || path.endsWith('-lock')) continue;
    const tail = Number(/(\d+)$/.exec(args)?.[1]);
    const key = `${descriptor} ${path}`;
    if (name === 'openat') {
      const opened = `${result} ${path}`;
      positions.set(opened, /O_APPEND/.test(args) ? 'end' : 0);
      if (/DSYNC/.test(args)) durable.add(opened);
      else durable.delete(opened);
      if (/O_CREAT/.test(args)) operations.push({ kind: 'create', path });
      if (/O_TRUNC/.test(args)) operations.push({ kind: 'truncate', path, length: 0 });
    } else if (name === 'lseek') positions.set(key, Number(result));
    else if (name === 'mkdir') operations.push({ kind: 'make', path });
    else if (name === 'unlink') operations.push({ kind: 'remove', path });
    else if (name === 'fdatasync' || name === 'fsync') operations.push({ kind: 'sync', path });
    else if (name === 'ftruncate') operations.push({ kind: 'truncate', path, length: tail });
    else {
      const at = name.startsWith('pwrite') ? tail : (positions.get(key) ?? 0);
      if (!/^p?writev?(64)?$/.test(name)) throw new Error(`strace shows ${name} on ${path}`);
      if (Number.isNaN(at)) throw new Error(`strace shows no offset: ${call.slice(-80)}`);
      operations.push({ kind: 'write', path, offset: at, bytes: Buffer.concat(quoted), isDurable: durable.has(key) });
      if (!name.startsWith('pwrite') && at !== 'end') positions.set(key, at + Number(result));
    }
  }
  return operations;
}
