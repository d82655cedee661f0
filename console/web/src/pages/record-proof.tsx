import { base64urlEncode, encodeCanonical, isJsonObject, type Json } from '@civitas/canon';
import { browserCrypto } from '@civitas/canon/browser';
import type { LedgerRecord } from '@civitas/console-contract';
import { type ReactNode, useMemo } from 'react';
import { checkStateProof } from '../proofs/check.ts';
import { ProofVerdict } from './proof-verdict.tsx';

/** The record as the browser proves it, from its own bytes. */
export function RecordProof({ record }: { readonly record: LedgerRecord }): ReactNode {
  const { value, proof, lightBlock } = record;
  const check = useMemo(() => {
    const json = value as Json;
    const bytes = isJsonObject(json) ? base64urlEncode(encodeCanonical(json)) : '';
    return checkStateProof(browserCrypto, { value: bytes, proof, lightBlock });
  }, [value, proof, lightBlock]);
  return <ProofVerdict check={check} />;
}
