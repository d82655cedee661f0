import { base64urlDecode, base64urlEncode } from './base64url.ts';
import { type Bytes, concatBytes } from './bytes.ts';
import { encodeCanonical, parseCanonical } from './canonical-json.ts';
import type { Sha256 } from './crypto-port.ts';
import { hashParts } from './hash-parts.ts';
import {
  type ChainId,
  type ContractName,
  type Hash,
  hashOf,
  isName,
  type KeyId,
  type OrganisationName,
  parseChainId,
  parseContractName,
  parseHash,
  parseKeyId,
  parseOrganisationName,
  parseUnixMs,
  type UnixMs,
} from './ids.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { ARGUMENTS_BYTES_MAX, HASH_BYTES, IDEMPOTENCY_KEY_BYTES, NAME_CHARS_MAX, OPERATION_BODY_BYTES_MAX } from './limits.ts';
import { accept, type Result, refuse } from './refusal.ts';
import { utf8Encode } from './utf8.ts';

export const SIGNATURE_SUITE = 'ed25519-sha256';
export const OPERATION_VERSION = 1;
const OPERATION_DOMAIN = utf8Encode('civitas/operation/v1\n');
const CO_SIGNATURE_DOMAIN = utf8Encode('civitas/cosignature/v1\n');
const ACTOR = /^[A-Za-z0-9][A-Za-z0-9._:@-]*$/;
const METHOD = /^[a-zA-Z][a-zA-Z0-9]*(?:[.-][a-zA-Z0-9]+)*$/;

/** What an organisation signs: one call of one contract on one network. */
export interface Operation {
  /** Pseudonym of the person who acts, 1 … 64 characters. */
  readonly actor: string;
  /** At most 64 KiB as canonical JSON. */
  readonly args: JsonObject;
  readonly contract: ContractName;
  readonly expiresAtUnixMs: UnixMs;
  /** Hash of the network's genesis: an operation never moves to a namesake. */
  readonly genesis: Hash;
  /** 16 bytes. */
  readonly idempotencyKey: Bytes;
  readonly keyId: KeyId;
  readonly method: string;
  /** The network's chain id. */
  readonly network: ChainId;
  readonly organisation: OrganisationName;
  readonly role: string;
}

/** The canonical body; its fields stand in this order because keys are sorted. */
export function encodeOperation(operation: Operation): Bytes {
  return encodeCanonical({
    actor: operation.actor,
    args: operation.args,
    contract: operation.contract,
    expiresAtUnixMs: operation.expiresAtUnixMs,
    genesis: base64urlEncode(operation.genesis),
    idempotencyKey: base64urlEncode(operation.idempotencyKey),
    keyId: operation.keyId,
    method: operation.method,
    network: operation.network,
    organisation: operation.organisation,
    role: operation.role,
    suite: SIGNATURE_SUITE,
    version: OPERATION_VERSION,
  });
}

const FIELD_COUNT = 13;

function malformed(field: string, expected: string): ReturnType<typeof refuse> {
  return refuse('MALFORMED', { field, expected });
}

function textOf(body: JsonObject, field: string): string {
  const value = body[field];
  return typeof value === 'string' ? value : '';
}

function bytesOf(body: JsonObject, field: string, length: number): Bytes | undefined {
  const bytes = base64urlDecode(textOf(body, field));
  return bytes?.length === length ? bytes : undefined;
}

function checkArguments(args: Json | undefined, bodyBytes: number): Result<JsonObject> {
  if (!isJsonObject(args)) return malformed('args', 'an object');
  // They are part of the canonical body, so a body within their bound holds nothing larger.
  if (bodyBytes <= ARGUMENTS_BYTES_MAX) return accept(args);
  const argumentsBytes = encodeCanonical(args).length;
  if (argumentsBytes > ARGUMENTS_BYTES_MAX)
    return refuse('ARGUMENTS_TOO_LARGE', { argumentsBytes, argumentsBytesMax: ARGUMENTS_BYTES_MAX });
  return accept(args);
}

function checkFixedFields(body: JsonObject): Result<true> {
  if (Object.keys(body).length !== FIELD_COUNT) return malformed('body', `${FIELD_COUNT} fields`);
  if (body['suite'] !== SIGNATURE_SUITE) return refuse('SUITE_UNKNOWN', { suite: textOf(body, 'suite').slice(0, NAME_CHARS_MAX) });
  if (body['version'] !== OPERATION_VERSION) return refuse('VERSION_UNKNOWN', { expected: OPERATION_VERSION });
  return accept(true);
}

function parseFields(body: JsonObject, bodyBytes: number): Result<Operation> {
  const fixed = checkFixedFields(body);
  if (!fixed.ok) return fixed;
  const contract = parseContractName(textOf(body, 'contract'));
  if (!contract.ok) return contract;
  const network = parseChainId(textOf(body, 'network'));
  if (!network.ok) return network;
  const organisation = parseOrganisationName(textOf(body, 'organisation'));
  if (!organisation.ok) return organisation;
  const keyId = parseKeyId(textOf(body, 'keyId'));
  if (!keyId.ok) return keyId;
  const expires = body['expiresAtUnixMs'];
  const expiresAtUnixMs = parseUnixMs(typeof expires === 'number' ? expires : -1);
  if (!expiresAtUnixMs.ok) return malformed('expiresAtUnixMs', 'integer 0 … 2^53 - 1');
  const genesis = parseHash(bytesOf(body, 'genesis', HASH_BYTES) ?? new Uint8Array(0));
  if (!genesis.ok) return malformed('genesis', 'base64url of 32 bytes');
  const idempotencyKey = bytesOf(body, 'idempotencyKey', IDEMPOTENCY_KEY_BYTES);
  if (idempotencyKey === undefined) return malformed('idempotencyKey', 'base64url of 16 bytes');
  const actor = textOf(body, 'actor');
  const method = textOf(body, 'method');
  const role = textOf(body, 'role');
  if (actor.length > NAME_CHARS_MAX || !ACTOR.test(actor)) return malformed('actor', '1 … 64 characters');
  if (method.length > NAME_CHARS_MAX || !METHOD.test(method)) return malformed('method', '1 … 64 letters and digits');
  if (!isName(role)) return malformed('role', '1 … 64 of a-z 0-9 . -');
  const args = checkArguments(body['args'], bodyBytes);
  if (!args.ok) return args;
  return accept({
    actor,
    args: args.value,
    contract: contract.value,
    expiresAtUnixMs: expiresAtUnixMs.value,
    genesis: genesis.value,
    idempotencyKey,
    keyId: keyId.value,
    method,
    network: network.value,
    organisation: organisation.value,
    role,
  });
}

/**
 * Reads an operation's body. Signature, membership, expiry window and replay are the ledger's to check.
 *
 * @returns BODY_TOO_LARGE, JSON_* of parseCanonical, MALFORMED{field}, SUITE_UNKNOWN, VERSION_UNKNOWN or ARGUMENTS_TOO_LARGE.
 */
export function parseOperation(body: Bytes): Result<Operation> {
  if (body.length > OPERATION_BODY_BYTES_MAX) {
    return refuse('BODY_TOO_LARGE', { bodyBytes: body.length, bodyBytesMax: OPERATION_BODY_BYTES_MAX });
  }
  const json = parseCanonical(body, OPERATION_BODY_BYTES_MAX);
  if (!json.ok) return json;
  return isJsonObject(json.value) ? parseFields(json.value, body.length) : malformed('body', 'an object');
}

/** What the organisation's key signs. The prefix keeps a signature of one purpose from serving another. */
export function operationSignBytes(body: Bytes): Bytes {
  return concatBytes(OPERATION_DOMAIN, body);
}

/** Names one operation everywhere: receipts, replies, logs, co-signatures. */
export function operationHash(sha256: Sha256, body: Bytes): Hash {
  return hashOf(hashParts(sha256, OPERATION_DOMAIN, body));
}

/** What a person's key signs to approve an operation. */
export function coSignatureSignBytes(hash: Bytes): Bytes {
  return concatBytes(CO_SIGNATURE_DOMAIN, hash);
}
