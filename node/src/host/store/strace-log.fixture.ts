/** One storage operation of a recorded process, or a line it wrote into its log. */
export type DiskOperation =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Buffer; readonly isDurable: boolean }
  | { readonly kind: 'sync' }
  | { readonly kind: 'truncate'; readonly length: number }
  | { readonly kind: 'line'; readonly text: string };

/** Of bytes as strace prints them with `-xx`. */
export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex');
}

/** Joins what strace parted because another thread came in between; an operation counts from where it ended. */
export function wholeCalls(text: string): string[] {
  const open = new Map<string, string>();
  const calls: string[] = [];
  for (const line of text.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    if (rest.endsWith('<unfinished ...>')) open.set(thread, rest.slice(0, -'<unfinished ...>'.length).trimEnd());
    else if (resumed !== null) calls.push(`${open.get(thread) ?? ''}${resumed[1] ?? ''}`);
    else calls.push(rest);
  }
  return calls;
}

/**
 * What happened to one file, in order, with the lines of a log beside it.
 *
 * @param text of `strace -f -y -xx -s 16777216 -e trace=openat,lseek,pwrite64,pwritev,write,writev,fdatasync,fsync,ftruncate`.
 * @throws Error for a call on the file that this does not know: an image would be wrong without it.
 */
export function parseStrace(text: string, paths: { readonly store: string; readonly log: string }): DiskOperation[] {
  const operations: DiskOperation[] = [];
  const positions = new Map<string, number>();
  const durable = new Set<string>();
  for (const call of wholeCalls(text)) {
    const [, name = '', args = '', result = ''] = /^(\w+)\((.*)\)\s+=\s+(-?\d+|\?)/.exec(call) ?? [];
    if (name === 'openat' && bytesPath(args) === paths.store && args.includes('DSYNC')) durable.add(result);
    const [, descriptor = '', shown = ''] = /^(\d+)<([^>]*)>/.exec(args) ?? [];
    const path = shown.startsWith('\\x') ? bytesOf(shown).toString() : shown;
    const written = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) => bytesOf(hex));
    if (path === paths.log && name === 'write') operations.push({ kind: 'line', text: Buffer.concat(written).toString().trim() });
    if (path !== paths.store || Number(result) < 0) continue;
    const tail = Number(/(\d+)$/.exec(args)?.[1]);
    const isDurable = durable.has(descriptor);
    if (name === 'lseek') positions.set(descriptor, Number(result));
    else if (name === 'fdatasync' || name === 'fsync') operations.push({ kind: 'sync' });
    else if (name === 'ftruncate') operations.push({ kind: 'truncate', length: tail });
    else if (name === 'pwrite64' || name === 'pwritev') {
      operations.push({ kind: 'write', offset: tail, bytes: Buffer.concat(written), isDurable });
    } else if (name === 'write' || name === 'writev') {
      const offset = positions.get(descriptor) ?? 0;
      operations.push({ kind: 'write', offset, bytes: Buffer.concat(written), isDurable });
      positions.set(descriptor, offset + Number(result));
    } else throw new Error(`strace shows ${name} on the store`);
  }
  return operations;
}

function bytesPath(args: string): string {
  const [, hex = ''] = /"((?:\\x[0-9a-f]{2})*)"/.exec(args) ?? [];
  return bytesOf(hex).toString();
}
