import { accept, type Bytes, type CryptoPort, equalBytes, hexEncode, type Result, refuse } from '@civitas/canon';
import type { LightBlock } from '../codec/light-block.ts';
import { compareTimestamps, type Timestamp, timestampOfUnixNanos, unixNanosOf } from '../codec/timestamp.ts';
import { type Validator, validatorsHash } from '../codec/validator.ts';
import { type CertifiedHeader, checkValidators, powerOf, verifyCommit } from './verify-commit.ts';

/** What a light client remembers of a header it trusts; a Header fits. */
export interface TrustedHeader {
  readonly chainId: string;
  readonly height: bigint;
  readonly time: Timestamp;
  readonly nextValidatorsHash: Bytes;
}

/** How old trust may be and how far ahead a header may claim to be. Left out only offline, where old headers are the point. */
export interface TrustClock {
  readonly now: Timestamp;
  readonly trustPeriodMs: number;
  readonly clockDriftMs: number;
}

export interface Update {
  readonly trusted: TrustedHeader;
  readonly lightBlock: LightBlock;
  readonly clock?: TrustClock;
}

export interface SkippingUpdate extends Update {
  /** The set that `trusted.nextValidatorsHash` names. */
  readonly trustedValidators: readonly Validator[];
}

function plusMs(time: Timestamp, ms: number): Timestamp {
  const nanos = unixNanosOf(time) + BigInt(ms) * 1_000_000n;
  return timestampOfUnixNanos(nanos < 0n ? 0n : nanos);
}

function checkTimes({ trusted, lightBlock, clock }: Update): Result<true> {
  const { header } = lightBlock;
  if (header.chainId !== trusted.chainId) return refuse('CHAIN_ID', { chainId: header.chainId, expected: trusted.chainId });
  if (compareTimestamps(header.time, trusted.time) <= 0) return refuse('TIME_NOT_INCREASING', { height: Number(header.height) });
  if (clock === undefined) return accept(true);
  if (compareTimestamps(header.time, plusMs(clock.now, clock.clockDriftMs)) >= 0) {
    return refuse('FROM_FUTURE', { height: Number(header.height), clockDriftMs: clock.clockDriftMs }, 'retry');
  }
  if (compareTimestamps(plusMs(trusted.time, clock.trustPeriodMs), clock.now) <= 0) {
    return refuse('TRUST_EXPIRED', { trustedHeight: Number(trusted.height), trustPeriodMs: clock.trustPeriodMs }, 'report');
  }
  return accept(true);
}

/**
 * Verifies the header right after a trusted one, by the next-validators hash that the trusted one carries.
 *
 * @returns NOT_ADJACENT, TIME_NOT_INCREASING, FROM_FUTURE, TRUST_EXPIRED, NEXT_VALIDATORS_HASH and the codes of verifyCommit.
 */
export function verifyAdjacent(crypto: CryptoPort, update: Update): Result<CertifiedHeader> {
  const { trusted, lightBlock } = update;
  const { header } = lightBlock;
  if (header.height !== trusted.height + 1n) {
    return refuse('NOT_ADJACENT', { height: Number(header.height), trustedHeight: Number(trusted.height) }, 'sync');
  }
  const times = checkTimes(update);
  if (!times.ok) return times;
  if (!equalBytes(header.validatorsHash, trusted.nextValidatorsHash)) {
    return refuse('NEXT_VALIDATORS_HASH', { height: Number(header.height) });
  }
  return verifyCommit(crypto, { chainId: trusted.chainId, lightBlock });
}

function verifyOverlap(crypto: CryptoPort, update: SkippingUpdate, thirds: 1n | 2n): Result<CertifiedHeader> {
  const { trusted, trustedValidators, lightBlock } = update;
  if (lightBlock.header.height <= trusted.height) {
    return refuse('HEIGHT_NOT_INCREASING', { height: Number(lightBlock.header.height), trustedHeight: Number(trusted.height) });
  }
  const times = checkTimes(update);
  if (!times.ok) return times;
  if (!equalBytes(validatorsHash(crypto.sha256, trustedValidators), trusted.nextValidatorsHash)) {
    return refuse('TRUSTED_VALIDATORS_HASH', { trustedHeight: Number(trusted.height) });
  }
  // A key that stands in it twice would count twice.
  const total = checkValidators(crypto, trustedValidators);
  if (!total.ok) return total;
  const certified = verifyCommit(crypto, { chainId: trusted.chainId, lightBlock });
  if (!certified.ok) return certified;
  const signed = new Set(certified.value.signers.map(({ publicKey }) => hexEncode(publicKey)));
  // Trusted power, not the new set's: a set cannot vote itself more weight than it had.
  const overlap = powerOf(trustedValidators.filter(({ publicKey }) => signed.has(hexEncode(publicKey))));
  if (overlap * 3n <= total.value * thirds) {
    return refuse('TRUSTED_POWER_INSUFFICIENT', { trustedPower: String(overlap), totalPower: String(total.value) }, 'sync');
  }
  return certified;
}

/**
 * Verifies a later header: more than 1/3 of the trusted set's power and more than 2/3 of the new set's signed it.
 *
 * @returns HEIGHT_NOT_INCREASING, TRUSTED_VALIDATORS_HASH, VALIDATORS_FORM, TRUSTED_POWER_INSUFFICIENT ('sync': ask for a header between), times and verifyCommit's codes.
 */
export function verifySkipping(crypto: CryptoPort, update: SkippingUpdate): Result<CertifiedHeader> {
  const { trusted, lightBlock } = update;
  // An adjacent header must have exactly the set that was announced for it.
  if (lightBlock.header.height === trusted.height + 1n) return verifyAdjacent(crypto, update);
  return verifyOverlap(crypto, update, 1n);
}

/** Revives a client past its trust period: more than 2/3 of the *trusted* set signed the later header. Leave the clock out. */
export function verifyRevival(crypto: CryptoPort, update: SkippingUpdate): Result<CertifiedHeader> {
  return verifyOverlap(crypto, update, 2n);
}
