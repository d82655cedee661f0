import { accept, type Bytes, type CryptoPort, equalBytes, isSoundPublicKey, type Result, refuse, verifySignature } from '@civitas/canon';
import { type CommitSig, FLAG_ABSENT, FLAG_COMMIT, voteSignBytes } from '../codec/commit.ts';
import { type Header, headerHash } from '../codec/header.ts';
import type { LightBlock } from '../codec/light-block.ts';
import { compareTimestamps, ZERO_TIME } from '../codec/timestamp.ts';
import { addressOf, type Validator, validatorsHash } from '../codec/validator.ts';
import { BLOCK_PROTOCOL, TOTAL_POWER_MAX, VALIDATORS_MAX } from '../limits.ts';

/** A header that its own validators signed. Whether they are the right ones is the caller's to know. */
export interface CertifiedHeader {
  readonly header: Header;
  /** The block's hash, 32 bytes. */
  readonly headerHash: Bytes;
  /** Public keys (as given) whose signatures hold, with their power. */
  readonly signers: readonly Validator[];
  readonly signedPower: bigint;
  readonly totalPower: bigint;
}

function checkHeader(header: Header, chainId: string): Result<true> {
  if (header.chainId !== chainId) return refuse('CHAIN_ID', { chainId: header.chainId, expected: chainId });
  if (header.blockProtocol !== BLOCK_PROTOCOL) return refuse('HEADER_MALFORMED', { field: 'blockProtocol' });
  if (header.height < 1n) return refuse('HEADER_MALFORMED', { field: 'height' });
  const { validatorsHash, nextValidatorsHash, consensusHash, dataHash, lastResultsHash, evidenceHash, lastCommitHash } = header;
  const hashes = { validatorsHash, nextValidatorsHash, consensusHash, dataHash, lastResultsHash, evidenceHash, lastCommitHash };
  for (const [field, hash] of Object.entries(hashes)) if (hash.length !== 32) return refuse('HEADER_MALFORMED', { field });
  if (header.proposerAddress.length !== 20) return refuse('HEADER_MALFORMED', { field: 'proposerAddress' });
  return accept(true);
}

/** Form of a set and its total power; refused with VALIDATORS_FORM, also where a key stands in it twice. */
export function checkValidators(crypto: CryptoPort, validators: readonly Validator[]): Result<bigint> {
  if (validators.length === 0 || validators.length > VALIDATORS_MAX)
    return refuse('VALIDATORS_FORM', { validatorCount: validators.length });
  let total = 0n;
  const seen = new Set<string>();
  for (const [index, { address, publicKey, power }] of validators.entries()) {
    if (power < 1n) return refuse('VALIDATORS_FORM', { index, field: 'power' });
    if (!isSoundPublicKey(publicKey)) return refuse('VALIDATORS_FORM', { index, field: 'publicKey' });
    if (!equalBytes(address, addressOf(crypto.sha256, publicKey))) return refuse('VALIDATORS_FORM', { index, field: 'address' });
    seen.add(publicKey.join());
    total += power;
  }
  if (seen.size !== validators.length) return refuse('VALIDATORS_FORM', { field: 'doubled key' });
  return total <= TOTAL_POWER_MAX ? accept(total) : refuse('VALIDATORS_FORM', { field: 'total power' });
}

function isCanonicalAbsence(sig: CommitSig): boolean {
  return sig.validatorAddress.length === 0 && sig.signature.length === 0 && compareTimestamps(sig.time, ZERO_TIME) === 0;
}

function checkCommitForm({ header, commit, validators }: LightBlock): Result<true> {
  if (commit.height !== header.height) return refuse('COMMIT_FORM', { field: 'height' });
  if (commit.round < 0) return refuse('COMMIT_FORM', { field: 'round' });
  if (commit.blockId.partsHash.length !== 32 || commit.blockId.partCount < 1) return refuse('COMMIT_FORM', { field: 'blockId' });
  if (commit.signatures.length !== validators.length) return refuse('COMMIT_FORM', { field: 'signatures' });
  for (const [index, sig] of commit.signatures.entries()) {
    if (sig.flag === FLAG_ABSENT) {
      // Nobody signs these fields, so only one form of them is accepted.
      if (!isCanonicalAbsence(sig)) return refuse('COMMIT_FORM', { field: 'absent signature', index });
      continue;
    }
    const validator = validators[index];
    const isNamed = validator !== undefined && equalBytes(sig.validatorAddress, validator.address);
    if (!isNamed || sig.signature.length !== 64) return refuse('COMMIT_FORM', { field: 'signature', index });
  }
  return accept(true);
}

/** The validators whose precommit for the block holds. One that does not verify under our rule is not counted: CometBFT itself accepts a few odd ones (ZIP-215). */
function signersOf(crypto: CryptoPort, { header, commit, validators }: LightBlock): Validator[] {
  return validators.filter((validator, index) => {
    const sig = commit.signatures[index];
    if (sig?.flag !== FLAG_COMMIT) return false;
    const message = voteSignBytes(header.chainId, commit, sig.time);
    return verifySignature(crypto, { message, signature: sig.signature, publicKey: validator.publicKey });
  });
}

export function powerOf(validators: readonly Validator[]): bigint {
  return validators.reduce((sum, { power }) => sum + power, 0n);
}

/**
 * Checks that header, commit and validator set of one height agree and that more than two thirds of the power signed.
 *
 * @returns CHAIN_ID, HEADER_MALFORMED, VALIDATORS_FORM, VALIDATORS_HASH, HEADER_HASH, COMMIT_FORM or POWER_INSUFFICIENT.
 * @see CometBFT spec/light-client/verification; Buchman, Kwon, Milosevic 2018 (arXiv 1807.04938)
 */
export function verifyCommit(
  crypto: CryptoPort,
  { chainId, lightBlock }: { readonly chainId: string; readonly lightBlock: LightBlock },
): Result<CertifiedHeader> {
  const { header, commit, validators } = lightBlock;
  const form = checkHeader(header, chainId);
  if (!form.ok) return form;
  const totalPower = checkValidators(crypto, validators);
  if (!totalPower.ok) return totalPower;
  const height = Number(header.height);
  if (!equalBytes(validatorsHash(crypto.sha256, validators), header.validatorsHash)) return refuse('VALIDATORS_HASH', { height });
  const hash = headerHash(crypto.sha256, header);
  if (!equalBytes(hash, commit.blockId.hash)) return refuse('HEADER_HASH', { height });
  const commitForm = checkCommitForm(lightBlock);
  if (!commitForm.ok) return commitForm;
  const signers = signersOf(crypto, lightBlock);
  const signedPower = powerOf(signers);
  if (signedPower * 3n <= totalPower.value * 2n) {
    return refuse('POWER_INSUFFICIENT', { height, signedPower: String(signedPower), totalPower: String(totalPower.value) });
  }
  return accept({ header, headerHash: hash, signers, signedPower, totalPower: totalPower.value });
}
