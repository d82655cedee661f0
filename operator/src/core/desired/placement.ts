import { canonicalString, type Json } from '@civitas/canon';
import type { EffectiveNetwork, EffectiveNode } from '../plan/effective-network.ts';
import { LABELS } from './names.ts';

const HOST = 'kubernetes.io/hostname';

/** What each container of a pod needs, where its pool does not say. */
const RESOURCES = {
  node: { requests: { cpu: '50m', memory: '128Mi' } },
  engine: { requests: { cpu: '50m', memory: '64Mi' } },
} as const;

export function resourcesOf({ resources }: EffectiveNode, container: 'node' | 'engine'): object {
  return resources?.[container] ?? RESOURCES[container];
}

/** Nodes of one role of one network go to different places: by hosts, as well as there are any, where the pool does not say. */
export function spreadOf(network: EffectiveNetwork, { role, topologySpread }: EffectiveNode): readonly object[] {
  const { topologyKey = HOST, maxSkew = 1, whenUnsatisfiable = 'ScheduleAnyway' } = topologySpread ?? {};
  const labelSelector = { matchLabels: { [LABELS.network]: network.name, [LABELS.role]: role } };
  return [{ topologyKey, maxSkew, whenUnsatisfiable, labelSelector }];
}

/** What a pool asks of its pods besides their configuration; empty where it asks for nothing. */
export function placementText({ resources, topologySpread }: EffectiveNode): string {
  if (resources === undefined && topologySpread === undefined) return '';
  return canonicalString({ resources: resources ?? null, topologySpread: topologySpread ?? null } as object as Json);
}
