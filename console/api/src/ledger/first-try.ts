import { equalBytes, isJsonObject, type Operation, operationHash, parseCanonical, parseOperation } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { findErrorInfo } from '@civitas/node-call';
import type { Receipt } from '@civitas/proofs';
import type { ServiceError } from '@grpc/grpc-js';
import { ProblemError } from '../http/problem-error.ts';
import { callLedger } from './call-ledger.ts';
import type { Ledger } from './ledgers.ts';
import { ANSWER_BYTES_MAX } from './limits.ts';
import { receiptOf } from './receipt-of.ts';

/** The refusal of an operation whose idempotency key was executed before, whatever came of it then. */
export const REPLAYED = 'REPLAYED';

/** What was executed under an idempotency key, and what came of it. */
export interface FirstTry {
  readonly operation: Operation;
  readonly operationHash: string;
  readonly receipt: Receipt;
}

/** Of an earlier try. */
export interface TryAt extends Pick<Operation, 'idempotencyKey'> {
  readonly organisation: string;
  /** Block that executed it. */
  readonly height: number;
}

/**
 * Says that something was tried and not what came of it, so that nobody is told that nothing was done.
 *
 * @param where the answer stands, or when it was tried.
 */
export function unreadTry(where: string, reason: string, cause?: unknown): ProblemError {
  const detail = `this was tried before, and what came of it ${where} cannot be read now`;
  return new ProblemError('LEDGER_UNREACHABLE', detail, { reason, cause });
}

/** Only what was charged to its organisation has a receipt to be found: neither a repetition nor what a stranger signed does. */
async function findReceipt({ ledger }: Pick<Ledger, 'ledger'>, hash: Uint8Array): Promise<Receipt | undefined> {
  try {
    const asked = { operationHash: hash, withProof: false, withOperation: false };
    return receiptOf((await callLedger(ledger.getReceipt.bind(ledger), asked)).receipt);
  } catch (error) {
    if (error instanceof ProblemError && error.reason === 'NOT_FOUND') return undefined;
    throw error;
  }
}

async function findFirstTry(of: Pick<Ledger, 'ledger'>, { organisation, idempotencyKey, height }: TryAt): Promise<FirstTry | undefined> {
  const { bundles } = await callLedger(of.ledger.getBlock.bind(of.ledger), { height: BigInt(height) });
  for (const { body } of bundles.flatMap(({ operations }) => operations)) {
    const parsed = parseOperation(body);
    if (!parsed.ok || parsed.value.organisation !== organisation || !equalBytes(parsed.value.idempotencyKey, idempotencyKey)) continue;
    const hash = operationHash(nodeCrypto.sha256, body);
    const receipt = await findReceipt(of, hash);
    if (receipt !== undefined) return { operation: parsed.value, operationHash: Buffer.from(hash).toString('hex'), receipt };
  }
  return undefined;
}

/**
 * What an earlier try of a wish came to, when a later one is refused as REPLAYED: it took effect, or was refused itself.
 *
 * @throws ProblemError LEDGER_UNREACHABLE where that cannot be read, so that nobody is told that nothing was done.
 */
export async function readFirstTry(of: Pick<Ledger, 'ledger'>, at: TryAt): Promise<FirstTry> {
  const where = `in block ${at.height}`;
  const found = await findFirstTry(of, at).catch((error: unknown) => {
    throw error instanceof ProblemError ? unreadTry(where, REPLAYED, error) : error;
  });
  if (found === undefined) throw unreadTry(where, REPLAYED);
  return found;
}

/** Block that the refusal of a call names as that of the earlier try; undefined for another error, 0 for the block that refused it. */
export function replayedAt(error: unknown): number | undefined {
  if (!(error instanceof ProblemError) || error.reason !== REPLAYED) return undefined;
  const facts = parseCanonical(Buffer.from(findErrorInfo(error.cause as ServiceError)?.factsJson ?? ''), ANSWER_BYTES_MAX);
  return facts.ok && isJsonObject(facts.value) ? Number(facts.value['height'] ?? 0) : 0;
}

/** @throws ProblemError IDEMPOTENCY_REUSED unless the earlier try was for the same. */
export function assertSameWish(isSame: boolean): void {
  if (!isSame) throw new ProblemError('IDEMPOTENCY_REUSED', 'that Idempotency-Key came with another request before');
}
