import type { MachineCluster } from '../machine/machine-cluster.ts';
import { until } from '../machine/until.ts';
import { CITY_NAMESPACE } from './sample-city.ts';

const GONE_S_MAX = 240;

interface Volume {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly claimRef?: { readonly namespace: string; readonly name: string } };
  readonly status: { readonly phase: string };
}

/** Deletes the city's namespace with everything in it, as the chart's policy lets nobody do by mistake, and waits until nothing is left. */
export async function deleteCityNamespace({ kubectl }: MachineCluster): Promise<void> {
  await kubectl(['annotate', 'namespace', CITY_NAMESPACE, `civitas.dev/allow-deletion=${CITY_NAMESPACE}`]);
  await kubectl(['delete', 'namespace', CITY_NAMESPACE, '--wait', `--timeout=${GONE_S_MAX}s`]);
}

/**
 * Keeps every volume of the lost namespace for the claim that had it, as an administrator does: the claim's uid is taken off, so that the
 * next claim of that name gets the volume. Returns the claims.
 */
export async function keepVolumes({ kubectl }: MachineCluster): Promise<readonly string[]> {
  const lost = await until('every volume is released', async () => {
    const { items } = JSON.parse(await kubectl(['get', 'persistentvolumes', '-o', 'json'])) as { readonly items: readonly Volume[] };
    const own = items.filter(({ spec }) => spec.claimRef?.namespace === CITY_NAMESPACE);
    return own.every(({ status }) => status.phase === 'Released') ? own : undefined;
  });
  const patch = JSON.stringify(['uid', 'resourceVersion'].map((field) => ({ op: 'remove', path: `/spec/claimRef/${field}` })));
  for (const { metadata } of lost) await kubectl(['patch', 'persistentvolume', metadata.name, '--type=json', '-p', patch]);
  return lost.map(({ spec }) => spec.claimRef?.name ?? '').sort();
}
