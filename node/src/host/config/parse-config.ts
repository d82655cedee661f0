import { accept, type Result, refuse } from '@civitas/canon';
import type { NodeConfig, RelayConfig } from '@civitas/deployment';
import { type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { RETENTION_DAYS_MAX } from '../../core/state/limits.ts';
import { QUEUE_OPERATIONS_MAX } from '../admission/limits.ts';
import {
  BUNDLE_WAIT_MS_MAX,
  CONFIG_BYTES_MAX,
  GATEWAYS_MAX,
  RELAY_LINKS_MAX,
  RELAY_NETWORKS_MAX,
  SNAPSHOT_INTERVAL_BLOCKS_MAX,
  SNAPSHOT_PERIOD_MS_MAX,
} from './limits.ts';

export const closed = { additionalProperties: false };
export const Name = Type.String({ pattern: '^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$' });
export const LogLevel = Type.Union(['trace', 'debug', 'info', 'warn', 'error'].map((level) => Type.Literal(level)));

/** Address of the identity provider; plain http is for loopback and inside a cluster. */
const HttpUrl = Type.String({ pattern: '^https?://[^\\s/?#@]+(?:/[^\\s?#]*)?$', maxLength: 512 });

/** Word of a rebuild, which becomes part of no path: what it names is done once. */
export const REBUILD_PATTERN = '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$';

const Tracing = Type.Object({ endpoint: HttpUrl, samplePerMille: Type.Integer({ minimum: 0, maximum: 1000 }) }, closed);

const NodeConfigSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    role: Type.Literal('serve'),
    network: Name,
    chainId: Name,
    city: Name,
    domain: Name,
    node: Name,
    organisation: Name,
    engine: Type.Union([Type.Literal('embedded'), Type.Literal('cometbft')]),
    gateways: Type.Array(
      Type.Object(
        {
          organisation: Name,
          approvalPolicy: Type.Union([Type.Literal('manual'), Type.Literal('auto')]),
          vault: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
      { minItems: 1, maxItems: GATEWAYS_MAX },
    ),
    emptyBlockIntervalMs: Type.Integer({ minimum: 1000, maximum: 60_000 }),
    bundleWaitMs: Type.Integer({ minimum: 2, maximum: BUNDLE_WAIT_MS_MAX }),
    queueOperationsMax: Type.Optional(Type.Integer({ minimum: 2, maximum: QUEUE_OPERATIONS_MAX })),
    logLevel: LogLevel,
    retention: Type.Optional(
      Type.Object({ days: Type.Integer({ minimum: 1, maximum: RETENTION_DAYS_MAX }), archive: Type.Boolean() }, closed),
    ),
    stateSync: Type.Optional(Type.Boolean()),
    rebuild: Type.Optional(Type.String({ pattern: REBUILD_PATTERN })),
    rekey: Type.Optional(Type.String({ pattern: REBUILD_PATTERN })),
    remoteSigner: Type.Optional(
      Type.Object(
        {
          publicKey: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
          dials: Type.Optional(Type.Union([Type.Literal('socket'), Type.Literal('tcp')])),
        },
        closed,
      ),
    ),
    snapshotIntervalBlocks: Type.Optional(Type.Integer({ minimum: 0, maximum: SNAPSHOT_INTERVAL_BLOCKS_MAX })),
    snapshotPeriodMs: Type.Optional(Type.Integer({ minimum: 0, maximum: SNAPSHOT_PERIOD_MS_MAX })),
    tracing: Type.Optional(Tracing),
    persons: Type.Optional(Type.Object({ issuer: HttpUrl, keysUrl: Type.Optional(HttpUrl) }, closed)),
  },
  closed,
);

const RelayConfigSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    role: Type.Literal('relay'),
    city: Name,
    name: Name,
    networks: Type.Array(
      Type.Object(
        {
          network: Name,
          chainId: Name,
          genesisHash: Type.String({ maxLength: 64 }),
          grpc: Type.String({ pattern: '^[^:\\s]+:[0-9]{1,5}$' }),
        },
        closed,
      ),
      { maxItems: RELAY_NETWORKS_MAX },
    ),
    links: Type.Array(Type.Object({ name: Name, from: Name, to: Name, paused: Type.Boolean() }, closed), { maxItems: RELAY_LINKS_MAX }),
    pollMs: Type.Integer({ minimum: 100, maximum: 60_000 }),
    probeIntervalMs: Type.Optional(Type.Integer({ minimum: 1000, maximum: 600_000 })),
    tracing: Type.Optional(Tracing),
    logLevel: LogLevel,
  },
  closed,
);

/** Reads a mounted configuration; CONFIG_INVALID{field, expected} names the first field that is wrong. */
export function parseConfig<T>(schema: TSchema, text: string): Result<T> {
  if (text.length > CONFIG_BYTES_MAX) return refuse('CONFIG_INVALID', { expected: `at most ${CONFIG_BYTES_MAX} characters` });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('CONFIG_INVALID', { expected: 'JSON' });
  }
  const [first] = [...Value.Errors(schema, value)];
  if (first !== undefined) return refuse('CONFIG_INVALID', { field: first.path || '/', expected: first.message });
  return accept(value as T);
}

/** `config.json` of a node; CONFIG_INVALID{field, expected} names the first field that is wrong. */
export function parseNodeConfig(text: string): Result<NodeConfig> {
  const parsed = parseConfig<NodeConfig>(NodeConfigSchema, text);
  if (!parsed.ok) return parsed;
  const { gateways, engine, remoteSigner, rebuild, rekey, stateSync } = parsed.value;
  if (rekey !== undefined && (engine !== 'cometbft' || remoteSigner !== undefined))
    return refuse('CONFIG_INVALID', { field: '/rekey', expected: 'engine cometbft and no remoteSigner' });
  if (rebuild !== undefined && (engine !== 'cometbft' || stateSync !== true))
    return refuse('CONFIG_INVALID', { field: '/rebuild', expected: 'engine cometbft and stateSync' });
  if (remoteSigner !== undefined && engine !== 'cometbft')
    return refuse('CONFIG_INVALID', { field: '/remoteSigner', expected: 'engine cometbft' });
  const names = gateways.map(({ organisation }) => organisation);
  return new Set(names).size === names.length
    ? parsed
    : refuse('CONFIG_INVALID', { field: '/gateways', expected: 'each organisation once' });
}

/** `config.json` of a relay; every link must name two networks of the list. */
export function parseRelayConfig(text: string): Result<RelayConfig> {
  const parsed = parseConfig<RelayConfig>(RelayConfigSchema, text);
  if (!parsed.ok) return parsed;
  const known = new Set(parsed.value.networks.map(({ network }) => network));
  const stray = parsed.value.links.find(({ from, to }) => !known.has(from) || !known.has(to) || from === to);
  return stray === undefined
    ? parsed
    : refuse('CONFIG_INVALID', { field: '/links', link: stray.name, expected: 'two networks of the list' });
}
