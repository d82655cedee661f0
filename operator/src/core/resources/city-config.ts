import { type Static, Type } from '@sinclair/typebox';
import { AGE_COLUMN, type Kind, PHASE_COLUMN } from './kind.ts';
import { ConsensusSettings, ENGINES, LOG_LEVELS } from './ledger-network.ts';
import {
  APPROVAL_THRESHOLD_MAX,
  CERTIFICATE_HOURS_MAX,
  CERTIFICATE_HOURS_MIN,
  DISPLAY_NAME_CHARS_MAX,
  IDENTITY_URL_CHARS_MAX,
  POOL_REPLICAS_MAX,
  PROBE_SECONDS_MAX,
  PROBE_SECONDS_MIN,
} from './limits.ts';
import type { CustomObject } from './object.ts';
import { nameString, oneOf, rules, statusHead, text } from './schema.ts';

/** As the node's own configuration takes it. */
const IDENTITY_URL = '^https?://[^\\s/?#@]+(/[^\\s?#]*)?$';

export const CityConfigSpec = Type.Object({
  city: nameString(
    'Name of the city, first part of its chain ids.',
    rules({ rule: 'self == oldSelf', message: 'city cannot change: chains are named after it' }),
  ),
  displayName: Type.Optional(
    Type.Object({ zh: text('In Chinese.', DISPLAY_NAME_CHARS_MAX), en: text('In English.', DISPLAY_NAME_CHARS_MAX) }),
  ),
  namespace: nameString('Namespace of its networks, where agencies’ memberships look unless they name another.'),
  engine: oneOf('Engine of networks that name none.', ENGINES),
  validatorsPerNetwork: Type.Integer({ description: 'Validators of pools that name no number.', minimum: 1, maximum: POOL_REPLICAS_MAX }),
  allowDowntime: Type.Optional(Type.Boolean({ description: 'For networks that do not say.' })),
  approvalThreshold: Type.Integer({ description: 'Approvals a proposal needs.', minimum: 1, maximum: APPROVAL_THRESHOLD_MAX }),
  release: Type.Object({
    version: text('Version of node and relay.', 32, { pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+$' }),
    image: Type.Optional(
      text('Where their image is pulled from, without tag; default civitas.dev/node. A ReleaseCatalog names images by digest.', 255, {
        pattern: '^[a-z0-9]+([._-][a-z0-9]+)*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$',
      }),
    ),
  }),
  consensus: Type.Optional(ConsensusSettings),
  storageSize: Type.Optional(text('Size of a node’s volume.', 16, { pattern: '^[0-9]+(Mi|Gi|Ti)$' })),
  certificateHours: Type.Optional(
    Type.Integer({ description: 'Life of a leaf certificate, hours.', minimum: CERTIFICATE_HOURS_MIN, maximum: CERTIFICATE_HOURS_MAX }),
  ),
  limits: Type.Optional(
    Type.Object({
      operationsPerSecondPerOrganisation: Type.Optional(
        Type.Integer({ description: 'Admission rate written into the genesis.', minimum: 1, maximum: 1_000_000 }),
      ),
      linkPacketsPerMinute: Type.Optional(
        Type.Integer({ description: 'Link quota written into the genesis and the terms.', minimum: 1, maximum: 1_000_000 }),
      ),
    }),
  ),
  identity: Type.Optional(
    Type.Object(
      {
        issuer: text('Issuer of people’s tokens, exactly as `iss` says it.', IDENTITY_URL_CHARS_MAX, { pattern: IDENTITY_URL }),
        keysUrl: Type.Optional(
          text('Where it publishes its keys, as nodes reach it; default below the issuer.', IDENTITY_URL_CHARS_MAX, {
            pattern: IDENTITY_URL,
          }),
        ),
      },
      { description: 'The identity provider whose people act through their agency’s gateway. Without it nobody does.' },
    ),
  ),
  logLevel: Type.Optional(oneOf('Log level of nodes that name none.', LOG_LEVELS)),
  observability: Type.Optional(
    Type.Object({
      probe: Type.Optional(
        Type.Object(
          {
            intervalSeconds: Type.Integer({
              description: 'Between two tries of each network and link.',
              minimum: PROBE_SECONDS_MIN,
              maximum: PROBE_SECONDS_MAX,
            }),
          },
          {
            description:
              'Tries every network and every link with a synthetic operation and packet, which leave no record. Without it nobody does.',
          },
        ),
      ),
      tracing: Type.Optional(
        Type.Object(
          {
            endpoint: text('Takes OTLP over HTTP, such as http://collector.observability:4318/v1/traces.', IDENTITY_URL_CHARS_MAX, {
              pattern: IDENTITY_URL,
            }),
            samplePerMille: Type.Integer({ description: 'Of a thousand operations, how many are traced.', minimum: 0, maximum: 1000 }),
          },
          { description: 'Where spans of operations and packets go. Without it there are none.' },
        ),
      ),
    }),
  ),
});

const counts = (what: string) => Type.Optional(text(`${what} that are as they should be, of all: 5/5.`, 32));

export const CityConfigStatus = Type.Object({
  ...statusHead,
  networks: counts('Networks'),
  links: counts('Links'),
  agencies: counts('Agencies'),
});

export const cityConfigKind: Kind<typeof CityConfigSpec, typeof CityConfigStatus> = {
  kind: 'CityConfig',
  plural: 'cityconfigs',
  singular: 'cityconfig',
  shortName: 'city',
  scope: 'Cluster',
  description: 'What the networks of this installation share. One an installation: the oldest counts.',
  spec: CityConfigSpec,
  status: CityConfigStatus,
  columns: [
    { name: 'City', type: 'string', jsonPath: '.spec.city' },
    { name: 'Engine', type: 'string', jsonPath: '.spec.engine' },
    { name: 'Validators', type: 'integer', jsonPath: '.spec.validatorsPerNetwork' },
    PHASE_COLUMN,
    { name: 'Networks', type: 'string', jsonPath: '.status.networks' },
    { name: 'Links', type: 'string', jsonPath: '.status.links' },
    { name: 'Agencies', type: 'string', jsonPath: '.status.agencies' },
    AGE_COLUMN,
  ],
};

export type CityConfigSpec = Static<typeof CityConfigSpec>;
export type CityConfigStatus = Static<typeof CityConfigStatus>;
export type CityConfig = CustomObject<CityConfigSpec, CityConfigStatus>;
