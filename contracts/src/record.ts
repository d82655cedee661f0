import { type Bytes, base64urlEncode, encodeCanonical, hashParts, type JsonObject, type Sha256, utf8Encode } from '@civitas/canon';
import { no } from './codes.ts';
import { type Context, done, type Outcome, type ReadContext } from './contract.ts';

/** What every record says of its birth (reference/domains.md §4.0). */
export type Envelope = {
  readonly schema: string;
  readonly owner: string;
  readonly actor: string;
  readonly createdHeight: number;
  readonly createdUnixMs: number;
  /** Of the arguments that made it: tells a repeat from a conflict. */
  readonly argsHash: string;
};

/** One line of a record's history: appended, never changed. */
export type HistoryLine = { readonly event: string; readonly by: string; readonly atUnixMs: number; readonly height: number };

/** Lines of a record's history that is kept in the record itself. */
export const HISTORY_LINES_MAX = 64;

/** One collection of a contract's own records. */
export interface Table<R extends JsonObject> {
  readonly collection: string;
  find(ctx: Pick<ReadContext, 'state'>, id: string): R | undefined;
  put(ctx: Context, id: string, record: R): void;
}

/** Types the records of one collection; only this contract writes them, so what is read has the shape that was written. */
export function table<R extends JsonObject>(collection: string): Table<R> {
  return {
    collection,
    find: (ctx, id) => ctx.state.get(collection, id) as R | undefined,
    put: (ctx, id, record) => ctx.state.put(collection, id, record),
  };
}

/** SHA-256 of a value's canonical JSON behind a domain line, base64url. */
export function hashOfJson(sha256: Sha256, domain: string, value: JsonObject): string {
  return base64urlEncode(hashParts(sha256, utf8Encode(`${domain}\n`), encodeCanonical(value)));
}

/** `schema` as `contract/record@v1`; owner and actor are the caller's. */
export function envelopeOf(ctx: Context, schema: string, args: JsonObject): Envelope {
  return {
    schema,
    owner: ctx.caller.organisation,
    actor: ctx.caller.actor,
    createdHeight: ctx.height,
    createdUnixMs: ctx.timeUnixMs,
    argsHash: hashOfJson(ctx.crypto.sha256, 'civitas/args/v1', args),
  };
}

/** What an existing record answers to a write of the same id: success without effect when it is the same write, else DUPLICATE. */
export function repeatOf(existing: Envelope, made: Envelope, id: string): Outcome {
  const same = existing.argsHash === made.argsHash && existing.owner === made.owner;
  return same ? done({ id, unchanged: true }) : no('DUPLICATE', 'other-content', { record: id });
}

/**
 * Id of a record that an operation makes: the first 16 bytes of a hash over collection, organisation and idempotency key, base64url.
 *
 * The same operation sent again, even with a new expiry, names the same record.
 */
export function recordIdOf(sha256: Sha256, made: { collection: string; organisation: string; idempotencyKey: string }): string {
  const hash: Bytes = sha256(utf8Encode(`civitas/record-id/v1\n${made.collection}\n${made.organisation}\n${made.idempotencyKey}`));
  return base64urlEncode(hash.slice(0, 16));
}

/** The id of the record that this operation makes in `contract/collection`. */
export function newId(ctx: Context, collection: string): string {
  const { organisation } = ctx.caller;
  return recordIdOf(ctx.crypto.sha256, { collection, organisation, idempotencyKey: ctx.idempotencyKey });
}

/** History with one more line; the oldest lines but the first give way (they stay in the chain). */
export function addLine(history: readonly HistoryLine[], ctx: Context, event: string): readonly HistoryLine[] {
  const line: HistoryLine = {
    event,
    by: `${ctx.caller.organisation}:${ctx.caller.actor}`,
    atUnixMs: ctx.timeUnixMs,
    height: ctx.height,
  };
  const [first] = history;
  if (history.length < HISTORY_LINES_MAX || first === undefined) return [...history, line];
  return [first, ...history.slice(2), line];
}

/** True when a person of the caller's own organisation, other than the operation key, has co-signed. */
export function hasOwnCoSigner(ctx: Pick<ReadContext, 'caller'>): boolean {
  return ctx.caller.coSigners.some((one) => one.organisation === ctx.caller.organisation);
}
