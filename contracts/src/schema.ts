import { type TLiteral, type TObject, type TProperties, type TSchema, type TUnion, Type } from '@sinclair/typebox';

/**
 * Who may learn a field from the ledger: `public` is no personal data; `pseudonym` names a person to one custodian only;
 * `commitment` hides a private value behind a salt. Private values themselves (`forbidden`) have no builder: no schema can ask for one.
 */
export type Privacy = 'public' | 'pseudonym' | 'commitment';

const marked = (privacy: Privacy): { readonly privacy: Privacy } => ({ privacy });

/** An object of exactly these fields. */
export function fields<P extends TProperties>(properties: P): TObject<P> {
  return Type.Object(properties, { additionalProperties: false });
}

// 16 or 32 random or hashed bytes as base64url. Nothing else fits, so neither does a name or an identity number.
const ID_PATTERN = '^(?:[A-Za-z0-9_-]{21}[AQgw]|[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$';
const BYTES32_PATTERN = '^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$';
const SIGNATURE_PATTERN = '^[A-Za-z0-9_-]{85}[AQgw]$';
const NAME_PATTERN = '^[a-z0-9]+(?:[.-][a-z0-9]+)*$';

/** Id of a record: base64url of 16 or 32 bytes. */
export const Id = Type.String({ pattern: ID_PATTERN, maxLength: 43, ...marked('public') });
/** Random id of a person at one custodian on one ledger. */
export const Subject = Type.String({ pattern: ID_PATTERN, maxLength: 43, ...marked('pseudonym') });
/** Opaque handle of one flow that only gateways resolve (a link token). */
export const Handle = Type.String({ pattern: '^[A-Za-z0-9_-]{16,64}$', maxLength: 64, ...marked('pseudonym') });
/** Public hash, nonce or public key: base64url of 32 bytes. */
export const Bytes32 = Type.String({ pattern: BYTES32_PATTERN, maxLength: 43, ...marked('public') });
/** Salted commitment of a private field (packages/canon, commitment.ts). */
export const Commitment = Type.String({ pattern: BYTES32_PATTERN, maxLength: 43, ...marked('commitment') });
/** Ed25519 signature, base64url. */
export const Signature = Type.String({ pattern: SIGNATURE_PATTERN, maxLength: 86, ...marked('public') });
/** Organisation, chain id, contract, role, rule set or code: lower-case words joined by `.` or `-`. */
export const Name = Type.String({ pattern: NAME_PATTERN, maxLength: 64, ...marked('public') });
/** A bank's or agency's own reference. */
export const Reference = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{3,63}$', maxLength: 64, ...marked('public') });
/** Money, integer fen, 0 … 2^53 - 1. */
export const Fen = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, ...marked('public') });
/** Money of at least one fen. */
export const PositiveFen = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, ...marked('public') });
/** Milliseconds since 1970 UTC. */
export const UnixMs = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, ...marked('public') });

/** A bounded public number. */
export function integer(minimum: number, maximum: number) {
  return Type.Integer({ minimum, maximum, ...marked('public') });
}

/** One of a fixed list of public codes. */
export function oneOf<const T extends readonly string[]>(...codes: T): TUnion<TLiteral<T[number]>[]> {
  return Type.Union(
    codes.map((code) => Type.Literal(code as T[number], marked('public'))),
    marked('public'),
  );
}

/** A list with a bound. */
export function listOf<T extends TSchema>(item: T, maxItems: number, minItems = 0) {
  return Type.Array(item, { minItems, maxItems });
}

/** A field that may be left out. */
export function optional<T extends TSchema>(schema: T) {
  return Type.Optional(schema);
}

export const Bool = Type.Boolean(marked('public'));
/** Null in place of an absent value, since canonical JSON has no undefined. */
export function orNull<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null(marked('public'))]);
}

/** A proof of another ledger's record as arguments carry it; the runtime's verifier reads `proof` strictly. */
export const Proof = fields({
  peer: Name,
  headerHeight: integer(1, Number.MAX_SAFE_INTEGER),
  proof: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), marked('public')),
});
