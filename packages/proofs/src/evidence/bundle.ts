import { type Bytes, base64urlEncode, type Json, type JsonObject, type KeyId, type OperationSignature } from '@civitas/canon';
import type { ReceiptProof } from '../receipt-proof.ts';
import type { StateProof } from '../tree/state-proof.ts';

export const EVIDENCE_FORMAT = 'civitas-evidence/1';

/** One network whose headers the bundle uses. */
export interface EvidenceNetwork {
  /** For people: `housing`. */
  readonly name: string;
  readonly chainId: string;
  /** SHA-256 of the canonical genesis document: what a person compares with a source they trust. */
  readonly genesisHash: Bytes;
  /** The document itself; null leaves open whether the validators are the genesis ones. */
  readonly genesis: JsonObject | null;
  /** The first set: where trust starts. */
  readonly validators: readonly { readonly publicKey: Bytes; readonly power: number }[];
  /** Encoded light blocks in rising height; neighbours, or skips that share more than a third of the power. */
  readonly lightBlocks: readonly Bytes[];
}

interface ItemFrame {
  readonly title: string;
  /** What the item shows, in words. */
  readonly statement: string;
  /** Chain id. */
  readonly network: string;
  /** Height of the header the proof is against. */
  readonly height: number;
}

/** A fact and its proof. */
export type EvidenceItem =
  | (ItemFrame & { readonly kind: 'state'; readonly key: string; readonly value: Json; readonly proof: StateProof })
  | (ItemFrame & { readonly kind: 'absence'; readonly key: string; readonly proof: StateProof })
  | (ItemFrame & {
      readonly kind: 'receipt';
      readonly proof: ReceiptProof;
      /** Body of the operation that the receipt names: who did what, as its organisation's key signed it; null leaves that open. */
      readonly operation: Bytes | null;
      /** That key's signature, in the form in which it stands alone; left out where the receipt has to vouch for it. */
      readonly signature?: OperationSignature | undefined;
    });

/** A private value whose salted commitment stands in an item. */
export interface EvidenceOpening {
  /** Index into items; a state item (its value) or a receipt item (the receipt). */
  readonly item: number;
  /** Members that lead to the commitment (base64url) inside it. */
  readonly path: readonly string[];
  readonly value: Json;
  /** 32 bytes. */
  readonly salt: Bytes;
}

/** What the exporter says beyond the proofs. */
export interface EvidenceClaims {
  /** Checked: every item is certified by a header of this time or earlier, so nothing in it changed since. */
  readonly unchangedSinceUnixMs: number;
  /** Not provable by any ledger: who says that what was deposited was true when it was captured, and when that was. */
  readonly capturedBy: string;
  readonly capturedAtUnixMs: number;
}

/** A case file that verifies offline, with nothing but this document and a genesis hash to compare. */
export interface EvidenceBundle {
  readonly subject: { readonly kind: string; readonly id: string };
  readonly networks: readonly EvidenceNetwork[];
  readonly items: readonly EvidenceItem[];
  readonly openings: readonly EvidenceOpening[];
  readonly claims: EvidenceClaims;
}

/** One line of the report. `asserted` = stated by somebody, provable by no ledger. */
export interface EvidenceCheck {
  readonly check:
    | 'DIGEST'
    | 'GENESIS'
    | 'HEADERS'
    | 'MEMBERSHIP'
    | 'ABSENCE'
    | 'RECEIPT'
    | 'OPERATION'
    | 'SIGNATURE'
    | 'OPENING'
    | 'UNCHANGED_SINCE_DEPOSIT'
    | 'TRUE_WHEN_CAPTURED';
  /** What it is about: a chain id, an item's title. */
  readonly about: string;
  readonly outcome: 'ok' | 'failed' | 'asserted';
  readonly reason: string;
}

export interface BundleReport {
  /** No check failed. */
  readonly ok: boolean;
  readonly subject: EvidenceBundle['subject'];
  /** Compare each genesis hash with one obtained elsewhere: trust starts there. */
  readonly networks: readonly {
    readonly name: string;
    readonly chainId: string;
    /** base64url. */
    readonly genesisHash: string;
    readonly keyIds: readonly KeyId[];
    readonly headerHeights: readonly number[];
  }[];
  readonly checks: readonly EvidenceCheck[];
}

/** The text form of bytes in the document. */
export const bytesText: (bytes: Bytes) => string = base64urlEncode;
