import type { InboxItem, Link, Network } from '@civitas/console-contract';

/** Networks that an agency takes part in; all of them where none is named. */
export function networksOf(agency: string, networks: readonly Network[]): readonly Network[] {
  return agency === '' ? networks : networks.filter(({ members }) => members.some((member) => member.agency === agency));
}

/** Links with an end that the agency takes part in. */
export function linksOf(agency: string, links: readonly Link[], networks: readonly Network[]): readonly Link[] {
  const names = new Set(networksOf(agency, networks).map(({ name }) => name));
  return agency === '' ? links : links.filter(({ from, to }) => names.has(from) || names.has(to));
}

/** What waits for an agency's people, or for nobody's in particular on its networks. */
export function inboxOf(agency: string, items: readonly InboxItem[], networks: readonly Network[]): readonly InboxItem[] {
  if (agency === '') return items;
  const names = new Set(networksOf(agency, networks).map(({ name }) => name));
  return items.filter(({ agency: whose, network, proposal }) => {
    if (proposal !== undefined && whose !== undefined) return proposal.mayApprove.includes(agency);
    return whose === undefined ? network === undefined || names.has(network) : whose === agency;
  });
}
