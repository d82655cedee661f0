import {
  accept,
  type Bytes,
  base64urlDecode,
  base64urlEncode,
  type CryptoPort,
  encodeCanonical,
  isJsonObject,
  type JsonObject,
  parseCanonical,
  type Result,
  refuse,
  verifySignature,
} from '@civitas/canon';
import { CLOCK_WINDOW_MS, NONCE_BYTES, PLAINTEXT_BYTES_MAX, TAG_BYTES, X25519_KEY_BYTES } from './limits.ts';
import { type CallAddress, callAssociatedData, callSignBytes, type SealedCallMessage } from './message.ts';
import { generateHpkeKeyPair, type HpkePrivateKey, hpkeOpen, hpkeSeal } from './suite.ts';

export interface SealCallInput {
  readonly address: CallAddress;
  readonly method: string;
  readonly args: JsonObject;
  /** Raw X25519 key of the audience's membership record. */
  readonly audiencePublicKey: Bytes;
  /** Ed25519 by the operation key that the address names. */
  readonly sign: (message: Bytes) => Bytes;
  readonly nowUnixMs: number;
  /** 16 fresh random bytes. */
  readonly nonce: Bytes;
}

export interface SealedCallForSending {
  readonly call: SealedCallMessage;
  /** Opens the answer; for `openAnswer`. */
  readonly replyKey: HpkePrivateKey;
}

/** Seals and signs one call; the reply key is made for it alone. */
export async function sealCall(input: SealCallInput): Promise<SealedCallForSending> {
  const reply = await generateHpkeKeyPair();
  const plaintext = encodeCanonical({
    args: input.args,
    issuedAtUnixMs: input.nowUnixMs,
    method: input.method,
    nonce: base64urlEncode(input.nonce),
    replyKey: base64urlEncode(reply.publicKey),
  });
  const associatedData = callAssociatedData(input.address);
  const sealed = await hpkeSeal(input.audiencePublicKey, plaintext, associatedData);
  const signature = input.sign(callSignBytes(associatedData, sealed.encapsulatedKey, sealed.ciphertext));
  const { audience, caller, keyId } = input.address;
  return { call: { audience, caller, keyId, ...sealed, signature }, replyKey: reply.privateKey };
}

/** A call whose signature, seal and time have been checked. */
export interface OpenedCall {
  readonly method: string;
  readonly args: JsonObject;
  /** 16 bytes, base64url: the callee refuses one it has seen. */
  readonly nonce: string;
  readonly issuedAtUnixMs: number;
  readonly replyKey: Bytes;
}

export interface OpenCallInput {
  readonly call: SealedCallMessage;
  readonly chainId: string;
  readonly crypto: CryptoPort;
  /** The caller's operation key as the ledger's membership has it under the call's key id. */
  readonly callerPublicKey: Bytes;
  /** HPKE key of the called organisation. */
  readonly privateKey: HpkePrivateKey;
  readonly nowUnixMs: number;
}

function textOf(object: JsonObject, field: string): string {
  const value = object[field];
  return typeof value === 'string' ? value : '';
}

function parseRequest(plaintext: Bytes): Result<OpenedCall> {
  const parsed = parseCanonical(plaintext, PLAINTEXT_BYTES_MAX);
  if (!parsed.ok) return parsed;
  const request = parsed.value;
  if (!isJsonObject(request) || Object.keys(request).length !== 5) return refuse('MALFORMED', { field: 'call', expected: '5 fields' });
  const args = request['args'];
  const issuedAtUnixMs = request['issuedAtUnixMs'];
  const replyKey = base64urlDecode(textOf(request, 'replyKey'));
  const nonce = textOf(request, 'nonce');
  if (!isJsonObject(args)) return refuse('MALFORMED', { field: 'args', expected: 'an object' });
  if (typeof issuedAtUnixMs !== 'number') return refuse('MALFORMED', { field: 'issuedAtUnixMs', expected: 'an integer' });
  if (replyKey?.length !== X25519_KEY_BYTES) return refuse('MALFORMED', { field: 'replyKey', expected: 'base64url of 32 bytes' });
  if (base64urlDecode(nonce)?.length !== NONCE_BYTES) return refuse('MALFORMED', { field: 'nonce', expected: 'base64url of 16 bytes' });
  return accept({ method: textOf(request, 'method'), args, nonce, issuedAtUnixMs, replyKey });
}

/**
 * Checks signature, then seal, then form and time of a call. Replays are the callee's to refuse, by nonce.
 *
 * @returns CALL_TOO_LARGE, SIGNATURE_INVALID, SEAL_INVALID, JSON_*, MALFORMED{field} or CALL_TIME{ageMs}.
 */
export async function openCall(input: OpenCallInput): Promise<Result<OpenedCall>> {
  const { call } = input;
  const bytesMax = PLAINTEXT_BYTES_MAX + TAG_BYTES;
  if (call.ciphertext.length > bytesMax) return refuse('CALL_TOO_LARGE', { bytes: call.ciphertext.length, bytesMax });
  const associatedData = callAssociatedData({ chainId: input.chainId, audience: call.audience, caller: call.caller, keyId: call.keyId });
  const message = callSignBytes(associatedData, call.encapsulatedKey, call.ciphertext);
  const signed = verifySignature(input.crypto, { message, signature: call.signature, publicKey: input.callerPublicKey });
  if (!signed) return refuse('SIGNATURE_INVALID', { keyId: call.keyId });
  const plaintext = await hpkeOpen(input.privateKey, call, associatedData);
  if (plaintext === undefined) return refuse('SEAL_INVALID', { audience: call.audience });
  const request = parseRequest(plaintext);
  if (!request.ok) return request;
  const ageMs = input.nowUnixMs - request.value.issuedAtUnixMs;
  if (Math.abs(ageMs) > CLOCK_WINDOW_MS) return refuse('CALL_TIME', { ageMs, ageMsMax: CLOCK_WINDOW_MS }, 'retry');
  return request;
}
