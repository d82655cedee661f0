import { readFileSync } from 'node:fs';

/** One entry of an image layer. Paths have no leading slash; a folder's ends without one. */
export type TarEntry =
  | { readonly kind: 'folder'; readonly path: string; readonly mode?: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'file'; readonly path: string; readonly mode?: number; readonly content: Uint8Array }
  | { readonly kind: 'copy'; readonly path: string; readonly mode?: number; readonly from: string };

const BLOCK_BYTES = 512;
const NAME_BYTES_MAX = 100;
const PREFIX_BYTES_MAX = 155;
const TYPES = { file: '0', copy: '0', link: '2', folder: '5' } as const;
const DEFAULT_MODES = { file: 0o644, copy: 0o644, link: 0o777, folder: 0o755 } as const;

/**
 * Writes a POSIX (ustar) archive that depends on the entries alone: sorted by path, owned by root, all times 0. Parent folders that
 * are not among the entries are added.
 *
 * @throws RangeError for a path that ustar cannot hold, or two entries of one path.
 */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of withParents(entries)) {
    const content = entry.kind === 'copy' ? readFileSync(entry.from) : entry.kind === 'file' ? Buffer.from(entry.content) : Buffer.alloc(0);
    parts.push(headerOf(entry, content.length), content, Buffer.alloc(padding(content.length)));
  }
  parts.push(Buffer.alloc(2 * BLOCK_BYTES));
  return Buffer.concat(parts);
}

function withParents(entries: readonly TarEntry[]): readonly TarEntry[] {
  const byPath = new Map<string, TarEntry>();
  for (const entry of entries) {
    if (byPath.has(entry.path)) throw new RangeError(`${entry.path}: twice in one archive`);
    byPath.set(entry.path, entry);
  }
  for (const { path } of entries) {
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const parent = path.slice(0, slash);
      if (!byPath.has(parent)) byPath.set(parent, { kind: 'folder', path: parent });
    }
  }
  return [...byPath.values()].sort((left, right) => Buffer.compare(Buffer.from(left.path), Buffer.from(right.path)));
}

function headerOf(entry: TarEntry, bytes: number): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const { name, prefix } = splitPath(entry.kind === 'folder' ? `${entry.path}/` : entry.path);
  const octal = (value: number, offset: number, width: number): void => {
    header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset);
  };
  header.write(name, 0);
  octal(entry.kind === 'link' ? DEFAULT_MODES.link : (entry.mode ?? DEFAULT_MODES[entry.kind]), 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes, 124, 12);
  octal(0, 136, 12);
  header.write('        ', 148);
  header.write(TYPES[entry.kind], 156);
  if (entry.kind === 'link') {
    if (Buffer.byteLength(entry.target) > NAME_BYTES_MAX) throw new RangeError(`${entry.target}: longer than ${NAME_BYTES_MAX} bytes`);
    header.write(entry.target, 157);
  }
  header.write('ustar\u000000', 257);
  header.write(prefix, 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function splitPath(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= NAME_BYTES_MAX) return { name: path, prefix: '' };
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (name !== '' && Buffer.byteLength(name) <= NAME_BYTES_MAX && Buffer.byteLength(prefix) <= PREFIX_BYTES_MAX) return { name, prefix };
  }
  throw new RangeError(`${path}: longer than a ustar archive can hold`);
}

const padding = (bytes: number): number => (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;
