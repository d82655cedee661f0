import type { EffectiveNetwork } from '../plan/effective-network.ts';
import { ANNOTATIONS, LABELS, MANAGED_BY, nodeDataName, SYSTEM_NAMESPACE } from './names.ts';
import { nodeMetadata } from './network-objects.ts';
import type { Manifest } from './render.ts';

/** As long as an authority of the operator's own making lives, hours. */
const AUTHORITY_HOURS = 87_660;

/** Certificate and Secret of an authority that another issuer makes, in the operator's namespace. */
export function issuedAuthorityName({ namespace, name }: Pick<EffectiveNetwork, 'namespace' | 'name'>, generation: number): string {
  return generation === 1 ? `issued.${namespace}.${name}` : `issued.${namespace}.${name}.${generation}`;
}

/** Asks cert-manager for the network's authority: a P-256 key, as the ones that the operator makes have. */
export function authorityRequest(network: EffectiveNetwork, issuer: NonNullable<EffectiveNetwork['issuer']>, generation: number): Manifest {
  const name = issuedAuthorityName(network, generation);
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name, namespace: SYSTEM_NAMESPACE, labels: { ...MANAGED_BY, [LABELS.network]: network.name } },
    spec: {
      isCA: true,
      commonName: name.slice(0, 64),
      secretName: name,
      duration: `${AUTHORITY_HOURS}h`,
      privateKey: { algorithm: 'ECDSA', size: 256, encoding: 'PKCS8' },
      usages: ['cert sign', 'crl sign'],
      issuerRef: { name: issuer.name, kind: issuer.kind, group: issuer.group },
    },
  };
}

const RELABEL = (job: string): object => ({ action: 'replace', targetLabel: 'job', replacement: job });

/** What has a Prometheus operator scrape the nodes of one network, under the job names that alerts and dashboards know. */
export function podMonitor(network: EffectiveNetwork, { intervalSeconds, labels }: NonNullable<EffectiveNetwork['podMonitor']>): Manifest {
  const metadata = nodeMetadata(network, network.name);
  const interval = `${intervalSeconds}s`;
  const endpoint = (port: string, job: string): object => ({ port, interval, relabelings: [RELABEL(job)] });
  const engine = network.engine === 'cometbft' ? [endpoint('engine-metrics', 'civitas-engine')] : [];
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    // Ours win: by them it is found again.
    metadata: { ...metadata, labels: { ...labels, ...metadata.labels } },
    spec: {
      selector: { matchLabels: { [LABELS.network]: network.name }, matchExpressions: [{ key: LABELS.node, operator: 'Exists' }] },
      podMetricsEndpoints: [endpoint('metrics', 'civitas-node'), ...engine],
    },
  };
}

/**
 * The volume of a node as it is before another release writes to it. Nobody owns it: it outlives the network. Whoever keeps it is told
 * whether the node's consensus key is in it.
 */
export function upgradeSnapshot(network: EffectiveNetwork, node: string, className: string | undefined): Manifest {
  const { ownerReferences: _, ...metadata } = nodeMetadata(network, upgradeSnapshotName(node, network.nodeImage));
  const isKeyElsewhere = network.nodes.some(({ name, remoteSigner }) => name === node && remoteSigner !== undefined);
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: { ...metadata, annotations: { [ANNOTATIONS.holdsKey]: String(!isKeyElsewhere) } },
    spec: {
      ...(className === undefined ? {} : { volumeSnapshotClassName: className }),
      source: { persistentVolumeClaimName: nodeDataName(node) },
    },
  };
}

/** One a node and release: `health-0-before-0-2-0`, or with the digest's beginning where the image is named by digest. */
export function upgradeSnapshotName(node: string, image: string): string {
  const word = image.includes('@sha256:')
    ? image.slice(image.indexOf('@sha256:') + 8).slice(0, 12)
    : image.slice(image.lastIndexOf(':') + 1);
  return `${node}-before-${word.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
}
