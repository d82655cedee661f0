import { type Static, Type } from '@sinclair/typebox';
import { MONITOR_LABELS_MAX, SCRAPE_SECONDS_MAX, SCRAPE_SECONDS_MIN } from './limits.ts';
import { mapList, nameString, oneOf, text } from './schema.ts';

const LABEL = '^([A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?)?$';

/** What a network uses where the cluster has it: cert-manager, the Prometheus operator, a CSI driver that takes snapshots. */
export const IssuerRef = Type.Object(
  {
    name: nameString('Issuer of cert-manager.'),
    kind: Type.Optional(oneOf('ClusterIssuer (default), or Issuer: one of the operator’s own namespace.', ['ClusterIssuer', 'Issuer'])),
    group: Type.Optional(text('Its API group; default cert-manager.io.', 253, { pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$' })),
  },
  {
    description:
      'Who issues the certificate authority of the network; default the operator makes it. The issuer is trusted with it: give one that is for this alone. Taken at birth and by RotateCA.',
  },
);

export const Observability = Type.Object(
  {
    podMonitor: Type.Optional(
      Type.Object(
        {
          intervalSeconds: Type.Optional(
            Type.Integer({ description: 'Between two scrapes; default 15.', minimum: SCRAPE_SECONDS_MIN, maximum: SCRAPE_SECONDS_MAX }),
          ),
          labels: Type.Optional(
            mapList(
              Type.Object({
                name: text('Name.', 253, { minLength: 1, pattern: LABEL }),
                value: text('Value.', 63, { pattern: LABEL }),
              }),
              ['name'],
              { description: 'By which a Prometheus picks it.', maxItems: MONITOR_LABELS_MAX },
            ),
          ),
        },
        { description: 'A PodMonitor for the nodes of this network alone; leave it out where the chart’s own watch all of them.' },
      ),
    ),
  },
  { description: 'How the network is watched.' },
);

export const UpgradeSnapshots = Type.Object(
  { className: Type.Optional(nameString('VolumeSnapshotClass; default the cluster’s.')) },
  {
    description:
      'A VolumeSnapshot of a node’s volume before its pod is made anew on another release. They are kept until a person deletes them, hold the node’s consensus key where its volume does, and are no backups.',
  },
);

export type IssuerRef = Static<typeof IssuerRef>;
export type Observability = Static<typeof Observability>;
export type UpgradeSnapshots = Static<typeof UpgradeSnapshots>;
