import type { JsonObject } from '@civitas/canon';
import type { ValidatorChange } from '../resources/validator-change.ts';
import type { EffectiveNetwork } from './effective-network.ts';
import type { ObservedNetwork, ObservedProposal } from './observed-network.ts';

/** A ValidatorChange with all that its next step depends on. */
export interface ObservedChange {
  readonly change: ValidatorChange;
  readonly nowUnixMs: number;
  /** When `expiresAt` is; undefined without one. */
  readonly expiresAtUnixMs: number | undefined;
  /** Undefined when there is no such LedgerNetwork, or nothing can be known of it. */
  readonly network: { readonly observed: ObservedNetwork; readonly effective: EffectiveNetwork } | undefined;
  /** Another unfinished ValidatorChange of the network that is older. */
  readonly olderChange: string | undefined;
  /** Whether a node answers that can be asked about records. */
  readonly hasLedger: boolean;
  /** That of the step which names one; undefined while none does or the ledger cannot be asked. */
  readonly proposal: ObservedProposal | undefined;
  readonly approvalThreshold: number;
  /** Whether a key is reserved for a node. */
  readonly isKeyReserved: (publicKey: string, node: string) => boolean;
}

/** What is to be done now, at most one thing. */
export type ChangeAction =
  /** The node is to make itself another key. */
  | { readonly type: 'orderRekey'; readonly node: string; readonly word: string }
  /** An id is to be found for the step and written into the status, before anything is proposed. */
  | { readonly type: 'recordProposal'; readonly step: number; readonly change: JsonObject; readonly publicKey: string }
  | { readonly type: 'propose'; readonly step: number; readonly id: string; readonly change: JsonObject }
  /** Nobody wants it any more, so the members are not to decide on it. */
  | { readonly type: 'withdraw'; readonly id: string };
