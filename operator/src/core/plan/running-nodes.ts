import { nodeName } from '../desired/names.ts';
import type { LedgerNodeSpec } from '../resources/ledger-node.ts';
import type { EffectiveNetwork, EffectiveNode } from './effective-network.ts';
import { genesisFromText } from './genesis-record.ts';
import type { ObservedNetwork, ObservedStanding } from './observed-network.ts';
import { validatorKeys } from './validator-set.ts';

/** What the pools ask for, set against what the ledger has. */
export interface RunningNodes {
  /** To be run now, in the order of their numbers. */
  readonly nodes: readonly EffectiveNode[];
  /** The one that is to become a validator next; undefined when none is, or while the set is not known. */
  readonly joiner: EffectiveNode | undefined;
  /** Validators of the ledger that the pools no longer ask for: only its members can let them go. */
  readonly unasked: readonly string[];
  /** Nodes that the pools ask for and the members have removed, or that hold another key than the one in the set. */
  readonly shutOut: readonly string[];
  /** Nodes that nobody asks for and no ledger needs any more. */
  readonly retired: readonly string[];
}

/**
 * Nodes of a born network. A set grows by one validator at a time, and each newcomer is started only when those before it stand in the
 * peers document: engines read it once, at their start. Before birth all nodes run that the pools ask for.
 */
export function runningNodes(observed: ObservedNetwork, network: EffectiveNetwork): RunningNodes {
  if (observed.genesisRecord === undefined || network.engine === 'embedded')
    return { nodes: network.nodes, joiner: undefined, unasked: [], shutOut: [], retired: [] };
  const founders = new Set(genesisFromText(observed.genesisRecord).validators.map(({ node }) => node));
  const keys = new Set(validatorKeys(observed));
  const stands = (name: string): ObservedStanding | undefined => standingOf(observed, name);
  const isMade = (name: string): boolean => observed.nodes[name]?.ledgerNode !== undefined || founders.has(name);
  const isInSet = (name: string): boolean => {
    const { consensusPublicKey: key, nextConsensusPublicKey: next } = observed.nodes[name]?.ledgerNode?.status ?? {};
    return (
      [key, next].some((one) => one !== undefined && keys.has(one)) ||
      ['joining', 'active', 'leaving'].includes(stands(name)?.standing ?? '')
    );
  };
  const validators = network.nodes.filter(({ role }) => role === 'validator');
  const shutOut = validators.filter((node) => isShutOut(observed, node.name)).map(({ name }) => name);
  const newcomers = validators.filter(({ name }) => !isInSet(name) && !shutOut.includes(name));
  const joiner = observed.standings.length === 0 ? undefined : newcomers[0];
  const asked = network.nodes.filter((node) => node.role !== 'validator' || isMade(node.name) || isInSet(node.name) || node === joiner);
  const extra = Object.values(observed.nodes).flatMap(({ ledgerNode }) => {
    const name = ledgerNode?.metadata.name ?? '';
    return ledgerNode === undefined || network.nodes.some((node) => node.name === name) ? [] : [ledgerNode.spec];
  });
  const nameOf = ({ ordinal }: LedgerNodeSpec): string => nodeName(network.name, ordinal);
  const kept = extra.filter((spec) => isInSet(nameOf(spec)));
  const storageSize = network.nodes.at(-1)?.storageSize ?? '';
  const keptNodes = kept.map((spec): EffectiveNode => {
    const { ordinal, role, organisation } = spec;
    return { name: nameOf(spec), ordinal, role, organisation, storageSize };
  });
  return {
    nodes: [...asked, ...keptNodes].sort((left, right) => left.ordinal - right.ordinal),
    joiner,
    unasked: kept.map(nameOf),
    shutOut,
    retired: observed.standings.length === 0 ? [] : extra.filter((spec) => !kept.includes(spec)).map(nameOf),
  };
}

/** What the ledger says of a node's own key, of the one that it is going on under, or else of its name. */
function standingOf(observed: ObservedNetwork, name: string): ObservedStanding | undefined {
  return standingOfKeys(observed, name) ?? observed.standings.find(({ node }) => node === name);
}

function standingOfKeys(observed: ObservedNetwork, name: string): ObservedStanding | undefined {
  const { consensusPublicKey: key, nextConsensusPublicKey: next } = observed.nodes[name]?.ledgerNode?.status ?? {};
  const ofKey = (wanted: string | undefined): ObservedStanding | undefined =>
    wanted === undefined ? undefined : observed.standings.find(({ publicKey }) => publicKey === wanted);
  return ofKey(next) ?? ofKey(key);
}

/** Removed by the members; or in the set by its name, under a key that its volume does not hold. */
function isShutOut(observed: ObservedNetwork, name: string): boolean {
  const key = observed.nodes[name]?.ledgerNode?.status?.consensusPublicKey;
  const byKey = standingOfKeys(observed, name);
  if (byKey !== undefined) return byKey.standing === 'removed';
  return key !== undefined && observed.standings.some(({ node }) => node === name);
}
