import type { Inbox, Proposal } from '@civitas/console-contract';
import { placeOf } from './proposal-place.ts';

interface Seen {
  /** Names the proposal that the address says is open; undefined for none. */
  readonly open: string | undefined;
  /** Undefined until there is an answer. */
  readonly inbox: Pick<Inbox, 'items' | 'unreachable'> | undefined;
  /** No newer answer is on its way or was lost. */
  readonly isNewest: boolean;
  /** What the open proposal was when it was seen last. */
  readonly last: Proposal | undefined;
  /** The person's own approval of it is on its way. */
  readonly isApproving: boolean;
}

/** What to show of the proposal that the address says is open. */
export type OpenedProposal =
  | { readonly kind: 'open'; readonly proposal: Proposal }
  /** Nothing is open, or it is not known yet. */
  | { readonly kind: 'none' }
  /** It waits no more. */
  | { readonly kind: 'decided'; readonly last: Proposal | undefined };

const proposalAt = (open: string, inbox: Seen['inbox']): Proposal | undefined =>
  inbox?.items.find(({ proposal }) => proposal !== undefined && placeOf(proposal) === open)?.proposal;

/** A network's name has no slash. */
const networkOf = (open: string): string => open.slice(0, open.indexOf('/'));

/**
 * A proposal stays open under the person's hands until an inbox that could ask its network answers without it: that a network was out of
 * reach for once says nothing of what its members decided.
 */
export function openedProposal({ open, inbox, isNewest, last, isApproving }: Seen): OpenedProposal {
  if (open === undefined) return { kind: 'none' };
  const kept = last !== undefined && placeOf(last) === open ? last : undefined;
  const proposal = proposalAt(open, inbox);
  if (proposal?.status === 'open') return { kind: 'open', proposal };
  const wasAsked = isNewest && inbox?.unreachable.includes(networkOf(open)) === false;
  if (wasAsked && !isApproving) return { kind: 'decided', last: kept };
  return kept === undefined ? { kind: 'none' } : { kind: 'open', proposal: kept };
}
