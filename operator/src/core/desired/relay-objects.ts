import { canonicalString, type Json } from '@civitas/canon';
import { PATHS, type RelayConfig, type RelayNetwork } from '@civitas/deployment';
import { API_VERSION } from '../resources/kind.ts';
import { ANNOTATIONS, MANAGED_BY, RELAY_POD, relayTlsName } from './names.ts';
import { CONTAINER_PORTS, folderOf } from './network-objects.ts';
import { relayPolicy } from './network-policy.ts';
import { CONTAINER_SECURITY, POD_ENVIRONMENT, POD_SECURITY, PROBES } from './pod-defaults.ts';
import { type Manifest, render } from './render.ts';

export interface RelayWanted {
  readonly namespace: string;
  readonly city: string;
  /** The CityConfig. It controls the pod: a pod without a controller keeps `kubectl drain` from emptying its machine. */
  readonly owner: { readonly name: string; readonly uid: string };
  /** Of its container, with its tag. */
  readonly image: string;
  readonly logLevel: RelayConfig['logLevel'];
  readonly probeIntervalMs?: number;
  readonly tracing?: NonNullable<RelayConfig['tracing']>;
  /** Networks whose certificates are mounted, by name; those with a genesis and an address also stand in the configuration. */
  readonly networkNames: readonly string[];
  readonly networks: readonly RelayNetwork[];
  readonly links: RelayConfig['links'];
}

export const RELAY_ADMIN = 'admin';
/** Poll interval with all events lost (links.md §6). */
const POLL_MS = 1000;
const RELAY_LABELS = { ...MANAGED_BY, 'civitas.dev/relay': RELAY_POD } as const;

/** Configuration, volume and network policy of the relay; applied whenever they differ. */
export function relayObjects(wanted: RelayWanted): readonly Manifest[] {
  const metadata = (name: string): Manifest['metadata'] => ({ name, namespace: wanted.namespace, labels: RELAY_LABELS });
  const objects = render([
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(`${RELAY_POD}-config`), data: { 'config.json': relayConfigText(wanted) } },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: metadata(`${RELAY_POD}-data`),
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '64Mi' } } },
    },
  ]);
  return [...objects, relayPolicy(metadata(RELAY_POD), RELAY_LABELS, wanted.tracing === undefined ? [] : [wanted.tracing.endpoint])];
}

export function relayConfigText(wanted: RelayWanted): string {
  const config: RelayConfig = {
    schemaVersion: 1,
    role: 'relay',
    city: wanted.city,
    name: RELAY_POD,
    networks: wanted.networks,
    links: wanted.links,
    pollMs: POLL_MS,
    logLevel: wanted.logLevel,
    ...(wanted.probeIntervalMs === undefined ? {} : { probeIntervalMs: wanted.probeIntervalMs }),
    ...(wanted.tracing === undefined ? {} : { tracing: wanted.tracing }),
  };
  return canonicalString(config as object as Json);
}

/** What a running relay pod cannot take up: with another fingerprint it is made anew. It keeps no state, so nothing is lost. */
export function relayFingerprint(wanted: RelayWanted): string {
  const tracing = wanted.tracing === undefined ? '' : ` ${wanted.tracing.samplePerMille} ${wanted.tracing.endpoint}`;
  return `${wanted.image} ${[...wanted.networkNames].sort().join(' ')}${tracing}`;
}

export function relayPod(wanted: RelayWanted): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: RELAY_POD,
      namespace: wanted.namespace,
      labels: RELAY_LABELS,
      annotations: { [ANNOTATIONS.configHash]: relayFingerprint(wanted) },
      // Not blocking the owner's deletion, which would ask for one right more.
      ownerReferences: [{ apiVersion: API_VERSION, kind: 'CityConfig', ...wanted.owner, controller: true, blockOwnerDeletion: false }],
    },
    spec: {
      restartPolicy: 'Always',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 5,
      securityContext: POD_SECURITY,
      containers: [
        {
          name: 'relay',
          image: wanted.image,
          args: ['relay'],
          env: POD_ENVIRONMENT,
          ports: CONTAINER_PORTS.filter(({ name }) => name !== 'grpc'),
          securityContext: CONTAINER_SECURITY,
          resources: { requests: { cpu: '50m', memory: '96Mi' } },
          ...PROBES,
          volumeMounts: [
            { name: 'config', mountPath: folderOf(PATHS.config), readOnly: true },
            { name: 'tls', mountPath: PATHS.tls, readOnly: true },
            { name: 'data', mountPath: PATHS.data },
          ],
        },
      ],
      volumes: [
        { name: 'config', configMap: { name: `${RELAY_POD}-config` } },
        { name: 'tls', projected: { defaultMode: 0o440, sources: [RELAY_ADMIN, ...wanted.networkNames].map(tlsSource) } },
        { name: 'data', persistentVolumeClaim: { claimName: `${RELAY_POD}-data` } },
      ],
    },
  };
}

/** One folder a network. Optional: a network whose certificate is not issued yet must not keep the others waiting. */
function tlsSource(network: string): object {
  const items = ['tls.crt', 'tls.key', 'ca.crt'].map((key) => ({ key, path: `${network}/${key}` }));
  return { secret: { name: relayTlsName(network), items, optional: network !== RELAY_ADMIN } };
}
