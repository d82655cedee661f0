import type { ExternalMember, ExternalMemberStatus } from '../resources/external-member.ts';
import type { ObservedStanding } from './observed-network.ts';

export interface ObservedExternal {
  readonly member: ExternalMember;
  /** Names of the nodes of this network, made or asked for. */
  readonly ownNodes: readonly string[];
  /** Agencies that take part in the network. */
  readonly organisations: readonly string[];
  readonly isBorn: boolean;
  /** Our peers are known, so a newcomer can dial them. */
  readonly hasPeers: boolean;
  /** Why its request for a certificate was refused; '' when it was not. */
  readonly csrProblem: string;
  readonly standings: readonly ObservedStanding[];
}

/** Why no bundle is made for it; undefined when one can be. A node's name is who it is on this ledger: nobody gets one of ours. */
export function externalProblem({ member, ownNodes, organisations, isBorn, hasPeers }: ObservedExternal): string | undefined {
  const { node, organisation } = member;
  if (ownNodes.includes(node)) return `${node} is a node of this network: give the external one another name`;
  if (!organisations.includes(organisation))
    return `${organisation} takes no part in this network: enrol it first, with its Agency or an AgencyMembership`;
  if (!isBorn) return 'the network has no genesis yet';
  return hasPeers ? undefined : 'the nodes of this network have not said yet how their engines are called';
}

/** How far an external node is. */
export function externalStatus(observed: ObservedExternal, bundle: string): ExternalMemberStatus {
  const { member, standings, csrProblem } = observed;
  const { node, role, csr, consensusPublicKey } = member;
  const problem = externalProblem(observed);
  if (problem !== undefined) return { node, state: 'Waiting', message: problem };
  const standing = standings.find(({ publicKey }) => publicKey === consensusPublicKey)?.standing;
  if (standing === 'active' || standing === 'leaving')
    return { node, bundle, state: 'Validator', message: `its key is ${standing} in the set` };
  if (standing === 'joining') return { node, bundle, state: 'Joining', message: 'it signs from two blocks after its approval on' };
  if (standing === 'removed') return { node, bundle, state: 'Removed', message: 'the members removed its key from the set' };
  return { node, bundle, state: 'BundleReady', message: missing({ csr, csrProblem, role, consensusPublicKey }) };
}

function missing(facts: {
  readonly csr: string | undefined;
  readonly csrProblem: string;
  readonly role: ExternalMember['role'];
  readonly consensusPublicKey: string | undefined;
}): string {
  if (facts.csr === undefined) return 'waits for its request for a certificate (csr)';
  if (facts.csrProblem !== '') return `its request was refused: ${facts.csrProblem}`;
  if (facts.role === 'observer') return 'it may follow';
  if (facts.consensusPublicKey === undefined) return 'waits for its consensusPublicKey, which it reports once it runs';
  return 'once it has caught up, a ValidatorChange of type Add proposes it';
}
