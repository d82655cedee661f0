import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PATHS } from '@civitas/deployment';

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url));
const PRELOAD = fileURLToPath(new URL('../../preload.ts', import.meta.url));
const NODE = fileURLToPath(new URL('../../../../node_modules/.bin/node', import.meta.url));

/** A process of ours as the process kubelet would run it. */
export class TestProcess {
  readonly root: string;
  readonly address: string;
  readonly uid: string;
  readonly lines: string[] = [];
  #process: ChildProcess | undefined;
  #exit: Promise<number | null> = Promise.resolve(null);

  constructor(root: string, address: string, uid: string) {
    this.root = root;
    this.address = address;
    this.uid = uid;
  }

  pathOf(mount: keyof typeof PATHS): string {
    return join(this.root, PATHS[mount]);
  }

  write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  start(command: 'serve' | 'relay'): void {
    const env = { CIVITAS_ROOT: this.root, POD_IP: this.address, POD_UID: this.uid, PATH: process.env['PATH'] ?? '' };
    const started = spawn(NODE, ['--import', PRELOAD, MAIN, command], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [started.stdout, started.stderr]) stream?.on('data', (chunk: Buffer) => this.lines.push(chunk.toString()));
    this.#exit = new Promise((resolve) => started.once('exit', resolve));
    this.#process = started;
  }

  /** @returns the exit code, null when a signal ended it. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    this.#process?.kill(signal);
    return this.#exit;
  }

  log(): string {
    return this.lines.join('');
  }
}
