import { type Static, Type } from '@sinclair/typebox';
import { LANE_CHARS_MAX, LIGHT_BLOCKS_PER_OPERATION_MAX, PACKETS_PER_OPERATION_MAX, PAYLOADS_MAX, REQUIRED_HEADERS_MAX } from './limits.ts';

const closed = { additionalProperties: false };
const open = { additionalProperties: true };
const Natural = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const HeightSchema = Type.Integer({ minimum: 1, maximum: 999_999_999_999 });
const Port = Type.String({ pattern: '^[a-z0-9]+(?:[.-][a-z0-9]+)*$', maxLength: 64 });
const Word = Type.String({ maxLength: 64 });
const Hash = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' });
const JsonObjectSchema = Type.Object({}, open);

export const ChainIdText = Type.String({ pattern: '^[a-z0-9]+(?:[.-][a-z0-9]+)*$', maxLength: 50 });
/** CometBFT light block, base64url; packages/proofs decodes it strictly. */
export const LightBlockText = Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength: 90_000 });
export const ValidatorSchema = Type.Object(
  { publicKey: Hash, power: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) },
  closed,
);

export const ForeignProofSchema = Type.Object({ peer: ChainIdText, headerHeight: HeightSchema, proof: JsonObjectSchema }, closed);

/** Ports by name, or `*` for every one. */
export const TermsSchema = Type.Object(
  {
    portsIn: Type.Array(Type.Union([Port, Type.Literal('*')]), { maxItems: 64 }),
    portsOut: Type.Array(Type.Union([Port, Type.Literal('*')]), { maxItems: 64 }),
    packetsPerMinute: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
    bytesPerMinute: Type.Integer({ minimum: 0, maximum: 2 ** 40 }),
  },
  closed,
);

const PayloadSchema = Type.Object(
  { sourcePort: Port, port: Port, version: Word, encoding: Type.Literal('json'), value: JsonObjectSchema },
  closed,
);

export const PacketSchema = Type.Object(
  {
    source: ChainIdText,
    destination: ChainIdText,
    sequence: HeightSchema,
    timeoutUnixMs: Natural,
    payloads: Type.Array(PayloadSchema, { minItems: 1, maxItems: PAYLOADS_MAX }),
    lane: Type.String({ maxLength: LANE_CHARS_MAX }),
    flow: Word,
    purpose: Word,
    basis: Word,
    requires: Type.Array(Type.Object({ peer: ChainIdText, headerHeight: HeightSchema }, closed), { maxItems: REQUIRED_HEADERS_MAX }),
  },
  closed,
);

const PayloadAcknowledgementSchema = Type.Union([
  Type.Object({ status: Type.Literal('ok'), value: JsonObjectSchema }, closed),
  Type.Object({ status: Type.Literal('error'), code: Word, retriable: Type.Boolean(), facts: JsonObjectSchema }, closed),
  Type.Object({ status: Type.Literal('deferred'), dueUnixMs: Natural }, closed),
]);

export const AcknowledgementSchema = Type.Object(
  { packetHash: Hash, payloads: Type.Array(PayloadAcknowledgementSchema, { minItems: 1, maxItems: PAYLOADS_MAX }) },
  closed,
);

/** Headers a relay brings along, oldest first for each peer: what proofs in the same operation are checked against. */
const Updates = Type.Array(
  Type.Object(
    { peer: ChainIdText, lightBlocks: Type.Array(LightBlockText, { minItems: 1, maxItems: LIGHT_BLOCKS_PER_OPERATION_MAX }) },
    closed,
  ),
  { maxItems: REQUIRED_HEADERS_MAX + 1 },
);

function batchOf<const T extends ReturnType<typeof Type.Object>>(item: T) {
  return Type.Array(item, { minItems: 1, maxItems: PACKETS_PER_OPERATION_MAX });
}

export const UpdateArgs = Type.Object({ updates: Updates }, closed);
export const ReceiveArgs = Type.Object(
  {
    peer: ChainIdText,
    headerHeight: HeightSchema,
    packets: batchOf(Type.Object({ packet: PacketSchema, proof: JsonObjectSchema }, closed)),
    updates: Type.Optional(Updates),
  },
  closed,
);
export const AcknowledgeArgs = Type.Object(
  {
    peer: ChainIdText,
    headerHeight: HeightSchema,
    packets: batchOf(Type.Object({ sequence: HeightSchema, acknowledgement: AcknowledgementSchema, proof: JsonObjectSchema }, closed)),
    updates: Type.Optional(Updates),
  },
  closed,
);
export const TimeoutArgs = Type.Object(
  {
    peer: ChainIdText,
    headerHeight: HeightSchema,
    /** Without acknowledgement: absence of the receipt. With one: it is still deferred, past its due time. */
    packets: batchOf(
      Type.Object({ sequence: HeightSchema, proof: JsonObjectSchema, acknowledgement: Type.Optional(AcknowledgementSchema) }, closed),
    ),
    updates: Type.Optional(Updates),
  },
  closed,
);
export const MisbehaviourArgs = Type.Object({ peer: ChainIdText, first: LightBlockText, second: LightBlockText }, closed);

export type UpdatesValue = Static<typeof Updates>;
