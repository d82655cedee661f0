import { type Outcome, refused } from '@civitas/contracts';
import { DoorRefusal, StoreFault } from './refusal.ts';

/** Runs a contract's code; what it throws is its bug and refuses with CONTRACT_FAULT, unless a door refused or the store failed. */
export function guarded(work: () => Outcome, facts: { readonly contract: string; readonly method: string }): Outcome {
  try {
    return work();
  } catch (error) {
    if (error instanceof DoorRefusal) return { ok: false, refusal: error.refusal };
    if (error instanceof StoreFault) throw error;
    return refused('CONTRACT_FAULT', { contract: facts.contract, method: facts.method });
  }
}
