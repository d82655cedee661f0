import { Type } from '@sinclair/typebox';
import { POOL_REPLICAS_MAX } from './limits.ts';
import { nameString, oneOf, text } from './schema.ts';

const QUANTITY = '^[0-9]+(\\.[0-9]{1,3})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$';
const amounts = (description: string) =>
  Type.Optional(
    Type.Object(
      {
        cpu: Type.Optional(text('Cores, such as 500m or 2.', 16, { pattern: QUANTITY })),
        memory: Type.Optional(text('Bytes, such as 512Mi.', 16, { pattern: QUANTITY })),
      },
      { description },
    ),
  );
const requirements = (description: string) =>
  Type.Optional(
    Type.Object({ requests: amounts('What is set aside for it.'), limits: amounts('What it may take at most.') }, { description }),
  );

/** What the containers of a pool's pods need. */
const PoolResources = Type.Object(
  { node: requirements('The node, which executes.'), engine: requirements('CometBFT beside it.') },
  { description: 'What each pod of the pool needs; its pods are made anew, one after another, when it changes.' },
);

/** How a pool's pods are spread. */
const TopologySpread = Type.Object(
  {
    topologyKey: Type.Optional(
      text('Label of machines that tells places apart; default kubernetes.io/hostname.', 253, {
        pattern: '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$',
      }),
    ),
    maxSkew: Type.Optional(Type.Integer({ description: 'By how many pods places may differ; default 1.', minimum: 1, maximum: 33 })),
    whenUnsatisfiable: Type.Optional(
      oneOf('ScheduleAnyway (default): rather unevenly than not at all. DoNotSchedule: rather not at all.', [
        'ScheduleAnyway',
        'DoNotSchedule',
      ]),
    ),
  },
  { description: 'Keeps nodes of one role of the network apart, so that one place that fails takes no more than its share.' },
);

const AutoGrow = Type.Object(
  {
    percent: Type.Optional(Type.Integer({ description: 'Grows from this share in use on; default 80.', minimum: 10, maximum: 99 })),
    stepPercent: Type.Optional(Type.Integer({ description: 'By this share of its size; default 50.', minimum: 1, maximum: 400 })),
    max: text('Never beyond this size, such as 100Gi.', 16, { pattern: '^[0-9]+(Mi|Gi|Ti)$' }),
  },
  { description: 'Lets a volume grow that fills up.' },
);

/** Nodes of a network that are alike. */
export const Pool = Type.Object({
  name: nameString('Name of the pool, unique in the network.'),
  role: oneOf('What its nodes do.', ['validator', 'observer', 'gateway']),
  replicas: Type.Optional(Type.Integer({ description: 'Nodes; default from CityConfig.', minimum: 1, maximum: POOL_REPLICAS_MAX })),
  agencyRef: Type.Optional(nameString('Agency these nodes belong to; default: they go round the founders.')),
  storage: Type.Optional(
    Type.Object(
      {
        size: Type.Optional(text('Size of each volume, such as 1Gi; default from CityConfig.', 16, { pattern: '^[0-9]+(Mi|Gi|Ti)$' })),
        class: Type.Optional(
          text('StorageClass; default that of the cluster. Volumes that there are keep theirs.', 63, {
            pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$',
          }),
        ),
        autoGrow: Type.Optional(AutoGrow),
      },
      { description: 'Volume of each node.' },
    ),
  ),
  resources: Type.Optional(PoolResources),
  topologySpread: Type.Optional(TopologySpread),
});
