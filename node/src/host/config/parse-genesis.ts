import { accept, type Bytes, base64urlDecode, parseCanonical, type Result, refuse } from '@civitas/canon';
import type { Genesis, NodeConfig } from '@civitas/deployment';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { FIRST_PROTOCOL, PROTOCOL_MAX } from '../../core/protocol/limits.ts';
import { GENESIS_BYTES_MAX } from './limits.ts';

const closed = { additionalProperties: false };
const Text = Type.String({ maxLength: 256 });
const Key = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' });
const Validator = Type.Object({ publicKey: Key, power: Type.Literal(10), node: Text, organisation: Text }, closed);
const Organisation = Type.Object(
  {
    name: Text,
    displayName: Type.Object({ zh: Text, en: Text }, closed),
    roles: Type.Array(Text, { minItems: 1, maxItems: 32 }),
    keys: Type.Array(
      Type.Object(
        { publicKey: Key, use: Type.Union([Type.Literal('operation'), Type.Literal('approver'), Type.Literal('relay')]), label: Text },
        closed,
      ),
      { maxItems: 32 },
    ),
    hpkePublicKey: Type.Union([Key, Type.Literal('')]),
    approvalPolicy: Type.Union([Type.Literal('manual'), Type.Literal('auto')]),
    founder: Type.Boolean(),
  },
  closed,
);
const CityClient = Type.Object({ chainId: Text, genesisHash: Key, validators: Type.Array(Validator, { minItems: 1 }) }, closed);
const GenesisSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    chainId: Text,
    genesisTimeUnixMs: Type.Integer({ minimum: 1 }),
    validators: Type.Array(Validator, { minItems: 1, maxItems: 100 }),
    appState: Type.Object(
      {
        city: Text,
        domain: Text,
        cityClient: Type.Union([Type.Null(), CityClient]),
        founders: Type.Array(Organisation, { minItems: 1, maxItems: 256 }),
        approvalThreshold: Type.Integer({ minimum: 1, maximum: 256 }),
        contracts: Type.Array(Text, { maxItems: 128 }),
        limits: Type.Object(
          {
            operationsPerSecondPerOrganisation: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
            linkPacketsPerMinute: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
          },
          closed,
        ),
        protocolVersion: Type.Optional(Type.Integer({ minimum: FIRST_PROTOCOL + 1, maximum: PROTOCOL_MAX })),
        origin: Type.Optional(Type.Object({ chainId: Text, genesisHash: Key, height: Type.Integer({ minimum: 1 }), appHash: Key }, closed)),
      },
      closed,
    ),
  },
  closed,
);

/** Founders that can approve a change: the platform proposes and relays only. */
function approverCount({ founders }: Genesis['appState']): number {
  return founders.filter(({ founder, roles }) => founder && !roles.includes('platform')).length;
}

/**
 * Checks a genesis document, and that it is of the network this node was told it is of.
 *
 * @returns GENESIS_INVALID naming the field, or JSON_* when the bytes are not canonical.
 */
export function parseGenesis(bytes: Bytes, config: Partial<Pick<NodeConfig, 'chainId'>> = {}): Result<Genesis> {
  const json = parseCanonical(bytes, GENESIS_BYTES_MAX);
  if (!json.ok) return json;
  const [first] = [...Value.Errors(GenesisSchema, json.value)];
  if (first !== undefined) return refuse('GENESIS_INVALID', { field: first.path || '/', expected: first.message });
  const genesis = json.value as object as Genesis;
  if (config.chainId !== undefined && genesis.chainId !== config.chainId)
    return refuse('GENESIS_INVALID', { field: '/chainId', got: genesis.chainId, expected: config.chainId });
  if (genesis.appState.origin?.chainId === genesis.chainId)
    return refuse('GENESIS_INVALID', { field: '/appState/origin/chainId', expected: 'another chain' });
  const keys = genesis.validators.map(({ publicKey }) => publicKey);
  if (!keys.every((key) => base64urlDecode(key)?.length === 32))
    return refuse('GENESIS_INVALID', { field: '/validators', expected: 'keys of 32 bytes' });
  if (new Set(keys).size !== keys.length) return refuse('GENESIS_INVALID', { field: '/validators', expected: 'each key once' });
  const [approvers, { approvalThreshold }] = [approverCount(genesis.appState), genesis.appState];
  if (approvalThreshold > approvers)
    return refuse('GENESIS_INVALID', { field: '/appState/approvalThreshold', got: approvalThreshold, expected: `at most ${approvers}` });
  return accept(genesis);
}
