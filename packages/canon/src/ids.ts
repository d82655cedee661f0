import { base64urlEncode, isBase64url } from './base64url.ts';
import type { Bytes } from './bytes.ts';
import { canonicalString } from './canonical-json.ts';
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

const isNatural = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isHeight = (value: bigint): value is Height => value >= 0n && value <= HEIGHT_MAX;
const isUnixMs = (value: number): value is UnixMs => isNatural(value);
const isFen = (value: number): value is Fen => isNatural(value);
const isHash = (value: Bytes): value is Hash => value.length === HASH_BYTES;
const isChainId = (text: string): text is ChainId => isName(text, CHAIN_ID_CHARS_MAX);
const isOrganisationName = (text: string): text is OrganisationName => isName(text);
const isContractName = (text: string): text is ContractName => text.length <= NAME_CHARS_MAX && CONTRACT.test(text);
const isKeyId = (text: string): text is KeyId => text.length === 43 && isBase64url(text);
const isSubjectId = (text: string): text is SubjectId => text.length <= NAME_CHARS_MAX && SUBJECT.test(text);

export function parseHeight(value: bigint): Result<Height> {
  return isHeight(value) ? accept(value) : malformed('height', '0 … 2^63 - 1');
}

export function parseUnixMs(value: number): Result<UnixMs> {
  return isUnixMs(value) ? accept(value) : malformed('unixMs', 'integer 0 … 2^53 - 1');
}

export function parseFen(value: number): Result<Fen> {
  return isFen(value) ? accept(value) : malformed('fen', 'integer 0 … 2^53 - 1');
}

export function parseHash(value: Bytes): Result<Hash> {
  return isHash(value) ? accept(value) : malformed('hash', '32 bytes');
}

export function parseChainId(text: string): Result<ChainId> {
  return isChainId(text) ? accept(text) : malformed('chainId', '1 … 50 of a-z 0-9 . -');
}

export function parseOrganisationName(text: string): Result<OrganisationName> {
  return isOrganisationName(text) ? accept(text) : malformed('organisation', '1 … 64 of a-z 0-9 . -');
}

export function parseContractName(text: string): Result<ContractName> {
  return isContractName(text) ? accept(text) : malformed('contract', 'name@vN, 1 … 64 characters');
}

export function parseKeyId(text: string): Result<KeyId> {
  return isKeyId(text) ? accept(text) : malformed('keyId', 'base64url of 32 bytes');
}

export function parseSubjectId(text: string): Result<SubjectId> {
  return isSubjectId(text) ? accept(text) : malformed('subjectId', '1 … 64 of base64url');
}

/** For values our own code made. @throws InvariantError when the parser refuses. */
export function assertParsed<T>(parsed: Result<T>): T {
  invariant(parsed.ok, parsed.ok ? '' : `refused: ${parsed.refusal.code} ${canonicalString(parsed.refusal.facts)}`);
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
  return assertParsed(parseKeyId(base64urlEncode(sha256(publicKey))));
}
