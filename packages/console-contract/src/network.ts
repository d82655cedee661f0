import { type Static, Type } from '@sinclair/typebox';
import { objectHead } from './condition.ts';
import { Difference } from './difference.ts';
import { FOUNDERS_MAX, ROLES_MAX } from './limits.ts';
import { closed, name, oneOf, text, time, whole } from './shape.ts';

export const DOMAINS = ['city', 'health', 'housing', 'courts', 'transport'] as const;
export const ENGINES = ['embedded', 'cometbft'] as const;

export const Validators = closed({
  inSet: whole('Validators of the chain.'),
  ready: whole('Of them serving.'),
  caughtUp: whole('Of them at the head.'),
  quorum: whole('Validators a commit needs.'),
  faultTolerance: whole('Validators that may fail at once, f.'),
  spareFaults: whole('Further ones that may fail now.'),
});

/** A network as lists show it. */
export const Network = closed({
  ...objectHead,
  namespace: text('Namespace.', 63),
  domain: oneOf(DOMAINS, 'Domain.'),
  chainId: text('Name of the chain.', 64),
  engine: Type.Optional(oneOf(ENGINES, 'Engine in force.')),
  release: Type.Optional(text('Version its nodes run.', 32)),
  height: Type.Optional(whole('Last committed height that the status tells; live ones come with the detail.')),
  validators: Type.Optional(Validators),
  certificates: Type.Optional(closed({ earliestExpiry: time('When the first certificate ends.'), node: text('Whose.', 63) })),
  paused: Type.Boolean(),
  hibernated: Type.Boolean(),
  members: Type.Array(
    closed({
      agency: text('Agency.', 63),
      roles: Type.Array(text('Role on the ledger.', 63)),
      state: text('Pending, Proposed or Enrolled.', 16),
      founder: Type.Boolean({ description: 'It approves proposals there.' }),
      approvalPolicy: oneOf(['manual', 'auto'], 'Whether persons approve for it or its gateway does by itself.'),
      approvers: whole('Persons whose keys it names.'),
    }),
    { description: 'Agencies that ask to take part.' },
  ),
});

/** A node of a network. */
export const NetworkNode = closed({
  name: text('Name.', 63),
  role: text('validator, observer or gateway.', 16),
  agency: text('Agency it belongs to.', 63),
  phase: text('Its conditions in one word.', 128),
  height: Type.Optional(whole('Last height it told.')),
  lagBlocks: Type.Optional(whole('Blocks behind the head of its network.')),
  peers: Type.Optional(whole('Connected peers.')),
  image: Type.Optional(text('Image it runs.', 256)),
  unwell: Type.Optional(text('Which part is unwell and why.', 1024)),
  signing: Type.Optional(Type.Boolean({ description: 'Signs votes.' })),
  certNotAfter: Type.Optional(time('When its certificate ends.')),
  dataUsedPercent: Type.Optional(whole('Share of its volume in use.')),
  fenced: Type.Boolean(),
  conditions: objectHead.conditions,
});

/** A network with everything its page shows. */
export const NetworkDetail = closed({
  ...Network.properties,
  genesisHash: Type.Optional(text('SHA-256 of the genesis, base64url.', 43)),
  live: Type.Optional(
    closed(
      { height: whole('Head now.'), timeUnixMs: whole('Header time of it.'), root: text('State root, base64url.', 43) },
      { description: 'Asked of a gateway for this answer; left out when none answered.' },
    ),
  ),
  endpoints: Type.Optional(closed({ grpc: text('Gateway, host:port.', 128), metrics: text('Metrics, host:port.', 128) })),
  rollout: Type.Optional(
    closed({
      node: text('Node whose pod was made anew last.', 63),
      startedAt: time('When.'),
      step: Type.Optional(text('Done of all.', 16)),
      deferredReason: Type.Optional(text('Why the next one waits.', 256)),
    }),
  ),
  storage: Type.Optional(
    closed({
      usedPercent: whole('Share in use of the fullest volume.'),
      node: text('Whose.', 63),
      problem: Type.Optional(text('Why it did not grow.')),
    }),
  ),
  lastVerifiedBackup: Type.Optional(closed({ name: text('LedgerBackup.', 63), time: time('When.'), height: whole('Its height.') })),
  nodes: Type.Array(NetworkNode),
});

/** What happened to an object, as Kubernetes recorded it. */
export const ObjectEvent = closed({
  type: text('Normal or Warning.', 16),
  reason: text('CamelCase, for machines.', 128),
  message: text('For people, in English.', 1024),
  object: text('Kind/name it is about.', 128),
  count: whole('How often.'),
  firstAt: time('First time.'),
  lastAt: time('Last time.'),
});

/** The object as YAML, without what only the API server writes, and how to get it with kubectl. */
export const YamlView = closed({ yaml: text('YAML.', 262_144), kubectl: text('The command.', 256) });

/** A network as the wizard asks for it. */
export const NewNetwork = closed({
  name: name('Name.'),
  domain: oneOf(DOMAINS, 'Domain, which decides its contracts.'),
  chainId: Type.String({
    description: 'Name of the chain, `<city>-<domain>-<n>`.',
    minLength: 3,
    maxLength: 50,
    pattern: '^[a-z0-9]+(-[a-z0-9]+)*-[1-9][0-9]*$',
  }),
  engine: Type.Optional(oneOf(ENGINES, 'What orders operations; default from CityConfig.')),
  validators: Type.Optional(Type.Integer({ description: 'Validators; default from CityConfig.', minimum: 1, maximum: 100 })),
  founders: Type.Optional(
    Type.Array(
      closed({
        agency: name('Agency that founds networks.'),
        roles: Type.Array(name('A role of that ledger.'), { maxItems: ROLES_MAX, uniqueItems: true }),
      }),
      { description: 'Who stands in its genesis and decides about it; they are made members of it.', maxItems: FOUNDERS_MAX },
    ),
  ),
  agency: Type.Optional(name('Agency its validators belong to; default: they go round the founders.')),
  approvalThreshold: Type.Optional(
    Type.Integer({ description: 'Approvals a proposal needs; default from CityConfig.', minimum: 1, maximum: 100 }),
  ),
  allowDowntime: Type.Optional(Type.Boolean({ description: 'Accepts fewer than 4 validators.' })),
  storageSize: Type.Optional(Type.String({ description: 'Size of each volume.', maxLength: 16, pattern: '^[0-9]+(Mi|Gi|Ti)$' })),
});

/** What a creation did, or with `dryRun=true` would do. */
export const CreatedNetwork = closed({
  dryRun: Type.Boolean(),
  network: Network,
  yaml: text('The manifest, to apply with kubectl instead.', 65_536),
  differences: Type.Array(Difference, {
    description: 'What the API server stores beyond or instead of what was sent, and what changes at the founders.',
  }),
});

export type Network = Static<typeof Network>;
export type NetworkNode = Static<typeof NetworkNode>;
export type NetworkDetail = Static<typeof NetworkDetail>;
export type ObjectEvent = Static<typeof ObjectEvent>;
export type YamlView = Static<typeof YamlView>;
export type NewNetwork = Static<typeof NewNetwork>;
export type CreatedNetwork = Static<typeof CreatedNetwork>;
