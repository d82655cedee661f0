import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonObject, parseCanonical } from '@civitas/canon';
import { proofFromJson, type StateProof } from '@civitas/proofs';
import { EXIT } from '../exit-codes.ts';
import { Fault } from '../fault.ts';
import type { LedgerClient, ReadOptions, RecordRead } from './ledger-client.ts';

/** A record, or its absence, with the proof against a header. Verifying it is `verifyBundle`'s work. */
export interface ProvenRead {
  readonly key: string;
  /** Undefined: proven absent. */
  readonly value: JsonObject | undefined;
  readonly proof: StateProof;
  /** As arguments of operations carry it. */
  readonly proofJson: JsonObject;
  readonly headerHeight: number;
  readonly lightBlock: Uint8Array;
}

const HEADER_WAIT_MS = 30_000;
const HEADER_POLL_MS = 25;

function provenOf(key: string, read: RecordRead): ProvenRead {
  const json = parseCanonical(read.proof);
  const proof = json.ok ? proofFromJson(json.value) : json;
  if (!json.ok || !proof.ok) throw new Fault('PROOF_MALFORMED', `the proof of ${key} cannot be read`, { exitCode: EXIT.unverified });
  const { value, headerHeight, lightBlock } = read;
  return { key, value, proof: proof.value, proofJson: json.value as JsonObject, headerHeight, lightBlock };
}

/** Reads with proof against one header, the newest when none is named. */
export async function readProven(ledger: LedgerClient, key: string, options: Omit<ReadOptions, 'withProof'> = {}): Promise<ProvenRead> {
  return provenOf(key, await ledger.read(key, { ...options, withProof: true }));
}

/**
 * The same against the first header that carries the state after a block: a header's app hash is the state before its own block.
 *
 * @param afterHeight Height of the block that wrote the record. @throws Fault HEADER_LATE after 30 s.
 */
export async function readProvenAfter(ledger: LedgerClient, key: string, afterHeight: number): Promise<ProvenRead> {
  const endMs = Date.now() + HEADER_WAIT_MS;
  for (;;) {
    const read = await readProven(ledger, key);
    if (read.headerHeight > afterHeight) return read;
    if (Date.now() > endMs) {
      throw new Fault('HEADER_LATE', `${ledger.network}: no header after block ${afterHeight} came in ${HEADER_WAIT_MS} ms`, {
        exitCode: EXIT.timedOut,
      });
    }
    await sleep(HEADER_POLL_MS);
  }
}
