import { type Refusal, type RefusalThen, refuse } from '@civitas/canon';
import type { Awaiting } from '../engine.ts';
import { BUSY_RETRY_AFTER_MS, HALTED_RETRY_AFTER_MS } from './limits.ts';

/** What a node must be given before its engine can start, in words. */
export const AWAITED: Partial<Record<Awaiting, string>> = {
  peers: 'node: awaiting peers',
  grant: 'node: awaiting its signing grant',
};

const retry: RefusalThen = 'retry';

/** The network makes no blocks now, or this node none of them. @param reason in words. */
export function halted(reason: string): Refusal {
  return refuse('HALTED', { reason, retryAfterMs: HALTED_RETRY_AFTER_MS }, retry).refusal;
}

/** The engine holds as much as it may. */
export function engineBusy(facts: { readonly waiting: number; readonly waitingMax: number }): Refusal {
  return refuse('ENGINE_BUSY', { ...facts, retryAfterMs: BUSY_RETRY_AFTER_MS }, retry).refusal;
}

/** What an engine refused before it took it: it is in no block and never will be by this call. */
export class EngineRefusal extends Error {
  override readonly name = 'EngineRefusal';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`the engine refused: ${refusal.code}`);
    this.refusal = refusal;
  }
}
