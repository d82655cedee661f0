import { existsSync, mkdirSync, readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { type Bytes, equalBytes, type Result } from '@civitas/canon';
import type { Genesis, NodeConfig } from '@civitas/deployment';
import { parseGenesis } from '../config/parse-genesis.ts';
import { writeFileAtomically } from '../keys/write-file-atomically.ts';

/** How often the mounted genesis is looked for, ms; a file watch makes it sooner where the file system tells. */
export const GENESIS_POLL_MS = 250;

export interface GenesisInForce {
  readonly bytes: Bytes;
  readonly genesis: Genesis;
}

export interface GenesisSourceOptions {
  readonly mountedPath: string;
  /** Copy on the node's own volume: the genesis in force for ever. */
  readonly keptPath: string;
  readonly config: Pick<NodeConfig, 'chainId'>;
  /** Told once for each broken document that is mounted. */
  readonly onRefused: (code: string) => void;
  readonly signal: AbortSignal;
}

function readIfThere(path: string): Bytes | undefined {
  return existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
}

function assertKept(parsed: Result<Genesis>, path: string): Genesis {
  if (parsed.ok) return parsed.value;
  throw new Error(`${path}: ${parsed.refusal.code} ${JSON.stringify(parsed.refusal.facts)}`);
}

/** Whether a genesis is mounted that differs from the one in force, which stays. */
export function isGenesisMismatch(mountedPath: string, inForce: Bytes): boolean {
  const mounted = readIfThere(mountedPath);
  return mounted !== undefined && !equalBytes(mounted, inForce);
}

/**
 * The genesis on the volume, or the first sound one that is mounted, which is then kept.
 *
 * @throws the signal's reason when the wait is aborted.
 */
export async function awaitGenesis(options: GenesisSourceOptions): Promise<GenesisInForce> {
  const { mountedPath, keptPath, config, onRefused, signal } = options;
  const kept = readIfThere(keptPath);
  if (kept !== undefined) return { bytes: kept, genesis: assertKept(parseGenesis(kept, config), keptPath) };
  let refused: Bytes | undefined;
  for (;;) {
    signal.throwIfAborted();
    const bytes = readIfThere(mountedPath);
    if (bytes !== undefined && (refused === undefined || !equalBytes(bytes, refused))) {
      const parsed = parseGenesis(bytes, config);
      if (parsed.ok) {
        mkdirSync(dirname(keptPath), { recursive: true, mode: 0o700 });
        writeFileAtomically(keptPath, bytes);
        return { bytes, genesis: parsed.value };
      }
      refused = bytes;
      onRefused(parsed.refusal.code);
    }
    await changeOrPoll(dirname(mountedPath), signal);
  }
}

function changeOrPoll(folder: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const watcher = existsSync(folder) ? watch(folder, () => finish()) : undefined;
    watcher?.on('error', () => undefined);
    const timer = setTimeout(() => finish(), GENESIS_POLL_MS);
    const finish = (): void => {
      clearTimeout(timer);
      watcher?.close();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    signal.addEventListener('abort', finish, { once: true });
  });
}
