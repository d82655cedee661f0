import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type PodOptions, PRELOAD } from '../../test/consensus/network/pod.ts';

/** A store of records alone, of which each validator is born with a copy. */
export interface FilledStore {
  readonly fill: { readonly keys: number; readonly seconds: number };
  readonly environment: PodOptions['environment'];
  readonly pod: { readonly entryPoints: PodOptions['entryPoints'] };
  /** Until the copies are on the disk: no commit that is measured shall wait for them. */
  written(): Promise<void>;
  remove(): void;
}

const run = promisify(execFile);
const programOf = (name: string): string => fileURLToPath(new URL(`../../test/consensus/state-sync/${name}`, import.meta.url));

/** Writes records into a store, without blocks: millions take minutes, which as operations of a network would take hours. */
export async function fillStore(keys: number, say: (line: string) => void): Promise<FilledStore> {
  say(`filling a store with ${keys} records`);
  const folder = mkdtempSync(join(tmpdir(), 'civitas-filled-'));
  const startedMs = performance.now();
  await run(process.execPath, ['--no-warnings', programOf('fill-store.ts'), folder, String(keys)]);
  return {
    fill: { keys, seconds: Math.round((performance.now() - startedMs) / 1000) },
    environment: { CIVITAS_FILLED_STORE: folder },
    pod: { entryPoints: { node: ['--import', PRELOAD, programOf('filled-node.ts'), 'serve'] } },
    written: async () => void (await run('sync')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
