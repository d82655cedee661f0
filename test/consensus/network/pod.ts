import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PATHS } from '@civitas/deployment';
import { COMPILE_CACHE } from '../../../tools/start/compile-cache.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const NODE = join(ROOT, 'node_modules/.bin/node');
const MAIN = join(ROOT, 'node/src/main.ts');
/** Given to Node before the program, as the image does. */
export const PRELOAD = join(ROOT, 'node/src/preload.ts');
/** A container that ended is started again after this, as a kubelet would, ms. */
const RESTART_MS = 300;

export type Part = 'node' | 'engine';
export const PARTS: readonly Part[] = ['node', 'engine'];

export interface PodOptions {
  /** Folder of the pod: mounts and volume below it. */
  readonly root: string;
  readonly name: string;
  readonly address: string;
  /** Where clients reach it, when that is not its own address: a pod in a network namespace. */
  readonly reachedAt?: string;
  readonly engineBinary: string;
  /** Environment of both containers, beside their own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Entry points other than the product's own, for crash tests. */
  readonly entryPoints: Partial<Readonly<Record<Part, readonly string[]>>>;
  /** Put before the command, such as `ip netns exec NAME`. */
  readonly prefix: readonly string[];
}

/** Two containers that share a volume, run as a kubelet runs them: what ends by itself or by a fault is started again. */
export class Pod {
  readonly options: PodOptions;
  readonly #processes = new Map<Part, ChildProcess>();
  readonly #exits: string[] = [];
  readonly #wanted = new Set<Part>();
  #starts = 0;
  #uid: string;

  constructor(options: PodOptions) {
    this.options = options;
    this.#uid = `uid-${options.name}-1`;
    mkdirSync(options.root, { recursive: true });
  }

  /** The pod's UID; a restarted container keeps it, a pod that was deleted and made again would not. */
  get uid(): string {
    return this.#uid;
  }

  set uid(uid: string) {
    this.#uid = uid;
  }

  get clientAddress(): string {
    return this.options.reachedAt ?? this.options.address;
  }

  /** How each container ended, oldest first, such as `engine code=0 signal=null`. */
  get exits(): readonly string[] {
    return this.#exits;
  }

  pathOf(mount: keyof typeof PATHS): string {
    return join(this.options.root, PATHS[mount]);
  }

  get engineHome(): string {
    return join(this.pathOf('data'), 'engine');
  }

  write(mount: keyof typeof PATHS, content: string | Uint8Array): void {
    const path = this.pathOf(mount);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  pidOf(part: Part): number | undefined {
    return this.#processes.get(part)?.pid;
  }

  isRunning(part: Part): boolean {
    return this.#processes.has(part);
  }

  start(parts: readonly Part[] = PARTS): void {
    for (const part of parts) {
      this.#wanted.add(part);
      if (!this.#processes.has(part)) this.#spawn(part);
    }
  }

  /** Signals containers and says when they have ended; they stay down until `start`. */
  async stop(parts: readonly Part[] = PARTS, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    for (const part of parts) this.#wanted.delete(part);
    await Promise.all(parts.map((part) => this.#end(part, signal)));
  }

  /** A fault: ends one container; the kubelet starts it again, and whatever ended with it. */
  kill(part: Part, signal: NodeJS.Signals): Promise<void> {
    return this.#end(part, signal);
  }

  /** Sends a signal that ends nothing, such as SIGSTOP. */
  signal(part: Part, signal: NodeJS.Signals): void {
    this.#processes.get(part)?.kill(signal);
  }

  logOf(part: Part): string {
    const path = this.#logPath(part);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  #logPath(part: Part): string {
    return join(this.options.root, `${part}.log`);
  }

  #spawn(part: Part): void {
    const { root, address, engineBinary, environment, entryPoints, prefix } = this.options;
    const env = {
      PATH: process.env['PATH'] ?? '',
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      CIVITAS_ROOT: root,
      POD_IP: address,
      POD_UID: this.#uid,
      POD_NAME: this.options.name,
      CIVITAS_ENGINE_BINARY: engineBinary,
      ...environment,
    };
    const [command = NODE, ...args] = [
      ...prefix,
      NODE,
      '--no-warnings',
      ...(entryPoints[part] ?? ['--import', PRELOAD, MAIN, part === 'node' ? 'serve' : 'engine']),
    ];
    this.#starts += 1;
    appendFileSync(this.#logPath(part), `--- start ${this.#starts} ${new Date().toISOString()}\n`);
    const started = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (chunk: Buffer) => appendFileSync(this.#logPath(part), chunk));
    this.#processes.set(part, started);
    started.once('exit', (code, signal) => {
      this.#processes.delete(part);
      this.#exits.push(`${part} code=${code} signal=${signal}`);
      setTimeout(() => {
        if (this.#wanted.has(part) && !this.#processes.has(part)) this.#spawn(part);
      }, RESTART_MS);
    });
  }

  #end(part: Part, signal: NodeJS.Signals): Promise<void> {
    const running = this.#processes.get(part);
    if (running === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      running.once('exit', () => resolve());
      running.kill(signal);
    });
  }
}
