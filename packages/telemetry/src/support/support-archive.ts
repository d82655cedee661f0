import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { SupportBundle } from './collect-support.ts';
import { tarOf } from './tar.ts';

const compress = promisify(gzip);

/** The bundle as one file, `.tar.gz`; `bundle.json` in it says what it holds and what could not be had. */
export async function supportArchive({ entries, missing }: SupportBundle, madeAtUnixMs: number): Promise<Buffer> {
  const about = { madeAt: new Date(madeAtUnixMs).toISOString(), files: entries.map(({ path }) => path), missing };
  const first = { path: 'bundle.json', bytes: Buffer.from(`${JSON.stringify(about, undefined, 2)}\n`) };
  return compress(tarOf([first, ...entries], madeAtUnixMs));
}

/** What it is called when nobody names it. */
export function supportFileName(madeAtUnixMs: number): string {
  return `civitas-support-${new Date(madeAtUnixMs).toISOString().replaceAll(':', '').slice(0, 17)}.tar.gz`;
}
