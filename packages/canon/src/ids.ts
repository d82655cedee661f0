import { base64urlDecode, base64urlEncode } from './base64url.ts';
import type { Bytes } from './bytes.ts';
import type { Sha256 } from './crypto-port.ts';
import { invariant } from './invariant.ts';
import { CHAIN_ID_CHARS_MAX, HASH_BYTES, NAME_CHARS_MAX } from './limits.ts';
import { accept, type Result, refuse } from './refusal.ts';

declare const brand: unique symbol;
/** Marks a primitive as one kind of value; two brands never mix. */
export interface Brand<Name extends string> {
  readonly [brand]: Name;
}

/** Block height, 1 … 2^63 - 1; 0 before the first block. */
export type Height = bigint & Brand<'Height'>;
/** Milliseconds since 1970-01-01 UTC, 0 … 2^53 - 1. */
export type UnixMs = number & Brand<'UnixMs'>;
/** Money in fen, 0 … 2^53 - 1. */
export type Fen = number & Brand<'Fen'>;
/** SHA-256, 32 bytes. */
export type Hash = Bytes & Brand<'Hash'>;
/** A network for ever: 1 … 50 characters, lower-case letters, digits, `.` and `-`. */
export type ChainId = string & Brand<'ChainId'>;
export type OrganisationName = string & Brand<'OrganisationName'>;
/** A contract with its version, such as `health.index@v1`. */
export type ContractName = string & Brand<'ContractName'>;
/** base64url(SHA-256(public key)), 43 characters. */
export type KeyId = string & Brand<'KeyId'>;
/** Random id of a person on one ledger at one custodian; 1 … 64 characters of base64url. */
export type SubjectId = string & Brand<'SubjectId'>;

const HEIGHT_MAX = 2n ** 63n - 1n;
const NAME = /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/;
const CONTRACT = /^[a-z0-9]+(?:[.-][a-z0-9]+)*@v[1-9][0-9]{0,3}$/;
const SUBJECT = /^[A-Za-z0-9_-]+$/;

function malformed(field: string, expected: string): ReturnType<typeof refuse> {
  return refuse('MALFORMED', { field, expected });
}

/** True for lower-case words joined by single `.` or `-`, at most `charsMax` characters. */
export function isName(text: string, charsMax: number = NAME_CHARS_MAX): boolean {
  return text.length <= charsMax && NAME.test(text);
}

export function parseHeight(value: bigint): Result<Height> {
  return value >= 0n && value <= HEIGHT_MAX ? accept(value as Height) : malformed('height', '0 … 2^63 - 1');
}

export function parseUnixMs(value: number): Result<UnixMs> {
  return Number.isSafeInteger(value) && value >= 0 ? accept(value as UnixMs) : malformed('unixMs', 'integer 0 … 2^53 - 1');
}

export function parseFen(value: number): Result<Fen> {
  return Number.isSafeInteger(value) && value >= 0 ? accept(value as Fen) : malformed('fen', 'integer 0 … 2^53 - 1');
}

export function parseHash(value: Bytes): Result<Hash> {
  return value.length === HASH_BYTES ? accept(value as Hash) : malformed('hash', '32 bytes');
}

export function parseChainId(text: string): Result<ChainId> {
  return isName(text, CHAIN_ID_CHARS_MAX) ? accept(text as ChainId) : malformed('chainId', '1 … 50 of a-z 0-9 . -');
}

export function parseOrganisationName(text: string): Result<OrganisationName> {
  return isName(text) ? accept(text as OrganisationName) : malformed('organisation', '1 … 64 of a-z 0-9 . -');
}

export function parseContractName(text: string): Result<ContractName> {
  const ok = text.length <= NAME_CHARS_MAX && CONTRACT.test(text);
  return ok ? accept(text as ContractName) : malformed('contract', 'name@vN, 1 … 64 characters');
}

export function parseKeyId(text: string): Result<KeyId> {
  return text.length === 43 && base64urlDecode(text) !== undefined ? accept(text as KeyId) : malformed('keyId', 'base64url of 32 bytes');
}

export function parseSubjectId(text: string): Result<SubjectId> {
  const ok = text.length <= NAME_CHARS_MAX && SUBJECT.test(text);
  return ok ? accept(text as SubjectId) : malformed('subjectId', '1 … 64 of base64url');
}

/** For values our own code made. @throws InvariantError when the parser refuses. */
export function assertParsed<T>(parsed: Result<T>): T {
  invariant(parsed.ok, parsed.ok ? '' : `refused: ${parsed.refusal.code} ${String(parsed.refusal.facts['field'] ?? '')}`);
  return parsed.value;
}

export const heightOf = (value: bigint): Height => assertParsed(parseHeight(value));
export const unixMsFrom = (value: number): UnixMs => assertParsed(parseUnixMs(value));
export const fenOf = (value: number): Fen => assertParsed(parseFen(value));
export const hashOf = (value: Bytes): Hash => assertParsed(parseHash(value));
export const chainIdOf = (text: string): ChainId => assertParsed(parseChainId(text));
export const organisationNameOf = (text: string): OrganisationName => assertParsed(parseOrganisationName(text));
export const contractNameOf = (text: string): ContractName => assertParsed(parseContractName(text));
export const subjectIdOf = (text: string): SubjectId => assertParsed(parseSubjectId(text));

/** The key id of an Ed25519 public key: a hash, so that an id says nothing before the key is shown. */
export function keyIdOf(sha256: Sha256, publicKey: Bytes): KeyId {
  return base64urlEncode(sha256(publicKey)) as KeyId;
}
