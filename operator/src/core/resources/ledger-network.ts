import { type Static, Type } from '@sinclair/typebox';
import { BackupReference } from './backup-target.ts';
import { ExternalAddress, ExternalMember, ExternalMemberStatus } from './external-member.ts';
import { AGE_COLUMN, type Kind, PHASE_COLUMN } from './kind.ts';
import {
  APPROVAL_THRESHOLD_MAX,
  CATCH_UP_BLOCKS_MAX,
  CERTIFICATE_HOURS_MAX,
  CERTIFICATE_HOURS_MIN,
  CHAIN_ID_CHARS_MAX,
  EXTERNAL_MEMBERS_MAX,
  EXTRA_SANS_MAX,
  IMAGE_CHARS_MAX,
  MAINTENANCE_MINUTES_MAX,
  MAINTENANCE_WINDOWS_MAX,
  POOL_REPLICAS_MAX,
  POOLS_MAX,
  PROTOCOL_VERSION_MAX,
  REASON_CHARS_MAX,
  RETENTION_DAYS_MAX,
  STEP_TIMEOUT_SECONDS_MAX,
} from './limits.ts';
import { IssuerRef, Observability, UpgradeSnapshots } from './network-services.ts';
import type { CustomObject } from './object.ts';
import { Pool } from './pool.ts';
import { NetworkKeys, SIGNER_MESSAGES } from './remote-signer.ts';
import { mapList, nameString, oneOf, rules, statusHead, text } from './schema.ts';

export const DOMAINS = ['city', 'health', 'housing', 'courts', 'transport'] as const;
export const ENGINES = ['embedded', 'cometbft'] as const;
export const WEEK_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

export const MaintenanceWindow = Type.Object({
  days: Type.Optional(
    Type.Array(oneOf('A day.', WEEK_DAYS), { description: 'Default every day.', maxItems: 7, 'x-kubernetes-list-type': 'set' }),
  ),
  startUtc: text('When it opens, UTC, such as 02:30.', 5, { pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' }),
  durationMinutes: Type.Integer({ description: 'How long it is open.', minimum: 1, maximum: MAINTENANCE_MINUTES_MAX }),
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
  keysWithData: 'keys: Delete needs data: Delete: volumes that are kept cannot be taken up again without their authority',
  fromBackup: 'fromBackup cannot change: the genesis names the backup that the chain was born from',
  sameChain: 'a chain is founded from a backup of another one: take a new chainId',
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
          fromBackup: Type.Optional(BackupReference),
        },
        {
          description: 'Settings the chain is born with.',
          ...rules({
            rule: 'has(self.fromBackup) == has(oldSelf.fromBackup) && (!has(self.fromBackup) || self.fromBackup == oldSelf.fromBackup)',
            message: MESSAGES.fromBackup,
          }),
        },
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
          catalogRef: Type.Optional(
            nameString('ReleaseCatalog that says what may be run, by digest; without it any version is taken by tag.'),
          ),
          protocolVersion: Type.Optional(
            Type.Integer({
              description:
                'Rules that blocks are to be executed by: proposed to the members once all nodes execute them. Default those of the release in its catalog, else those in force. They never go back.',
              minimum: 1,
              maximum: PROTOCOL_VERSION_MAX,
            }),
          ),
        },
        { description: 'What its nodes run.' },
      ),
    ),
    updateStrategy: Type.Optional(
      Type.Object(
        {
          type: Type.Optional(
            oneOf('Rolling (default): changes are rolled out at once. Supervised: by a LedgerOperation alone.', ['Rolling', 'Supervised']),
          ),
          canary: Type.Optional(Type.Boolean({ description: 'One observer goes before all others; default true.' })),
          catchUpBlocks: Type.Optional(
            Type.Integer({
              description: 'Blocks that a node takes part in before the next one goes; default 0: it is at the head.',
              minimum: 0,
              maximum: CATCH_UP_BLOCKS_MAX,
            }),
          ),
          stepTimeoutSeconds: Type.Optional(
            Type.Integer({
              description: 'A step that takes longer is said to be late; default 600.',
              minimum: 1,
              maximum: STEP_TIMEOUT_SECONDS_MAX,
            }),
          ),
          maxUnavailable: Type.Optional(
            Type.Integer({ description: 'Validators that may be down at once for the operator’s own work.', minimum: 1, maximum: 33 }),
          ),
          snapshots: Type.Optional(UpgradeSnapshots),
        },
        { description: 'How its nodes are replaced.' },
      ),
    ),
    observability: Type.Optional(Observability),
    tls: Type.Optional(
      Type.Object(
        {
          issuerRef: Type.Optional(IssuerRef),
          durationHours: Type.Optional(
            Type.Integer({
              description: 'Life of a leaf certificate, hours; renewed at two thirds of it.',
              minimum: CERTIFICATE_HOURS_MIN,
              maximum: CERTIFICATE_HOURS_MAX,
            }),
          ),
          renewBeforeHours: Type.Optional(
            Type.Integer({
              description: 'Renewed this long before its end at the latest, hours.',
              minimum: 1,
              maximum: CERTIFICATE_HOURS_MAX,
            }),
          ),
          extraSANs: Type.Optional(
            Type.Array(text('A DNS name.', 253, { minLength: 1, pattern: '^[a-z0-9*]([-a-z0-9.]*[a-z0-9])?$' }), {
              description: 'DNS names that stand in every node’s certificate besides its own name.',
              maxItems: EXTRA_SANS_MAX,
              'x-kubernetes-list-type': 'set',
            }),
          ),
        },
        { description: 'Certificates of its nodes.' },
      ),
    ),
    keys: Type.Optional(NetworkKeys),
    externalMembers: Type.Optional(
      mapList(ExternalMember, ['node'], { description: 'Nodes that others run outside of this cluster.', maxItems: EXTERNAL_MEMBERS_MAX }),
    ),
    externalAddresses: Type.Optional(
      mapList(ExternalAddress, ['node'], {
        description: 'Where nodes of this network are reached from outside; for the join bundles.',
        maxItems: POOLS_MAX * POOL_REPLICAS_MAX,
      }),
    ),
    deletionPolicy: Type.Optional(
      Type.Object(
        {
          data: Type.Optional(oneOf('What becomes of the volumes; default Retain.', ['Retain', 'Delete'])),
          keys: Type.Optional(oneOf('What becomes of the certificate authority; default Retain.', ['Retain', 'Delete'])),
          backups: Type.Optional(oneOf('What becomes of its LedgerBackups and what they hold; default Retain.', ['Retain', 'Delete'])),
        },
        {
          description: 'What deleting the network takes away, and of nodes that its pools no longer ask for their volumes.',
          ...rules({
            rule: "!has(self.keys) || self.keys == 'Retain' || (has(self.data) && self.data == 'Delete')",
            message: MESSAGES.keysWithData,
          }),
        },
      ),
    ),
    retention: Type.Optional(
      Type.Object(
        {
          days: Type.Optional(
            Type.Integer({ description: 'State roots stay provable so long; default 7.', minimum: 1, maximum: RETENTION_DAYS_MAX }),
          ),
          archive: Type.Optional(Type.Boolean({ description: 'All of them stay provable; default false.' })),
        },
        { description: 'How far back its nodes prove state. Blocks, receipts and records are kept whatever it says.' },
      ),
    ),
    logLevel: Type.Optional(oneOf('Log level of its nodes.', LOG_LEVELS)),
    allowDowntime: Type.Optional(
      Type.Boolean({ description: 'Accepts fewer than 4 validators: a restart then stops the chain for a moment.' }),
    ),
    paused: Type.Optional(Type.Boolean({ description: 'The operator looks and reports, and changes nothing.' })),
    hibernated: Type.Optional(Type.Boolean({ description: 'No pods: volumes, keys and addresses stay.' })),
    maintenanceWindows: Type.Optional(
      Type.Array(MaintenanceWindow, {
        description: 'When pods may be made anew for a change of the spec; default at any time. What is broken is mended outside them too.',
        maxItems: MAINTENANCE_WINDOWS_MAX,
        'x-kubernetes-list-type': 'atomic',
      }),
    ),
  },
  {
    ...rules(
      { rule: 'has(self.city) == has(oldSelf.city) && (!has(self.city) || self.city == oldSelf.city)', message: MESSAGES.city },
      { rule: ENGINE_FORWARD, message: MESSAGES.engineBack },
      {
        rule: 'has(self.genesis) && has(self.genesis.fromBackup) ? self.genesis.fromBackup.chainId != self.chainId : true',
        message: MESSAGES.sameChain,
      },
      {
        rule: '(has(self.genesis) && has(self.genesis.fromBackup)) == (has(oldSelf.genesis) && has(oldSelf.genesis.fromBackup))',
        message: MESSAGES.fromBackup,
      },
      { rule: `!(${EMBEDDED}) || ${UNCOUNTED} || ${VALIDATORS} == 1`, message: MESSAGES.embeddedOne },
      { rule: `!(${EMBEDDED}) || !has(self.keys) || !has(self.keys.remoteSigners)`, message: SIGNER_MESSAGES.embedded },
      { rule: `${EMBEDDED} || ${DOWNTIME} || ${UNCOUNTED} || ${VALIDATORS} >= 4`, message: MESSAGES.tooFew },
      {
        rule: `!has(self.updateStrategy) || !has(self.updateStrategy.maxUnavailable) || ${UNCOUNTED} || self.updateStrategy.maxUnavailable <= (${VALIDATORS} - 1) / 3 || (${DOWNTIME} && self.updateStrategy.maxUnavailable <= 1)`,
        message: MESSAGES.maxUnavailable,
      },
    ),
  },
);

const protocolVersion = (description: string) => Type.Integer({ description, minimum: 1, maximum: PROTOCOL_VERSION_MAX });
const count = (description: string) => Type.Integer({ description, minimum: 0, maximum: POOLS_MAX * POOL_REPLICAS_MAX });

export const LedgerNetworkStatus = Type.Object({
  ...statusHead,
  externalMembers: Type.Optional(
    mapList(ExternalMemberStatus, ['node'], { description: 'How far each of them is.', maxItems: EXTERNAL_MEMBERS_MAX }),
  ),
  engine: Type.Optional(oneOf('Engine in force.', ENGINES)),
  genesisHash: Type.Optional(text('SHA-256 of the genesis document, base64url.', 43)),
  height: Type.Optional(
    Type.Integer({ description: 'Last committed height; written on a change of health, else every 30 s at most.', minimum: 0 }),
  ),
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
  image: Type.Optional(text('Image of its nodes that is in force.', IMAGE_CHARS_MAX)),
  protocol: Type.Optional(
    Type.Object(
      {
        version: protocolVersion('Version of the rules that the next block is executed by.'),
        next: Type.Optional(protocolVersion('Version that the members have decided on.')),
        nextHeight: Type.Optional(Type.Integer({ description: 'First block of it.', minimum: 1 })),
        step: Type.Optional(text('Where going over to it stands.', REASON_CHARS_MAX)),
      },
      { description: 'Rules that blocks are executed by.' },
    ),
  ),
  endpoints: Type.Optional(
    Type.Object({
      grpc: text('Address of the gateway service, host:port.', 64),
      metrics: text('Address of the first node’s metrics, host:port.', 64),
    }),
  ),
  rollout: Type.Optional(
    Type.Object(
      {
        node: text('Node whose pod was ended last to be made anew.', 63),
        podUID: text('That pod.', 63),
        height: Type.Integer({ description: 'Head of the chain then.', minimum: 0 }),
        startedAt: Type.String({ description: 'When.', format: 'date-time', maxLength: 40 }),
        step: Type.Optional(text('Nodes that are as the spec asks, of all: 2/4.', 16)),
        deferredReason: Type.Optional(text('Why the next one waits.', REASON_CHARS_MAX)),
      },
      { description: 'Written before a pod is ended: the next one waits until this node is back.' },
    ),
  ),
  authority: Type.Optional(
    Type.Object(
      {
        issuer: Type.Integer({ description: 'Generation of the certificate authority that issues.', minimum: 1 }),
        trusted: text('Generations that are trusted, such as 1,2.', 32),
        phase: oneOf('Where a roll-over stands.', ['Alone', 'Trusting', 'Reissuing', 'Dropping']),
      },
      { description: 'Certificate authority of the network.' },
    ),
  ),
  storage: Type.Optional(
    Type.Object(
      {
        usedPercent: Type.Integer({ description: 'Share in use of the fullest volume.', minimum: 0, maximum: 100 }),
        node: text('Whose.', 63),
        problem: Type.Optional(text('Why a volume did not grow.', 256)),
      },
      { description: 'Volumes of its nodes.' },
    ),
  ),
  lastVerifiedBackup: Type.Optional(
    Type.Object({
      name: text('LedgerBackup.', 63),
      time: Type.String({ description: 'When it was verified.', format: 'date-time', maxLength: 40 }),
      height: Type.Integer({ description: 'Its height.', minimum: 1 }),
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

export type LedgerNetworkSpec = Static<typeof LedgerNetworkSpec>;
export type LedgerNetworkStatus = Static<typeof LedgerNetworkStatus>;
export type LedgerNetwork = CustomObject<LedgerNetworkSpec, LedgerNetworkStatus>;
