import type { LedgerOperation } from '../resources/ledger-operation.ts';
import { OPERATION_STEPS_MAX } from '../resources/limits.ts';
import type { EffectiveNetwork } from './effective-network.ts';
import type { ObservedNetwork } from './observed-network.ts';
import { bytesOf } from './volume-size.ts';

/** Why an operation is refused for good, or waits before it may begin. */
export interface OperationProblem {
  readonly reason:
    | 'PruneNotSupported'
    | 'NodeUnknown'
    | 'TooManyNodes'
    | 'NotFenced'
    | 'NoPeers'
    | 'VersionNotInCatalog'
    | 'CannotShrink'
    | 'NotBorn'
    | 'NetworkPaused'
    | 'NetworkHibernated'
    | 'NetworkDegraded'
    | 'AnotherOperationRuns';
  readonly message: string;
}

/** Nodes that an operation is done to. */
export function targetsOf({ spec }: LedgerOperation, network: EffectiveNetwork): readonly string[] {
  return spec.nodes ?? network.nodes.map(({ name }) => name);
}

/** What is wrong with the operation itself: waiting would not help. */
export function refusalOf(observed: ObservedNetwork, network: EffectiveNetwork, operation: LedgerOperation): OperationProblem | undefined {
  const { spec } = operation;
  const targets = targetsOf(operation, network);
  const unknown = targets.find((target) => network.nodes.every(({ name }) => name !== target));
  if (unknown !== undefined) return { reason: 'NodeUnknown', message: `${unknown} is no node of ${network.name}` };
  if (targets.length > OPERATION_STEPS_MAX)
    return { reason: 'TooManyNodes', message: `${targets.length} nodes: name at most ${OPERATION_STEPS_MAX} of them in nodes` };
  switch (spec.type) {
    case 'Prune':
      return {
        reason: 'PruneNotSupported',
        message: 'nodes drop what is older than their retention by themselves; there is nothing to be told',
      };
    case 'RebuildNode':
      return rebuildProblem(observed, network, targets);
    case 'Upgrade':
      return versionProblem(observed, spec.version ?? '');
    case 'ExpandStorage':
      return shrinkProblem(observed, targets, spec.storageSize ?? '');
    default:
      return undefined;
  }
}

function rebuildProblem(observed: ObservedNetwork, network: EffectiveNetwork, targets: readonly string[]): OperationProblem | undefined {
  if (network.engine === 'embedded' || network.nodes.length < 2)
    return { reason: 'NoPeers', message: `${network.name} has no other node that a ledger could be taken from` };
  const serving = targets.find((name) => observed.nodes[name]?.ledgerNode?.spec.fenced !== true);
  return serving === undefined
    ? undefined
    : { reason: 'NotFenced', message: `${serving} is not fenced: its ledger is dropped only once nobody counts on it` };
}

function versionProblem({ network, catalog }: ObservedNetwork, version: string): OperationProblem | undefined {
  const reference = network.spec.release?.catalogRef;
  if (reference === undefined || catalog?.spec.releases.some((release) => release.version === version) === true) return undefined;
  return { reason: 'VersionNotInCatalog', message: `ReleaseCatalog ${reference} does not hold version ${version}` };
}

function shrinkProblem(observed: ObservedNetwork, targets: readonly string[], size: string): OperationProblem | undefined {
  const larger = targets.find((name) => (bytesOf(observed.nodes[name]?.volume?.requested) ?? 0) > (bytesOf(size) ?? 0));
  if (larger === undefined) return undefined;
  const has = observed.nodes[larger]?.volume?.requested;
  return { reason: 'CannotShrink', message: `the volume of ${larger} is ${has} already, and volumes never become smaller` };
}

/** What keeps an operation that is in order from beginning now. */
export function obstacleOf(
  observed: ObservedNetwork,
  network: EffectiveNetwork,
  { others, isDegraded }: { readonly others: readonly LedgerOperation[]; readonly isDegraded: boolean },
): OperationProblem | undefined {
  if (network.paused) return { reason: 'NetworkPaused', message: `${network.name} is paused` };
  if (network.hibernated) return { reason: 'NetworkHibernated', message: `${network.name} is hibernated` };
  if (isDegraded) return { reason: 'NetworkDegraded', message: `${network.name} is Degraded: its conditions say why` };
  if (observed.genesisRecord === undefined) return { reason: 'NotBorn', message: `${network.name} has no genesis yet` };
  const [other] = others;
  if (other === undefined) return undefined;
  return { reason: 'AnotherOperationRuns', message: `${other.metadata.name} (${other.spec.type}) is under way` };
}
