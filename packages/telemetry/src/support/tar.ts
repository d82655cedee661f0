/** One file of an archive. */
export interface TarEntry {
  /** Relative, with `/`; at most 255 bytes, of which the last 100 hold the file's own name. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;
const NAME_BYTES_MAX = 100;
const PREFIX_BYTES_MAX = 155;

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits - 1, '0')}\0`;
}

function splitPath(path: string): { readonly prefix: string; readonly name: string } {
  if (Buffer.byteLength(path) <= NAME_BYTES_MAX) return { prefix: '', name: path };
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(name) <= NAME_BYTES_MAX && Buffer.byteLength(prefix) <= PREFIX_BYTES_MAX) return { prefix, name };
  }
  throw new RangeError(`a path of an archive is too long: ${path}`);
}

/** Header of a regular file, mode 0600, of nobody, in the POSIX ustar format (IEEE 1003.1, pax). */
function header({ path, bytes }: TarEntry, modifiedUnixMs: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const { prefix, name } = splitPath(path);
  block.write(name, 0);
  block.write(
    `${octal(0o600, 8)}${octal(0, 8)}${octal(0, 8)}${octal(bytes.length, 12)}${octal(Math.floor(modifiedUnixMs / 1000), 12)}`,
    100,
  );
  block.write('        0', 148);
  block.write('ustar\x0000', 257);
  block.write(prefix, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** An archive of these files, in order. @throws RangeError for a path that does not fit. */
export function tarOf(entries: readonly TarEntry[], modifiedUnixMs: number): Buffer {
  const parts = entries.flatMap((entry) => [
    header(entry, modifiedUnixMs),
    entry.bytes,
    Buffer.alloc((BLOCK - (entry.bytes.length % BLOCK)) % BLOCK),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}
