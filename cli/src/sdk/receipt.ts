import { type Bytes, base64urlEncode, isJsonObject, type Json, type JsonObject, parseCanonical, type Refusal } from '@civitas/canon';
import { Fault } from '../fault.ts';

/** The canonical receipt of an operation, as packages/proofs defines it. */
export interface Receipt {
  readonly height: number;
  readonly index: number;
  /** base64url. */
  readonly operation: string;
  readonly outcome:
    | { readonly ok: true; readonly result: Json }
    | { readonly ok: false; readonly refusal: Pick<Refusal, 'code' | 'facts'> };
  readonly events: readonly { readonly contract: string; readonly name: string; readonly data: JsonObject }[];
}

/** What became of a submitted operation: executed (and perhaps refused by the contract), or not admitted at all. */
export type Submitted =
  | { readonly ok: true; readonly hash: string; readonly height: number; readonly result: Json; readonly receipt: Receipt }
  | { readonly ok: false; readonly hash: string; readonly height: number; readonly refusal: Refusal };

function isReceipt(value: unknown): value is Receipt {
  if (typeof value !== 'object' || value === null) return false;
  const { height, outcome, events } = value as Partial<Receipt>;
  return typeof height === 'number' && typeof outcome === 'object' && Array.isArray(events);
}

/** @throws Fault RECEIPT_MALFORMED: the node does not speak our protocol. */
export function parseReceipt(bytes: Bytes): Receipt {
  const parsed = parseCanonical(bytes);
  const value: unknown = parsed.ok ? parsed.value : undefined;
  if (isReceipt(value)) return value;
  throw new Fault('RECEIPT_MALFORMED', `the node's receipt of ${bytes.length} bytes cannot be read`);
}

/** Reads a receipt into the outcome callers branch on. A refusal on the ledger is final: its `then` is `drop`. */
export function submittedOf(hash: Bytes, bytes: Bytes): Submitted {
  const receipt = parseReceipt(bytes);
  const name = base64urlEncode(hash);
  if (receipt.outcome.ok) return { ok: true, hash: name, height: receipt.height, result: receipt.outcome.result, receipt };
  const { code, facts } = receipt.outcome.refusal;
  return { ok: false, hash: name, height: receipt.height, refusal: { code, facts, then: 'drop' } };
}

/** Canonical JSON bytes of a node's answer. @throws Fault ANSWER_MALFORMED. */
export function parseAnswer(request: string, bytes: Bytes): Json {
  const parsed = parseCanonical(bytes);
  if (parsed.ok) return parsed.value;
  throw new Fault('ANSWER_MALFORMED', `${request}: the node's answer is not canonical JSON (${parsed.refusal.code})`);
}

/** The same where an object is expected. */
export function parseAnswerObject(request: string, bytes: Bytes): JsonObject {
  const value = parseAnswer(request, bytes);
  if (isJsonObject(value)) return value;
  throw new Fault('ANSWER_MALFORMED', `${request}: the node's answer is no JSON object`);
}
