/**
 * Files of a ConfigMap, Secret or projected volume, changed all at once: they live in a time-stamped folder that the symlink
 * `..data` names, and the names a program opens are symlinks through it. A change writes a new folder and swaps `..data`.
 *
 * @see Kubernetes pkg/volume/util/atomic_writer.go
 */

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

export interface VolumeFile {
  readonly bytes: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
}

/** Files by relative path. */
export type VolumeFiles = ReadonlyMap<string, VolumeFile>;

/**
 * Makes a folder hold exactly these files, besides entries that are not symlinks into `..data` (nested mounts).
 *
 * @returns False when it held them already.
 * @throws Error for a path that is absolute, climbs out, or starts with `..`.
 */
export function writeAtomically(folder: string, files: VolumeFiles): boolean {
  for (const path of files.keys()) assertInside(path);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const dataLink = join(folder, '..data');
  const previous = existsSync(dataLink) ? readlinkSync(dataLink) : undefined;
  if (previous !== undefined && isSame(join(folder, previous), files)) return false;

  const next = freshName(folder);
  mkdirSync(join(folder, next), { mode: 0o755 });
  for (const [path, file] of files) {
    const target = join(folder, next, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    writeFileSync(target, file.bytes, { mode: file.mode });
    // The process' umask has cut the mode given to open.
    chmodSync(target, file.mode);
  }
  const temporaryLink = join(folder, '..data_tmp');
  rmSync(temporaryLink, { force: true });
  symlinkSync(next, temporaryLink);
  renameSync(temporaryLink, dataLink);
  linkNames(folder, new Set([...files.keys()].map((path) => path.split('/')[0] ?? path)));
  if (previous !== undefined) rmSync(join(folder, previous), { recursive: true, force: true });
  return true;
}

function assertInside(path: string): void {
  const parts = path.split('/');
  if (path === '' || path.startsWith('/') || parts.includes('..') || parts[0]?.startsWith('..')) {
    throw new Error(`path ${JSON.stringify(path)} leaves its volume`);
  }
}

function freshName(folder: string): string {
  const stamp = new Date().toISOString().replace(/[-:.TZ]/g, '_');
  for (let turn = 0; ; turn++) {
    const name = `..${stamp}${turn}`;
    if (!existsSync(join(folder, name))) return name;
  }
}

/** Adds the names programs open and removes those that point at nothing any more. */
function linkNames(folder: string, names: ReadonlySet<string>): void {
  for (const name of names) {
    if (lstatSync(join(folder, name), { throwIfNoEntry: false }) === undefined) symlinkSync(`..data/${name}`, join(folder, name));
  }
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const stale = entry.isSymbolicLink() && !entry.name.startsWith('..') && !names.has(entry.name);
    if (stale && readlinkSync(join(folder, entry.name)).startsWith('..data/')) rmSync(join(folder, entry.name));
  }
}

function isSame(folder: string, files: VolumeFiles): boolean {
  if (!existsSync(folder)) return false;
  const present = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  if (present.length !== files.size) return false;
  for (const [path, file] of files) {
    const target = join(folder, path);
    const stat = lstatSync(target, { throwIfNoEntry: false });
    if (!stat?.isFile() || (stat.mode & 0o777) !== file.mode) return false;
    if (!readFileSync(target).equals(file.bytes)) return false;
  }
  return true;
}
