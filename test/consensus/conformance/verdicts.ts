import { type Bytes, equalBytes, hexEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import {
  decodeLightBlock,
  encodeLightBlock,
  type LightBlock,
  type TrustClock,
  timestampOfUnixMs,
  verifyAdjacent,
  verifySkipping,
} from '@civitas/proofs';
import { withFlippedBit } from '../../../packages/proofs/src/testing/chain.ts';
import type { Lightcheck } from './lightcheck.ts';
import { mutationsOf } from './mutations.ts';

/** A step of a light client; `announced` is the block after `trusted`, whose set it named. */
export interface Step {
  readonly trusted: LightBlock;
  readonly announced: LightBlock;
  readonly next: LightBlock;
}

/** Verdicts on many mutations of one step, and those that no rule explains. */
export interface VerdictTable {
  readonly mutations: number;
  readonly bothRefuse: number;
  readonly bothAccept: number;
  /** Refused by us alone: a form that nobody signs has one spelling for us and several for CometBFT. */
  readonly stricter: number;
  /** Accepted by us alone: a signature that fails is not counted, where CometBFT refuses the commit on meeting it. */
  readonly uncounted: number;
  readonly unexplained: readonly string[];
}

export const TRUST_PERIOD_MS = 24 * 3_600_000;
export const CLOCK_DRIFT_MS = 10_000;

export const clockAt = (nowUnixMs: number): TrustClock => ({
  now: timestampOfUnixMs(nowUnixMs),
  trustPeriodMs: TRUST_PERIOD_MS,
  clockDriftMs: CLOCK_DRIFT_MS,
});

export interface OwnVerdict {
  /** '' when accepted. */
  readonly code: string;
  readonly headerHash: string;
  /** Keys of counted signatures. */
  readonly signers: readonly string[];
}

const refusedFor = (code: string): OwnVerdict => ({ code, headerHash: '', signers: [] });

/** Our light client on bytes from outside. */
export function ourVerdict({ trusted, announced, next }: Step, encoded: Bytes, nowUnixMs: number): OwnVerdict {
  const decoded = decodeLightBlock(encoded);
  if (!decoded.ok) return refusedFor(decoded.refusal.code);
  const update = { trusted: trusted.header, lightBlock: decoded.value, clock: clockAt(nowUnixMs) };
  const isAdjacent = next.header.height === trusted.header.height + 1n;
  const verdict = isAdjacent
    ? verifyAdjacent(nodeCrypto, update)
    : verifySkipping(nodeCrypto, { ...update, trustedValidators: announced.validators });
  if (!verdict.ok) return refusedFor(verdict.refusal.code);
  const signers = verdict.value.signers.map(({ publicKey }) => hexEncode(publicKey));
  return { code: '', headerHash: hexEncode(verdict.value.headerHash), signers };
}

/** CometBFT's verdict on the same bytes; '' when accepted. */
export function theirVerdict(
  lightcheck: Lightcheck,
  { trusted, announced, next }: Step,
  encoded: Bytes,
  nowUnixMs: number,
): Promise<string> {
  const common = { chainId: trusted.header.chainId, trusted: encodeLightBlock(trusted), next: encoded, nowUnixMs };
  if (next.header.height === trusted.header.height + 1n) return lightcheck.ask({ check: 'adjacent', ...common });
  return lightcheck.ask({ check: 'skipping', ...common, trustedNext: encodeLightBlock(announced) });
}

function* encodingsOf(next: LightBlock, bits: { stride: number; offset: number }): Generator<{ path: string; encoded: Bytes }> {
  for (const { path, lightBlock } of mutationsOf(next, bits)) yield { path, encoded: encodeLightBlock(lightBlock) };
  const encoded = encodeLightBlock(next);
  for (let bit = bits.offset % bits.stride; bit < encoded.length * 8; bit += bits.stride)
    yield { path: `bit ${bit}`, encoded: withFlippedBit(encoded, bit) };
}

type Cell = 'bothRefuse' | 'bothAccept' | 'stricter' | 'uncounted';

/** The one rule for each way in which two verdicts may fall; undefined when none explains them. */
function cellOf(ours: OwnVerdict, theirs: string, honest: OwnVerdict): Cell | undefined {
  if (ours.code !== '' && theirs !== '') return 'bothRefuse';
  if (ours.code !== '') return ours.code === 'LIGHT_BLOCK_MALFORMED' || ours.code === 'COMMIT_FORM' ? 'stricter' : undefined;
  // Whatever is accepted certifies the true header by true signatures: one of them fewer at most.
  const isTrue = ours.headerHash === honest.headerHash && ours.signers.every((key) => honest.signers.includes(key));
  const lost = honest.signers.length - ours.signers.length;
  if (!isTrue || lost < 0 || lost > 1) return undefined;
  if (theirs === '') return 'bothAccept';
  return theirs.includes('wrong signature') || theirs.includes('failed verification') ? 'uncounted' : undefined;
}

/** Shows both clients the step and every mutation of its new light block. */
export async function compareVerdicts(
  lightcheck: Lightcheck,
  step: Step,
  options: { readonly nowUnixMs: number; readonly stride: number; readonly offset: number },
): Promise<VerdictTable> {
  const { nowUnixMs } = options;
  const original = encodeLightBlock(step.next);
  const honest = ourVerdict(step, original, nowUnixMs);
  const unexplained: string[] = [];
  const theirHonest = await theirVerdict(lightcheck, step, original, nowUnixMs);
  if (honest.code !== '' || theirHonest !== '') unexplained.push(`unchanged: ours ${honest.code}, theirs ${theirHonest}`);
  const counts: Record<Cell, number> = { bothRefuse: 0, bothAccept: 0, stricter: 0, uncounted: 0 };
  let mutations = 0;
  for (const { path, encoded } of encodingsOf(step.next, options)) {
    if (equalBytes(encoded, original)) continue;
    mutations += 1;
    const [ours, theirs] = [ourVerdict(step, encoded, nowUnixMs), await theirVerdict(lightcheck, step, encoded, nowUnixMs)];
    const cell = cellOf(ours, theirs, honest);
    if (cell === undefined) unexplained.push(`${path}: ours ${ours.code}, theirs ${theirs}`);
    else counts[cell] += 1;
  }
  return { mutations, ...counts, unexplained };
}
