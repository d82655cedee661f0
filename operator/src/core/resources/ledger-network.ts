import { type Static, Type } from '@sinclair/typebox';
import { AGE_COLUMN, type Kind, PHASE_COLUMN } from './kind.ts';
import {
  APPROVAL_THRESHOLD_MAX,
  CERTIFICATE_HOURS_MAX,
  CERTIFICATE_HOURS_MIN,
  CHAIN_ID_CHARS_MAX,
  POOL_REPLICAS_MAX,
  POOLS_MAX,
} from './limits.ts';
import type { CustomObject } from './object.ts';
import { mapList, nameString, oneOf, rules, statusHead, text } from './schema.ts';

export const DOMAINS = ['city', 'health', 'housing', 'courts', 'transport'] as const;
export const ENGINES = ['embedded', 'cometbft'] as const;
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

export const Pool = Type.Object({
  name: nameString('Name of the pool, unique in the network.'),
  role: oneOf('What its nodes do.', ['validator', 'observer', 'gateway']),
  replicas: Type.Optional(Type.Integer({ description: 'Nodes; default from CityConfig.', minimum: 1, maximum: POOL_REPLICAS_MAX })),
  agencyRef: Type.Optional(nameString('Agency these nodes belong to; default: they go round the founders.')),
  storage: Type.Optional(
    Type.Object(
      {
        size: Type.Optional(text('Size of each volume, such as 1Gi; default from CityConfig.', 16, { pattern: '^[0-9]+(Mi|Gi|Ti)$' })),
      },
      { description: 'Volume of each node.' },
    ),
  ),
});

export const ConsensusSettings = Type.Object(
  {
    emptyBlockIntervalMs: Type.Optional(
      Type.Integer({ description: 'Longest pause between blocks with nothing to order, ms.', minimum: 1000, maximum: 60_000 }),
    ),
    bundleWaitMs: Type.Optional(
      Type.Integer({ description: 'Longest time a lone operation waits for company, ms.', minimum: 2, maximum: 40 }),
    ),
  },
  { description: 'Pace of blocks.' },
);

/** Validators the spec itself counts; pools without replicas take them from CityConfig, and the reconciler checks those. */
const COUNTED = "self.pools.filter(p, p.role == 'validator' && has(p.replicas))";
const VALIDATORS = `${COUNTED}.map(p, p.replicas).sum()`;
const UNCOUNTED = `!has(self.pools) || size(${COUNTED}) == 0`;
const EMBEDDED = "has(self.engine) && self.engine == 'embedded'";
/** Left out, CityConfig decides; a network in the API's own words may then only be set to cometbft. */
const ENGINE_FORWARD =
  "has(self.engine) ? (self.engine == 'cometbft' || (has(oldSelf.engine) && oldSelf.engine == 'embedded')) : !has(oldSelf.engine)";
const DOWNTIME = 'has(self.allowDowntime) && self.allowDowntime';

export const MESSAGES = {
  chainId: 'chainId cannot change: records, proofs and peers name this chain by it for ever',
  domain: 'domain cannot change: it decides the contracts the chain was born with',
  city: 'city cannot change: it is part of the genesis',
  engineBack: 'engine cannot go back: a chain grows from embedded to cometbft and stays there',
  embeddedOne: 'the embedded engine runs exactly 1 validator: leave replicas out, or choose engine cometbft',
  tooFew: 'fewer than 4 validators survive no fault: use 4 or more, or set allowDowntime: true to accept that a restart stops the chain',
  maxUnavailable: 'maxUnavailable may not exceed f = (validators - 1) / 3 (or 1 with allowDowntime): more would stop the chain',
} as const;

export const LedgerNetworkSpec = Type.Object(
  {
    city: Type.Optional(nameString('City it belongs to; default from CityConfig.')),
    domain: oneOf('Domain, which decides its contracts.', DOMAINS, rules({ rule: 'self == oldSelf', message: MESSAGES.domain })),
    chainId: text('Name of the chain, `<city>-<domain>-<n>`.', CHAIN_ID_CHARS_MAX, {
      minLength: 3,
      pattern: '^[a-z0-9]+(-[a-z0-9]+)*-[1-9][0-9]*$',
      ...rules({ rule: 'self == oldSelf', message: MESSAGES.chainId }),
    }),
    engine: Type.Optional(oneOf('What orders operations; default from CityConfig.', ENGINES)),
    genesis: Type.Optional(
      Type.Object(
        {
          approvalThreshold: Type.Optional(
            Type.Integer({
              description: 'Approvals a proposal needs; default from CityConfig.',
              minimum: 1,
              maximum: APPROVAL_THRESHOLD_MAX,
            }),
          ),
        },
        { description: 'Settings the chain is born with.' },
      ),
    ),
    consensus: Type.Optional(ConsensusSettings),
    pools: Type.Optional(
      mapList(Pool, ['name'], { description: 'Groups of nodes; default one pool of validators.', maxItems: POOLS_MAX, minItems: 1 }),
    ),
    release: Type.Optional(
      Type.Object(
        {
          version: Type.Optional(text('Version of the node; default from CityConfig.', 32, { pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+$' })),
        },
        { description: 'What its nodes run.' },
      ),
    ),
    updateStrategy: Type.Optional(
      Type.Object(
        {
          maxUnavailable: Type.Optional(
            Type.Integer({ description: 'Validators that may be down at once for the operator’s own work.', minimum: 1, maximum: 33 }),
          ),
        },
        { description: 'How its nodes are replaced.' },
      ),
    ),
    tls: Type.Optional(
      Type.Object(
        {
          durationHours: Type.Optional(
            Type.Integer({
              description: 'Life of a leaf certificate, hours; renewed at two thirds of it.',
              minimum: CERTIFICATE_HOURS_MIN,
              maximum: CERTIFICATE_HOURS_MAX,
            }),
          ),
        },
        { description: 'Certificates of its nodes.' },
      ),
    ),
    deletionPolicy: Type.Optional(
      Type.Object(
        {
          data: Type.Optional(oneOf('What becomes of the volumes when the network is deleted; default Retain.', ['Retain', 'Delete'])),
        },
        { description: 'What deleting the network takes away.' },
      ),
    ),
    logLevel: Type.Optional(oneOf('Log level of its nodes.', LOG_LEVELS)),
    allowDowntime: Type.Optional(
      Type.Boolean({ description: 'Accepts fewer than 4 validators: a restart then stops the chain for a moment.' }),
    ),
    paused: Type.Optional(Type.Boolean({ description: 'The operator looks and reports, and changes nothing.' })),
  },
  {
    ...rules(
      { rule: 'has(self.city) == has(oldSelf.city) && (!has(self.city) || self.city == oldSelf.city)', message: MESSAGES.city },
      { rule: ENGINE_FORWARD, message: MESSAGES.engineBack },
      { rule: `!(${EMBEDDED}) || ${UNCOUNTED} || ${VALIDATORS} == 1`, message: MESSAGES.embeddedOne },
      { rule: `${EMBEDDED} || ${DOWNTIME} || ${UNCOUNTED} || ${VALIDATORS} >= 4`, message: MESSAGES.tooFew },
      {
        rule: `!has(self.updateStrategy) || !has(self.updateStrategy.maxUnavailable) || ${UNCOUNTED} || self.updateStrategy.maxUnavailable <= (${VALIDATORS} - 1) / 3 || (${DOWNTIME} && self.updateStrategy.maxUnavailable <= 1)`,
        message: MESSAGES.maxUnavailable,
      },
    ),
  },
);

const count = (description: string) => Type.Integer({ description, minimum: 0, maximum: POOLS_MAX * POOL_REPLICAS_MAX });

export const LedgerNetworkStatus = Type.Object({
  ...statusHead,
  engine: Type.Optional(oneOf('Engine in force.', ENGINES)),
  genesisHash: Type.Optional(text('SHA-256 of the genesis document, base64url.', 43)),
  height: Type.Optional(Type.Integer({ description: 'Last committed height; written on a change of health and every 10 s.', minimum: 0 })),
  root: Type.Optional(text('State root at that height, base64url.', 43)),
  validators: Type.Optional(
    Type.Object({
      inSet: count('Validators of the chain, as its ledger has them.'),
      ready: count('Of them serving.'),
      caughtUp: count('Of them at the head.'),
      quorum: count('Validators a commit needs.'),
      faultTolerance: count('Validators that may fail at once, f.'),
      spareFaults: count('Further ones that may fail now.'),
      summary: text('ready/inSet.', 16),
    }),
  ),
  release: Type.Optional(text('Version its nodes run.', 32)),
  endpoints: Type.Optional(
    Type.Object({
      grpc: text('Address of the gateway service, host:port.', 64),
      metrics: text('Address of the first node’s metrics, host:port.', 64),
    }),
  ),
  certificates: Type.Optional(
    Type.Object({
      earliestExpiry: Type.String({ description: 'When the first of them ends.', format: 'date-time', maxLength: 40 }),
      node: text('Whose.', 63),
    }),
  ),
});

export const ledgerNetworkKind: Kind<typeof LedgerNetworkSpec, typeof LedgerNetworkStatus> = {
  kind: 'LedgerNetwork',
  plural: 'ledgernetworks',
  singular: 'ledgernetwork',
  shortName: 'lnet',
  scope: 'Namespaced',
  description: 'One domain’s ledger: a private BFT network run by the agencies of that domain.',
  spec: LedgerNetworkSpec,
  status: LedgerNetworkStatus,
  columns: [
    { name: 'Domain', type: 'string', jsonPath: '.spec.domain' },
    { name: 'Engine', type: 'string', jsonPath: '.status.engine' },
    PHASE_COLUMN,
    { name: 'Validators', type: 'string', jsonPath: '.status.validators.summary', description: 'Serving of all.' },
    { name: 'Spare', type: 'integer', jsonPath: '.status.validators.spareFaults', description: 'Faults it survives now.' },
    { name: 'Height', type: 'integer', jsonPath: '.status.height' },
    AGE_COLUMN,
    { name: 'Chain', type: 'string', jsonPath: '.spec.chainId', priority: 1 },
    { name: 'Version', type: 'string', jsonPath: '.status.release', priority: 1 },
    { name: 'gRPC', type: 'string', jsonPath: '.status.endpoints.grpc', priority: 1 },
    { name: 'Certificates', type: 'string', jsonPath: '.status.certificates.earliestExpiry', priority: 1 },
  ],
};

export type Pool = Static<typeof Pool>;
export type LedgerNetworkSpec = Static<typeof LedgerNetworkSpec>;
export type LedgerNetworkStatus = Static<typeof LedgerNetworkStatus>;
export type LedgerNetwork = CustomObject<LedgerNetworkSpec, LedgerNetworkStatus>;
