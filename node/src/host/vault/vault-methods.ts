import { randomBytes } from 'node:crypto';
import { accept, base64urlEncode, encodeCanonical, type Json, type JsonObject, type Result, refuse } from '@civitas/canon';
import { type Static, type TObject, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import { DOCUMENT_CHARS_MAX, FIELD_BYTES_MAX, FIELDS_MAX, ITEMS_MAX, NAME_CHARS_MAX } from './limits.ts';
import type { Commitments, OpenedField, PutItem, VaultStore } from './vault-store.ts';

/** One sealed call after its signature, seal, time and nonce were checked. */
export interface SealedRequest {
  readonly caller: string;
  readonly args: JsonObject;
}
export type SealedMethod = (request: SealedRequest) => Promise<Result<Json>>;

const closed = { additionalProperties: false };
const Id = Type.String({ minLength: 1, maxLength: NAME_CHARS_MAX, pattern: '^[A-Za-z0-9._:@-]+$' });
const PutItemArgs = Type.Object(
  {
    subject: Id,
    collection: Id,
    fields: Type.Array(Type.Object({ name: Id, value: Type.Unknown() }, closed), { maxItems: FIELDS_MAX }),
    document: Type.Optional(Type.String({ maxLength: DOCUMENT_CHARS_MAX, pattern: '^[A-Za-z0-9_-]*$' })),
    reference: Type.Optional(Id),
  },
  closed,
);
const PutArgs = Type.Object({ items: Type.Array(PutItemArgs, { minItems: 1, maxItems: ITEMS_MAX }) }, closed);
const OpenArgs = Type.Object({ reference: Id, fields: Type.Optional(Type.Array(Id, { maxItems: FIELDS_MAX })) }, closed);
const CollectArgs = Type.Object({ network: Id, accessKey: Type.String({ minLength: 1, maxLength: 256 }), reference: Id }, closed);
const EraseArgs = Type.Object({ subject: Id }, closed);

/** Checks the arguments of a sealed call. The value at fault is never told: it may be a person's. */
export function checkSealedArgs<Schema extends TObject>(schema: Schema, args: JsonObject): Result<Static<Schema>> {
  const [first] = [...Value.Errors(schema, args)];
  return first === undefined ? accept(args as Static<Schema>) : refuse('ARGS_INVALID', { field: first.path, expected: first.message });
}

function putItemOf(form: Static<typeof PutItemArgs>, at: string): Result<PutItem> {
  const { subject, collection, document = '', reference = base64urlEncode(randomBytes(16)) } = form;
  const fields = form.fields.map(({ name, value }) => ({ name, value: value as Json }));
  if (new Set(fields.map(({ name }) => name)).size !== fields.length)
    return refuse('ARGS_INVALID', { field: `${at}/fields`, expected: 'each name once' });
  const large = fields.findIndex(({ value }) => encodeCanonical(value).length > FIELD_BYTES_MAX);
  if (large >= 0) return refuse('ARGS_INVALID', { field: `${at}/fields/${large}`, expected: `at most ${FIELD_BYTES_MAX} bytes` });
  return accept({ reference, record: { subject, collection, fields, document } });
}

function putAnswerOf(reference: string, result: Result<Commitments>): JsonObject {
  if (result.ok) return { ok: true, reference, commitments: result.value };
  const { code, facts, then } = result.refusal;
  return { ok: false, refusal: { code, facts, then } };
}

export interface VaultMethodsOptions {
  readonly organisation: string;
  readonly chainId: string;
  readonly vault: VaultStore;
  readonly ledger: Pick<LedgerHost, 'read'>;
}

/** VaultService of one organisation: it stores for itself, opens to itself, and hands out only what its ledger says was released. */
export class VaultMethods {
  readonly #options: VaultMethodsOptions;

  constructor(options: VaultMethodsOptions) {
    this.#options = options;
  }

  /**
   * `{items: [{subject, collection, fields, document?, reference?}]}` → `{items}`, in order `{ok: true, reference, commitments}` or
   * `{ok: false, refusal}`: one that is refused leaves the others in.
   */
  put: SealedMethod = async (request) => {
    const own = this.#checkOwn(request);
    if (!own.ok) return own;
    const args = checkSealedArgs(PutArgs, request.args);
    if (!args.ok) return args;
    const items: PutItem[] = [];
    for (const [index, form] of args.value.items.entries()) {
      const item = putItemOf(form, `/items/${index}`);
      if (!item.ok) return item;
      items.push(item.value);
    }
    const results = await this.#options.vault.put(items);
    return accept({ items: results.map((result, index) => putAnswerOf(items[index]?.reference ?? '', result)) });
  };

  /** `{reference, fields?}` → `{fields: [{name, value, salt}], document}`. */
  open: SealedMethod = async (request) => {
    const own = this.#checkOwn(request);
    if (!own.ok) return own;
    const args = checkSealedArgs(OpenArgs, request.args);
    if (!args.ok) return args;
    const opened = this.#options.vault.read(args.value.reference);
    if (!opened.ok) return opened;
    const wanted = args.value.fields;
    const fields = opened.value.fields.filter(({ name }) => wanted === undefined || wanted.includes(name));
    return accept({ fields: fields.map(({ name, value, salt }) => ({ name, value, salt })), document: opened.value.record.document });
  };

  /** `{network, accessKey, reference}` → `{value, salt}`, as often as the requester asks for what was released to it. */
  collect: SealedMethod = async (request) => {
    const args = checkSealedArgs(CollectArgs, request.args);
    if (!args.ok) return args;
    const { network, accessKey, reference } = args.value;
    if (network !== this.#options.chainId) return refuse('WRONG_NETWORK', { got: network, expected: this.#options.chainId });
    const released = this.#findReleased(accessKey, request.caller, reference);
    if (!released.ok) return released;
    const opened = this.#options.vault.read(reference);
    if (!opened.ok) return opened;
    const field: OpenedField | undefined = opened.value.fields.find(({ commitment }) => commitment === released.value);
    if (field === undefined) return refuse('COMMITMENT_MISMATCH', { accessKey }, 'report');
    return accept({ value: field.value, salt: field.salt });
  };

  /** `{subject}` → `{tombstone}`. */
  erase: SealedMethod = async (request) => {
    const own = this.#checkOwn(request);
    if (!own.ok) return own;
    const args = checkSealedArgs(EraseArgs, request.args);
    return args.ok ? accept({ tombstone: await this.#options.vault.erase(args.value.subject) }) : args;
  };

  #checkOwn({ caller }: SealedRequest): Result<true> {
    const { organisation } = this.#options;
    return caller === organisation ? accept(true) : refuse('NOT_AUTHORISED', { organisation: caller, expected: organisation });
  }

  /** The commitment that the access record releases to this caller. What is not the caller's looks like what is not there. */
  #findReleased(accessKey: string, caller: string, reference: string): Result<string> {
    if (!/^[a-z.-]+\.access\/records\/[^/]+$/.test(accessKey))
      return refuse('ARGS_INVALID', { field: '/accessKey', expected: 'an access record' });
    const record = this.#options.ledger.read(accessKey);
    const isOurs = record?.['requester'] === caller && record['custodian'] === this.#options.organisation;
    if (record === undefined || !isOurs || record['reference'] !== reference) return refuse('NOT_FOUND', { accessKey });
    const { status, commitment } = record;
    if (typeof commitment !== 'string' || (status !== 'released' && status !== 'delivered')) {
      return refuse('NOT_RELEASED', { accessKey, status: typeof status === 'string' ? status : '' }, 'retry');
    }
    return accept(commitment);
  }
}
