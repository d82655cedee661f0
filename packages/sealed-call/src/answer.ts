import {
  accept,
  type Bytes,
  encodeCanonical,
  isJsonObject,
  type Json,
  parseCanonical,
  type Refusal,
  type Result,
  refuse,
} from '@civitas/canon';
import { PLAINTEXT_BYTES_MAX } from './limits.ts';
import { answerAssociatedData, type SealedAnswerMessage } from './message.ts';
import { type HpkePrivateKey, hpkeOpen, hpkeSeal } from './suite.ts';

/** What a call answers: a result, or a refusal that only the caller may read. */
export type CallAnswer = { readonly ok: true; readonly result: Json } | { readonly ok: false; readonly refusal: Refusal };

/** @param replyKey of the opened call. @param callSignature of the call on the wire. */
export async function sealAnswer(answer: CallAnswer, replyKey: Bytes, callSignature: Bytes): Promise<SealedAnswerMessage> {
  const { ok } = answer;
  const plaintext = ok
    ? encodeCanonical({ ok, result: answer.result })
    : encodeCanonical({ ok, refusal: { code: answer.refusal.code, facts: answer.refusal.facts, then: answer.refusal.then } });
  return hpkeSeal(replyKey, plaintext, answerAssociatedData(callSignature));
}

function refusalOf(value: Json | undefined): Refusal | undefined {
  if (!isJsonObject(value)) return undefined;
  const { code, facts, then } = value;
  if (typeof code !== 'string' || !isJsonObject(facts)) return undefined;
  return then === 'drop' || then === 'retry' || then === 'sync' || then === 'report' ? { code, facts, then } : undefined;
}

/** The answer's result, the callee's refusal, or SEAL_INVALID / MALFORMED when it does not answer this call. */
export async function openAnswer(answer: SealedAnswerMessage, replyKey: HpkePrivateKey, callSignature: Bytes): Promise<Result<Json>> {
  const plaintext = await hpkeOpen(replyKey, answer, answerAssociatedData(callSignature));
  if (plaintext === undefined) return refuse('SEAL_INVALID', { of: 'answer' });
  const parsed = parseCanonical(plaintext, PLAINTEXT_BYTES_MAX);
  if (!parsed.ok) return parsed;
  const body = parsed.value;
  if (!isJsonObject(body)) return refuse('MALFORMED', { field: 'answer', expected: 'an object' });
  const result = body['result'];
  if (body['ok'] === true && result !== undefined) return accept(result);
  const refusal = refusalOf(body['refusal']);
  return refusal === undefined ? refuse('MALFORMED', { field: 'answer', expected: 'a result or a refusal' }) : { ok: false, refusal };
}
