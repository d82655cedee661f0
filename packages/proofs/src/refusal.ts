import type { CodeMeanings } from '@civitas/canon';

/** Codes of this package; a verifier that meets one believes nothing of what was shown. */
export const PROOFS_REFUSALS = {
  LIGHT_BLOCK_TOO_LARGE: {
    meaning: 'A light block is larger than a reader takes.',
    remedy: 'Drop the sender: no honest network has such a block.',
  },
  LIGHT_BLOCK_MALFORMED: { meaning: 'The bytes are no light block in canonical encoding.', remedy: 'Fetch it again from another node.' },
  BLOCK_TOO_LARGE: { meaning: 'A block is larger than a reader takes.', remedy: 'Drop the sender.' },
  BLOCK_MALFORMED: { meaning: 'The bytes are no block in canonical encoding.', remedy: 'Fetch it again from another node.' },
  CHAIN_ID: { meaning: 'The header is of another chain.', remedy: 'Ask the right network.' },
  HEADER_MALFORMED: { meaning: 'A header field has a form no header has.', remedy: 'Fetch it again from another node.' },
  VALIDATORS_FORM: {
    meaning: 'The validator set is empty, too large, doubled, or a key or power is unsound.',
    remedy: 'Fetch it again from another node.',
  },
  COMMIT_FORM: {
    meaning: 'The commit does not belong to the header or a signature in it is not in canonical form.',
    remedy: 'Fetch it again from another node.',
  },
  VALIDATORS_HASH: {
    meaning: 'The validators shown are not those that the header (or the registry) names.',
    remedy: 'Show the set of that height.',
  },
  HEADER_HASH: { meaning: 'The commit signs another header.', remedy: 'Fetch it again from another node.' },
  POWER_INSUFFICIENT: {
    meaning: 'Not more than two thirds of the power signed.',
    remedy: 'Wait for a block that is committed; one node alone may be lying.',
  },
  TIME_NOT_INCREASING: {
    meaning: 'The header is not later than the one trusted.',
    remedy: 'Nothing: the header adds nothing, or a validator set misbehaves.',
  },
  FROM_FUTURE: { meaning: 'The header is later than the local clock allows.', remedy: 'Wait, and check the clocks.' },
  TRUST_EXPIRED: {
    meaning: 'The trusted header is older than the trust period: its validators can no longer be held to account.',
    remedy: 'Let the members approve a new client from a header they checked.',
  },
  NOT_ADJACENT: { meaning: 'The header needs the adjacent step but is further away.', remedy: 'Show the headers between.' },
  NEXT_VALIDATORS_HASH: {
    meaning: 'The adjacent header has other validators than its predecessor announced.',
    remedy: 'Fetch it again from another node.',
  },
  HEIGHT_NOT_INCREASING: { meaning: 'The header is not above the one trusted.', remedy: 'Show a newer header.' },
  TRUSTED_VALIDATORS_HASH: { meaning: 'The set shown as trusted is not what the trusted header announced.', remedy: 'Show the right set.' },
  TRUSTED_POWER_INSUFFICIENT: { meaning: 'Too little of the trusted power signed the far header.', remedy: 'Show a header between.' },
  NOT_MISBEHAVIOUR: { meaning: 'The two headers do not contradict each other.', remedy: 'Nothing: there is nothing to freeze.' },
  PROOF_MALFORMED: { meaning: 'A state proof has not its JSON form.', remedy: 'Read the record with its proof again.' },
  RECEIPT_MALFORMED: { meaning: 'A receipt has not its JSON form.', remedy: 'Fetch the receipt again.' },
  RECEIPT_PROOF_MALFORMED: { meaning: 'A receipt proof has not its JSON form.', remedy: 'Fetch the receipt with its proof again.' },
  RECEIPT_HEIGHT: { meaning: 'The receipt is not of the block before the header shown.', remedy: 'Show header height + 1.' },
  RECEIPT_PATH: {
    meaning: 'The path does not lead from the receipt to the header.',
    remedy: 'Fetch the receipt with its proof again; report the node if it persists.',
  },
  EVIDENCE_MALFORMED: { meaning: 'A bundle has not the form of evidence bundles.', remedy: 'Export the case again.' },
  GENESIS_HASH: {
    meaning: 'The genesis document in the bundle does not have the hash the bundle names.',
    remedy: 'Do not trust the bundle.',
  },
  GENESIS_ABSENT: {
    meaning: 'The bundle holds no genesis document: nothing ties its first validators to its genesis hash.',
    remedy: 'Export the case again; do not trust a bundle without it.',
  },
  GENESIS_VALIDATORS: {
    meaning: 'The bundle starts from other validators than its genesis document names.',
    remedy: 'Do not trust the bundle.',
  },
  NEXT_VALIDATORS_UNKNOWN: { meaning: "The bundle lacks the validator set that a header's step needs.", remedy: 'Export the case again.' },
  SNAPSHOT_MANIFEST: {
    meaning: 'A snapshot manifest has not its one form, or its chunks do not cover every key exactly once.',
    remedy: 'Take the snapshot from another node.',
  },
  SNAPSHOT_ROOT: {
    meaning: 'The chunks that a snapshot manifest lists do not lead to the app hash it names.',
    remedy: 'Take the snapshot from another node; whoever made it is wrong or lies.',
  },
  SNAPSHOT_HEADER: {
    meaning: 'The certified header is not the one after the snapshot, or carries another app hash.',
    remedy: 'Show header height + 1 of the same chain; else drop the snapshot.',
  },
  BACKUP_GENESIS: {
    meaning: "A backup's genesis document has not the form of one, or is of another chain than its snapshot.",
    remedy: 'Take another copy of the backup.',
  },
  BACKUP_HEADERS: {
    meaning: 'A backup lacks the headers that lead from its genesis to the one after its snapshot.',
    remedy: 'Take another copy of the backup.',
  },
  SNAPSHOT_CHUNK: {
    meaning: 'A chunk does not hold exactly the records of its range: one is missing, added, changed, out of order or spelt otherwise.',
    remedy: 'Fetch that chunk from another node; in a backup, fetch the file from another copy.',
  },
} as const satisfies CodeMeanings;
