import type { Proposal } from '@civitas/console-contract';

/** Names a proposal in an address. Ids follow from what is proposed: the same change on two ledgers has the same one. */
export function placeOf({ network, id }: Pick<Proposal, 'network' | 'id'>): string {
  return `${network}/${id}`;
}
