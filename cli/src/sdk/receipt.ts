import { type Bytes, base64urlEncode, isJsonObject, type Json, type JsonObject, parseCanonical, type Refusal } from '@civitas/canon';
import { Fault } from '../fault.ts';
import type { PreparedCall } from './sign-operation.ts';

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

interface SubmittedFrame {
  /** Operation hash, base64url. */
  readonly hash: string;
  /** What was signed: canonical JSON. */
  readonly body: Bytes;
  /** Block that holds it; 0 for what was not admitted. */
  readonly height: number;
}

/** What became of a submitted operation: executed (and perhaps refused by the contract), or not admitted at all. */
export type Submitted =
  | (SubmittedFrame & { readonly ok: true; readonly result: Json; readonly receipt: Receipt })
  | (SubmittedFrame & { readonly ok: false; readonly refusal: Refusal });

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
export function submittedOf({ hash, body }: Pick<PreparedCall, 'hash' | 'body'>, bytes: Bytes): Submitted {
  const receipt = parseReceipt(bytes);
  const frame = { hash: base64urlEncode(hash), body, height: receipt.height };
  if (receipt.outcome.ok) return { ok: true, ...frame, result: receipt.outcome.result, receipt };
  const { code, facts } = receipt.outcome.refusal;
  return { ok: false, ...frame, refusal: { code, facts, then: 'drop' } };
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
