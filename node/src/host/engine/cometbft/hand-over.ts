import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Bytes } from '@civitas/canon';
import type { LedgerStore } from '../../store/ledger-store.ts';
import { syncFolder } from '../../store/sync-folder.ts';
import type { ApplicationInfo } from '../engine.ts';
import { EngineFault } from './engine-fault.ts';
import { runHandOver } from './hand-over-program.ts';

/** Blocks that the embedded engine made. */
type ChainSource = Pick<LedgerStore, 'readBlock' | 'readLightBlock'>;

export interface HandOverOptions {
  readonly home: string;
  readonly store: ChainSource;
  /** The program that fills the engine's stores (tools/engine/handover). */
  readonly program: string;
  /** Writes keys, genesis and configuration into a home. */
  readonly prepareHome: (home: string) => void;
  /** Lets the embedded engine finish what it has begun, so that no height is left that it may have signed and the chain does not show. */
  readonly settle: () => Promise<void>;
  /** Where the application stands afterwards. */
  readonly info: () => ApplicationInfo;
}

const base64 = (bytes: Bytes): string => Buffer.from(bytes).toString('base64');

/** Whether the store holds a chain of the embedded engine that CometBFT's stores do not have yet. */
export function isHandOverDue(home: string, store: ChainSource): boolean {
  // A node on CometBFT keeps no block bytes itself, so that a first block in the store tells where the chain was born.
  return store.readBlock(1) !== undefined && !existsSync(join(home, 'data', 'blockstore.db'));
}

/** Every block with its light block, then what the application answered for the last one: one JSON object a line. */
function* chainLines(store: ChainSource, { height, appHash, resultsHash, appVersion }: ApplicationInfo): Generator<string> {
  for (let at = 1; at <= height; at += 1) {
    const [block, lightBlock] = [store.readBlock(at), store.readLightBlock(at)];
    if (block === undefined || lightBlock === undefined) throw new EngineFault('HAND_OVER', `block ${at} of ${height} is not in the store`);
    yield `${JSON.stringify({ block: base64(block), lightBlock: base64(lightBlock) })}\n`;
  }
  yield `${JSON.stringify({ appHash: base64(appHash), resultsHash: base64(resultsHash), appVersion: Number(appVersion) })}\n`;
}

/**
 * Grows a chain of the embedded engine onto CometBFT: its blocks go into a new engine home, which replaces the unused one in one rename.
 * A crash before that leaves the chain where it was, and the next start begins anew.
 *
 * @returns the last height of the embedded engine.
 * @throws EngineFault HAND_OVER when a block is missing or the program refuses the chain.
 */
export async function handOver({ home, store, program, prepareHome, settle, info }: HandOverOptions): Promise<number> {
  const growing = `${home}.growing`;
  await settle();
  rmSync(growing, { recursive: true, force: true });
  prepareHome(growing);
  const at = info();
  await runHandOver({ program, args: [growing], folder: '.', input: chainLines(store, at) });
  rmSync(home, { recursive: true, force: true });
  renameSync(growing, home);
  // Durable before CometBFT signs: a lost rename would let the embedded engine sign the next height too.
  syncFolder(dirname(home));
  return at.height;
}
