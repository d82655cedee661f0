import {
  accept,
  type Bytes,
  base64urlEncode,
  encodeCanonical,
  isJsonObject,
  type Json,
  type JsonObject,
  merkleRoot,
  parseCanonical,
  type Result,
  refuse,
  type Sha256,
} from '@civitas/canon';
import { arrayField, FieldError, hashOfText, integerField, objectWith, textField } from './json-fields.ts';
import { RECEIPT_BYTES_MAX } from './limits.ts';

export type ReceiptOutcome =
  | { readonly ok: true; readonly result: Json }
  | { readonly ok: false; readonly refusal: { readonly code: string; readonly facts: JsonObject } };

export interface ReceiptEvent {
  readonly contract: string;
  readonly name: string;
  readonly data: JsonObject;
}

/** What became of one operation. */
export interface Receipt {
  readonly height: number;
  /** Position in the block, over all its bundles. */
  readonly index: number;
  /** Operation hash, 32 bytes. */
  readonly operation: Bytes;
  readonly outcome: ReceiptOutcome;
  readonly events: readonly ReceiptEvent[];
}

const EVENTS_MAX = 1024;

/** Canonical JSON `{events, height, index, operation, outcome}`. */
export function encodeReceipt(receipt: Receipt): Bytes {
  const { outcome } = receipt;
  return encodeCanonical({
    events: receipt.events.map(({ contract, name, data }) => ({ contract, data, name })),
    height: receipt.height,
    index: receipt.index,
    operation: base64urlEncode(receipt.operation),
    outcome: outcome.ok
      ? { ok: true, result: outcome.result }
      : { ok: false, refusal: { code: outcome.refusal.code, facts: outcome.refusal.facts } },
  });
}

function memberObject(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  if (!isJsonObject(value)) throw new FieldError(`${key}: an object`);
  return value;
}

function outcomeFromJson(value: Json | undefined): ReceiptOutcome {
  if (isJsonObject(value) && value['ok'] === true) {
    const { result } = objectWith(value, ['ok', 'result']);
    return { ok: true, result: result ?? null };
  }
  const refused = objectWith(value, ['ok', 'refusal']);
  if (refused['ok'] !== false) throw new FieldError('outcome: ok is true or false');
  const refusal = objectWith(refused['refusal'], ['code', 'facts']);
  return { ok: false, refusal: { code: textField(refusal, 'code'), facts: memberObject(refusal, 'facts') } };
}

function eventFromJson(value: Json): ReceiptEvent {
  const event = objectWith(value, ['contract', 'data', 'name']);
  return { contract: textField(event, 'contract'), data: memberObject(event, 'data'), name: textField(event, 'name') };
}

/** Reads a receipt; RECEIPT_MALFORMED or the codes of parseCanonical. */
export function parseReceipt(bytes: Bytes): Result<Receipt> {
  const json = parseCanonical(bytes, RECEIPT_BYTES_MAX);
  if (!json.ok) return json;
  try {
    const form = objectWith(json.value, ['events', 'height', 'index', 'operation', 'outcome']);
    return accept({
      height: integerField(form, 'height'),
      index: integerField(form, 'index'),
      operation: hashOfText(form['operation'], 'operation'),
      outcome: outcomeFromJson(form['outcome']),
      events: arrayField(form, 'events', EVENTS_MAX).map(eventFromJson),
    });
  } catch (error) {
    if (error instanceof FieldError) return refuse('RECEIPT_MALFORMED', { reason: error.message });
    throw error;
  }
}

/** Merkle root over a bundle's receipts in order: the `data` of the bundle's result, so that events are certified too. */
export function receiptsRoot(sha256: Sha256, receipts: readonly Bytes[]): Bytes {
  return merkleRoot(sha256, receipts);
}
