import type { Bytes, VerifyEd25519Elsewhere } from '@civitas/canon';
import type { Bundle, HashedEnvelope } from '../../core/ledger/bundle.ts';
import { ownSignatureOf } from '../../core/ledger/check-operation.ts';
import { operationVerdictId, type SignedUnder, type Verdicts } from '../../core/ledger/verdicts.ts';
import { findKey, publicKeyOf } from '../../core/members/records.ts';
import type { RecordSource } from '../../core/state/records.ts';
import { VERIFYING_BUNDLE_SIGNATURES_MAX } from './limits.ts';

/** Finds the verdicts of bundles' signatures on other threads; what it leaves out is verified when it executes. */
export type VerifySignatures = (bundles: readonly Bundle[]) => Promise<void>;

interface Waiting {
  readonly chainId: string;
  readonly signed: HashedEnvelope;
}

/** The operation's own signature, unless its verdict is known or its key is not. */
function unverified(verdicts: Verdicts, records: RecordSource, { chainId, signed }: Waiting): SignedUnder | undefined {
  const { envelope, hash } = signed;
  if (envelope.shared === undefined && verdicts.knows(operationVerdictId(hash))) return undefined;
  const { operation } = signed;
  const id = operation.ok ? operation.value.keyId : undefined;
  const key = id && findKey(records, id);
  return id === undefined || key === undefined ? undefined : ownSignatureOf(chainId, signed, { id, publicKey: publicKeyOf(key) });
}

/** Of a batch that stands together its first: the others share its signature, and its root by identity. */
function waitingOf({ chainId, operations }: Bundle): Waiting[] {
  const rootAt = (at: number): Bytes | undefined => operations[at]?.envelope.shared?.root;
  return operations.flatMap((signed, at) =>
    at > 0 && rootAt(at) !== undefined && rootAt(at) === rootAt(at - 1) ? [] : [{ chainId, signed }],
  );
}

/** @param verifyEd25519 off this thread; at most VERIFYING_BUNDLE_SIGNATURES_MAX run at once. */
export function openVerifySignatures(parts: {
  readonly verdicts: Verdicts;
  readonly records: RecordSource;
  readonly verifyEd25519: VerifyEd25519Elsewhere;
}): VerifySignatures {
  const { verdicts, records, verifyEd25519 } = parts;
  return async (bundles) => {
    const waiting = bundles.flatMap(waitingOf);
    const next = async (): Promise<void> => {
      for (let operation = waiting.pop(); operation !== undefined; operation = waiting.pop()) {
        const signed = unverified(verdicts, records, operation);
        if (signed !== undefined) await verdicts.verifyElsewhere(verifyEd25519, signed);
      }
    };
    await Promise.all(Array.from({ length: Math.min(VERIFYING_BUNDLE_SIGNATURES_MAX, waiting.length) }, next));
  };
}
