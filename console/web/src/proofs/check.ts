import { base64urlDecode, type CryptoPort, type Json, utf8Decode } from '@civitas/canon';
import {
  decodeLightBlock,
  type LightBlock,
  proofFromJson,
  receiptProofFromJson,
  verifyCommit,
  verifyMembership,
  verifyReceipt,
} from '@civitas/proofs';

/** What a check in the browser came to. */
export type ProofCheck =
  | { readonly ok: true; readonly height: number; readonly signers: number; readonly validators: number; readonly key: string }
  | { readonly ok: false; readonly code: string };

interface StateClaim {
  /** The record, base64url. */
  readonly value: string;
  /** State proof, canonical JSON. */
  readonly proof: string;
  /** Light block of the header that the proof is against, base64url. */
  readonly lightBlock: string;
}

const refused = (code: string): ProofCheck => ({ ok: false, code });

interface Certified {
  readonly block: LightBlock;
  readonly signers: number;
}

function certify(crypto: CryptoPort, text: string): Certified | string {
  const bytes = base64urlDecode(text);
  if (bytes === undefined) return 'LIGHT_BLOCK_MALFORMED';
  const block = decodeLightBlock(bytes);
  if (!block.ok) return block.refusal.code;
  const commit = verifyCommit(crypto, { chainId: block.value.header.chainId, lightBlock: block.value });
  return commit.ok ? { block: block.value, signers: commit.value.signers.length } : commit.refusal.code;
}

function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/**
 * Checks that a record stands in the state that a header commits to, and that more than two thirds of the voting power that the header
 * names signed it. Whether those validators are the right ones is what an evidence bundle shows; this page does not.
 *
 * @returns A code of canon or proofs, or RECORD_NOT_PROVEN.
 */
export function checkStateProof(crypto: CryptoPort, { value, proof, lightBlock }: StateClaim): ProofCheck {
  const certified = certify(crypto, lightBlock);
  if (typeof certified === 'string') return refused(certified);
  const form = jsonOf(proof);
  const parsed = form === undefined ? undefined : proofFromJson(form);
  const record = base64urlDecode(value);
  if (parsed === undefined || record === undefined) return refused('PROOF_MALFORMED');
  if (!parsed.ok) return refused(parsed.refusal.code);
  const { header, validators } = certified.block;
  const holds = verifyMembership(crypto.sha256, { root: header.appHash, key: parsed.value.key, value: record, proof: parsed.value });
  if (!holds) return refused('RECORD_NOT_PROVEN');
  return {
    ok: true,
    height: Number(header.height),
    signers: certified.signers,
    validators: validators.length,
    key: utf8Decode(parsed.value.key) ?? '',
  };
}

/** Checks a receipt against the header that carries the results of its block. */
export function checkReceiptProof(crypto: CryptoPort, claim: { readonly proof: string; readonly lightBlock: string }): ProofCheck {
  const certified = certify(crypto, claim.lightBlock);
  if (typeof certified === 'string') return refused(certified);
  const form = jsonOf(claim.proof);
  const parsed = form === undefined ? undefined : receiptProofFromJson(form);
  if (parsed === undefined) return refused('RECEIPT_PROOF_MALFORMED');
  if (!parsed.ok) return refused(parsed.refusal.code);
  const { header, validators } = certified.block;
  const receipt = verifyReceipt(crypto.sha256, { proof: parsed.value, header });
  if (!receipt.ok) return refused(receipt.refusal.code);
  return { ok: true, height: Number(header.height), signers: certified.signers, validators: validators.length, key: '' };
}
