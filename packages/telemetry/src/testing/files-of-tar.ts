/** Files of an archive by path; it is not compressed. */
export function filesOfTar(archive: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  const field = (at: number, length: number): string => archive.toString('utf8', at, at + length).replace(/\0.*$/s, '');
  for (let at = 0; at < archive.length && archive[at] !== 0; ) {
    const bytes = Number.parseInt(field(at + 124, 12), 8);
    const prefix = field(at + 345, 155);
    files.set(prefix === '' ? field(at, 100) : `${prefix}/${field(at, 100)}`, archive.toString('utf8', at + 512, at + 512 + bytes));
    at += 512 + Math.ceil(bytes / 512) * 512;
  }
  return files;
}
