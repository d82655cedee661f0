import type { Deferral } from './deferral.ts';
import type { EffectiveNetwork, EffectiveNode } from './effective-network.ts';
import type { ObservedNetwork } from './observed-network.ts';
import { type GateRules, type GateShut, gateShut, type Voter, voterState } from './quorum-gate.ts';
import { heldBack, inRollOrder } from './roll-order.ts';
import { standsBeforeUpgrade } from './stands-before-upgrade.ts';
import { validatorKeys } from './validator-set.ts';

/** A pod that is to be made anew. */
export interface StalePod {
  readonly node: EffectiveNode;
  readonly pod: { readonly name: string; readonly uid: string };
  readonly reason: string;
}

/** At most one pod a pass; what else is stale waits, and the first of it says why. */
export interface Replacement {
  readonly next: StalePod | undefined;
  readonly pending: Deferral | undefined;
}

/**
 * Validators of the chain and what each does now: before birth those that the spec asks for, then those that the ledger holds. One that
 * is no node of ours cannot be asked, so nothing is built on its vote.
 */
export function votersOf(observed: ObservedNetwork, network: EffectiveNetwork): readonly Voter[] {
  const voterOf = ({ name, ordinal }: EffectiveNode): Voter => {
    const node = observed.nodes[name];
    return { name, ordinal, state: voterState(node), isMoving: node?.pod === undefined || node.pod.deleting };
  };
  if (observed.genesisRecord === undefined) return network.nodes.filter(({ role }) => role === 'validator').map(voterOf);
  const byKey = new Map(network.nodes.map((node) => [observed.nodes[node.name]?.ledgerNode?.status?.consensusPublicKey, node]));
  return validatorKeys(observed).map((key) => {
    const node = byKey.get(key);
    return node === undefined ? { name: key, ordinal: network.nodes.length, state: 'unclear', isMoving: false } : voterOf(node);
  });
}

/** @param voters in the set: a chain with one of them stops at each restart anyway, on whichever engine. */
export function gateRulesOf(network: EffectiveNetwork, voters: readonly Voter[]): GateRules {
  return { maxUnavailable: network.maxUnavailable, allowDowntime: network.allowDowntime || voters.length === 1 };
}

/**
 * Whether a pod may be stopped now, in the set as it is and in every one that the members may decide at any moment.
 *
 * @returns undefined when it may.
 */
export function stopShut(
  name: string,
  voters: readonly Voter[],
  { observed, network }: { readonly observed: ObservedNetwork; readonly network: EffectiveNetwork },
): GateShut | undefined {
  // It votes no more, whatever becomes of it, and the chain wants it back as soon as can be.
  if (standsBeforeUpgrade(observed, name)) return undefined;
  const joined = joinersOf(observed, network, voters).map((joiner) => [...voters, joiner]);
  const leaving = (observed.leavingProposed ?? []).filter((node) => node !== name && voters.some((voter) => voter.name === node));
  const futures = leaving.map((node) => voters.filter((voter) => voter.name !== node));
  const rekeying = (observed.rekeyProposed ?? []).filter((node) => node !== name);
  const silent = rekeying.map((node) => voters.map((voter): Voter => (voter.name === node ? { ...voter, state: 'down' } : voter)));
  for (const set of [voters, ...futures, ...silent]) {
    const shut = gateShut(name, set, gateRulesOf(network, set));
    if (shut !== undefined) return shut;
  }
  for (const set of joined) {
    // A chain that stops at each restart anyway does so also while one more is proposed; and who is to join is kept from voting by nobody.
    const shut = gateShut(name, set, { ...gateRulesOf(network, voters), maxUnavailable: set.length });
    if (shut !== undefined) return shut;
  }
  return undefined;
}

/** Who votes as soon as the members decide it, or in two blocks. One that is no node of ours cannot be asked. */
function joinersOf(observed: ObservedNetwork, network: EffectiveNetwork, voters: readonly Voter[]): readonly Voter[] {
  const { join, standings, joiningProposed = [] } = observed;
  const decided = standings.flatMap(({ node, standing }) => (standing === 'joining' ? [node] : []));
  const names = new Set([...decided, ...joiningProposed, ...(join?.state === 'open' && !hasLeft(observed, join.node) ? [join.node] : [])]);
  return [...names].flatMap((name): readonly Voter[] => {
    if (voters.some((voter) => voter.name === name)) return [];
    const node = network.nodes.find((one) => one.name === name);
    const [ordinal, state] =
      node === undefined ? [network.nodes.length, 'unclear' as const] : [node.ordinal, voterState(observed.nodes[name])];
    return [{ name, ordinal, state, isMoving: false }];
  });
}

/** What is remembered of a proposal outlives its joiner: the key of one that left is not proposed again. */
function hasLeft({ nodes, standings }: ObservedNetwork, name: string): boolean {
  const key = nodes[name]?.ledgerNode?.status?.consensusPublicKey;
  return standings.some(({ publicKey, standing }) => publicKey === key && standing === 'removed');
}

/**
 * Which pod goes next, in the order of `inRollOrder`.
 *
 * @param demanded Nodes that a running operation asks for.
 */
export function planReplacement(
  observed: ObservedNetwork,
  network: EffectiveNetwork,
  stale: readonly StalePod[],
  demanded: ReadonlySet<string> = NOBODY,
): Replacement {
  const voters = votersOf(observed, network);
  let pending: Deferral | undefined;
  for (const candidate of inRollOrder(observed, network, stale)) {
    const { node } = candidate;
    const shut = heldBack(observed, network, { node, demanded }) ?? stopShut(node.name, voters, { observed, network });
    if (shut === undefined) return { next: candidate, pending: undefined };
    pending ??= shut;
  }
  return { next: undefined, pending };
}

const NOBODY: ReadonlySet<string> = new Set();
