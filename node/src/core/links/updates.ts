import type { Result } from '@civitas/canon';
import { accept } from '@civitas/canon';
import { done, type Outcome } from '@civitas/contracts';
import type { Execution } from '../ledger/execution.ts';
import { type UpdateEffect, updateClient } from './client.ts';
import type { UpdatesValue } from './schema.ts';

/** Headers that proofs in the same operation are checked against. */
export interface NeededHeaders {
  readonly peer: string;
  readonly headerHeight: number;
}

/** Applies the headers a relay brought, in order; stops where one freezes its client, so that the freeze is kept. */
export function applyUpdates(
  execution: Execution,
  updates: UpdatesValue,
  needed: readonly NeededHeaders[] | 'all',
): Result<readonly { readonly peer: string; readonly effect: UpdateEffect }[]> {
  const effects: { peer: string; effect: UpdateEffect }[] = [];
  for (const { peer, lightBlocks } of updates) {
    const isNeeded = (height: number): boolean =>
      needed === 'all' || needed.some((header) => header.peer === peer && header.headerHeight === height);
    for (const text of lightBlocks) {
      const effect = updateClient(execution, peer, text, isNeeded);
      if (!effect.ok) return effect;
      effects.push({ peer, effect: effect.value });
      if (effect.value === 'frozen') return accept(effects);
    }
  }
  return accept(effects);
}

/** What a verb that shows proofs brings: headers, which of them the proofs need, and whether the client may be acted on. */
export interface Shown {
  readonly updates: UpdatesValue | undefined;
  readonly needed: readonly NeededHeaders[];
  readonly client: () => { readonly ok: true } | (Outcome & { readonly ok: false });
}

/** The frame of receive, acknowledge and timeout: headers in, stop where one froze its client, then the client's state, then the packets. */
export function underHeaders(execution: Execution, { updates, needed, client }: Shown, settle: () => Outcome): Outcome {
  const updated = applyUpdates(execution, updates ?? [], needed);
  if (!updated.ok) return updated;
  if (updated.value.some(({ effect }) => effect === 'frozen')) return done({ results: [], frozen: true });
  const usable = client();
  return usable.ok ? settle() : usable;
}
