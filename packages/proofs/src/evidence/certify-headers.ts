import {
  accept,
  type CryptoPort,
  canonicalString,
  encodeCanonical,
  equalBytes,
  isJsonObject,
  type Json,
  type Result,
  refuse,
} from '@civitas/canon';
import type { Header } from '../codec/header.ts';
import { decodeLightBlock, type LightBlock } from '../codec/light-block.ts';
import { ZERO_TIME } from '../codec/timestamp.ts';
import { sortValidators, type Validator, validatorOf, validatorsHash } from '../codec/validator.ts';
import { type TrustedHeader, verifySkipping } from '../light-client/verify-update.ts';
import { bytesText, type EvidenceNetwork } from './bundle.ts';

/**
 * Whether the validators that trust starts with are those of the genesis whose hash a person compares. Without the document nothing ties the two
 * together: whoever makes a bundle could put a published hash beside validators of their own.
 *
 * @returns GENESIS_ABSENT, GENESIS_HASH or GENESIS_VALIDATORS.
 */
export function checkGenesis(crypto: CryptoPort, network: EvidenceNetwork): Result<true> {
  const { genesis, genesisHash, chainId, validators } = network;
  if (genesis === null) return refuse('GENESIS_ABSENT', { chainId });
  if (!equalBytes(crypto.sha256(encodeCanonical(genesis)), genesisHash)) return refuse('GENESIS_HASH', { chainId });
  const stated = new Set(asList(genesis['validators']).map(statedText));
  const used = validators.map(({ publicKey, power }) => statedText({ power, publicKey: bytesText(publicKey) }));
  // Each once: a set that names one of them again gives it the power of those it leaves out.
  const isSameSet = stated.size === used.length && new Set(used).size === used.length && used.every((text) => stated.has(text));
  return genesis['chainId'] === chainId && isSameSet ? accept(true) : refuse('GENESIS_VALIDATORS', { chainId });
}

function asList(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function statedText(validator: Json): string {
  return isJsonObject(validator) ? canonicalString([validator['publicKey'] ?? null, validator['power'] ?? null]) : '';
}

/** The trusted point before block 1: only its next validators mean anything. */
function genesisPoint(crypto: CryptoPort, network: EvidenceNetwork): { trusted: TrustedHeader; validators: Validator[] } {
  const validators = sortValidators(network.validators.map(({ publicKey, power }) => validatorOf(crypto.sha256, publicKey, BigInt(power))));
  const nextValidatorsHash = validatorsHash(crypto.sha256, validators);
  return { trusted: { chainId: network.chainId, height: 0n, time: ZERO_TIME, nextValidatorsHash }, validators };
}

/** The set a trusted header announces, where the bundle shows it. */
function announcedSet(
  crypto: CryptoPort,
  trusted: TrustedHeader,
  known: readonly (readonly Validator[])[],
): readonly Validator[] | undefined {
  return known.find((set) => equalBytes(validatorsHash(crypto.sha256, set), trusted.nextValidatorsHash));
}

interface Walk {
  readonly headers: ReadonlyMap<number, Header>;
  /** Why the walk ended before the last block. */
  readonly failure: Extract<Result<never>, { ok: false }> | undefined;
}

function walk(crypto: CryptoPort, network: EvidenceNetwork): Walk {
  let { trusted, validators }: { trusted: TrustedHeader; validators: readonly Validator[] } = genesisPoint(crypto, network);
  const headers = new Map<number, Header>();
  for (const bytes of network.lightBlocks) {
    const lightBlock: Result<LightBlock> = decodeLightBlock(bytes);
    if (!lightBlock.ok) return { headers, failure: lightBlock };
    const trustedValidators = announcedSet(crypto, trusted, [validators, lightBlock.value.validators]);
    if (trustedValidators === undefined)
      return { headers, failure: refuse('NEXT_VALIDATORS_UNKNOWN', { trustedHeight: Number(trusted.height) }) };
    const certified = verifySkipping(crypto, { trusted, trustedValidators, lightBlock: lightBlock.value });
    if (!certified.ok) return { headers, failure: certified };
    trusted = certified.value.header;
    validators = lightBlock.value.validators;
    headers.set(Number(certified.value.header.height), certified.value.header);
  }
  return { headers, failure: undefined };
}

/**
 * Walks a network's light blocks from its genesis set and gives the headers they certify, by height.
 *
 * @returns NEXT_VALIDATORS_UNKNOWN where a skip starts at a header whose next set no block shows; else the codes of decodeLightBlock and verifySkipping.
 */
export function certifyHeaders(crypto: CryptoPort, network: EvidenceNetwork): Result<ReadonlyMap<number, Header>> {
  const { headers, failure } = walk(crypto, network);
  return failure ?? accept(headers);
}

/** How many of a network's light blocks, from the first on, certifyHeaders would certify: the step to the next one is too long. */
export function countCertified(crypto: CryptoPort, network: EvidenceNetwork): number {
  return walk(crypto, network).headers.size;
}
