import type { Network, NetworkDetail, NetworkNode } from '@civitas/console-contract';
import type { Part } from '../kube/city-view.ts';
import type { LedgerNetwork, LedgerNode } from '../kube/kinds.ts';
import { objectHeadOf, present } from './object-head.ts';

export function networkOf(network: LedgerNetwork, parts: readonly Part[]): Network {
  const { metadata, spec, status } = network;
  const engine = status?.engine ?? spec.engine;
  return {
    ...objectHeadOf(network),
    namespace: metadata.namespace ?? '',
    domain: spec.domain,
    chainId: spec.chainId,
    ...(engine === undefined ? {} : { engine }),
    ...present(status, 'release', 'height', 'validators', 'certificates'),
    paused: spec.paused === true,
    hibernated: spec.hibernated === true,
    members: parts.map(({ roles, ...part }) => ({ ...part, roles: [...roles] })),
  };
}

function nodeOf(node: LedgerNode): NetworkNode {
  const { metadata, spec, status } = node;
  return {
    name: metadata.name,
    role: spec.role,
    agency: spec.organisation,
    phase: status?.phase ?? '',
    ...present(status, 'height', 'lagBlocks', 'peers', 'image', 'unwell', 'signing', 'certNotAfter'),
    ...(status?.dataUsedPct === undefined ? {} : { dataUsedPercent: status.dataUsedPct }),
    fenced: spec.fenced === true,
    conditions: [...(status?.conditions ?? [])],
  };
}

export function networkDetailOf(
  network: LedgerNetwork,
  more: { readonly parts: readonly Part[]; readonly nodes: readonly LedgerNode[]; readonly live?: NetworkDetail['live'] },
): NetworkDetail {
  const { status } = network;
  const nodes = more.nodes
    .filter(({ spec }) => spec.networkRef === network.metadata.name)
    .sort((left, right) => left.metadata.name.localeCompare(right.metadata.name, 'en', { numeric: true }));
  return {
    ...networkOf(network, more.parts),
    ...present(status, 'genesisHash', 'endpoints', 'rollout', 'storage', 'lastVerifiedBackup'),
    ...(more.live === undefined ? {} : { live: more.live }),
    nodes: nodes.map(nodeOf),
  };
}
