import { accept, encodeCanonical, type JsonObject, type Result, refuse } from '@civitas/canon';
import { PREDICATES, PURPOSES } from '@civitas/contracts';
import { type Static, type TObject, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { SHOWN_BYTES_MAX } from './limits.ts';

const closed = { additionalProperties: false };
const Name = Type.String({ pattern: '^[a-z0-9]+(?:[.-][a-z0-9]+)*$', maxLength: 64 });
const Bytes32 = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' });
const oneOf = (codes: readonly string[]) => Type.Union(codes.map((code) => Type.Literal(code)));

export const GROUNDS = ['unknown-agency', 'no-reason', 'wrong-person', 'misuse-suspected'] as const;

export const ListWish = Type.Object({ after: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_.-]{1,160}$', maxLength: 160 })) }, closed);
/** What the contract asks of a grant, but for what the gateway knows itself; and what the citizen was shown, which the vault keeps. */
export const GrantWish = Type.Object(
  {
    custodian: Name,
    source: Name,
    requester: Name,
    requesterNetwork: Name,
    predicate: oneOf(PREDICATES),
    purpose: oneOf(PURPOSES),
    expiresAtUnixMs: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    usesMax: Type.Integer({ minimum: 1, maximum: 100 }),
    shown: Type.Record(Type.String({ maxLength: 8 }), Type.String({ maxLength: 1024 }), { maxProperties: 4 }),
  },
  closed,
);
export const WithdrawWish = Type.Object({ consent: Bytes32 }, closed);
export const DisputeWish = Type.Object(
  { digest: Type.String({ pattern: '^[a-z0-9.-]{1,50}[.][A-Za-z0-9_-]{22,43}$' }), ground: oneOf(GROUNDS) },
  closed,
);

export type GrantWish = Static<typeof GrantWish>;

/** @returns ARGS_INVALID with the field and what was expected there; never the value. */
export function checkWish<Schema extends TObject>(schema: Schema, args: JsonObject): Result<Static<Schema>> {
  const first = Value.Errors(schema, args).First();
  if (first !== undefined) return refuse('ARGS_INVALID', { field: first.path, expected: first.message });
  const { shown } = args;
  if (shown !== undefined && encodeCanonical(shown).length > SHOWN_BYTES_MAX)
    return refuse('ARGS_INVALID', { field: '/shown', expected: `at most ${SHOWN_BYTES_MAX} bytes` });
  return accept(args as Static<Schema>);
}
