import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Bytes,
  base64urlDecode,
  canonicalString,
  type Json,
  type JsonObject,
  type OperationSignature,
  parseCanonical,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import {
  decodeLightBlock,
  type EvidenceBundle,
  type EvidenceItem,
  type EvidenceNetwork,
  type EvidenceOpening,
  encodeEvidence,
  parseReceipt,
  receiptProofFromJson,
  unixMsOf,
} from '@civitas/proofs';
import type { GetReceiptResponse } from '@civitas/proto/civitas/node/v1/ledger.ts';
import { EXIT } from '../exit-codes.ts';
import { Fault, Refused } from '../fault.ts';
import type { LedgerClient } from '../sdk/ledger-client.ts';
import { type ProvenRead, readProven } from '../sdk/proven-read.ts';
import { fetchEvidenceNetwork } from './evidence-network.ts';
import { walkedLightBlocks } from './walk-headers.ts';

const HEADER_WAIT_MS = 30_000;
const HEADER_POLL_MS = 25;

/** A record that belongs to a case. */
export interface EvidenceRecord {
  readonly title: string;
  readonly statement: string;
  /** Client of an organisation that may read it. */
  readonly ledger: LedgerClient;
  readonly key: string;
  /** Shown as absent. */
  readonly absent?: boolean;
  /** A private value of it that the case discloses. */
  readonly opening?: { readonly path: readonly string[]; readonly value: Json; readonly salt: string };
}

/** What a party did in a case: the operation that a receipt proves. */
export interface EvidenceOperation {
  readonly title: string;
  /** Client of an organisation that may read the receipt. */
  readonly ledger: LedgerClient;
  /** Operation hash, base64url. */
  readonly hash: string;
  /** What was signed. */
  readonly body: Bytes;
}

export interface EvidenceRequest {
  readonly subject: EvidenceBundle['subject'];
  readonly records: readonly EvidenceRecord[];
  readonly operations: readonly EvidenceOperation[];
  readonly capturedBy: string;
  readonly capturedAtUnixMs: number;
}

function itemOf(record: EvidenceRecord, read: ProvenRead): EvidenceItem {
  const { title, statement, key } = record;
  const frame = { title, statement, network: record.ledger.chainId, height: read.headerHeight, key, proof: read.proof };
  if (record.absent === true) return { kind: 'absence', ...frame };
  if (read.value === undefined)
    throw new Fault('RECORD_MISSING', `${record.ledger.network} has no ${key}, which the case needs as evidence`);
  return { kind: 'state', ...frame, value: read.value };
}

function headerTimeUnixMs(lightBlock: Uint8Array): number {
  const block = decodeLightBlock(lightBlock);
  if (!block.ok) throw new Fault('ANSWER_MALFORMED', `a light block cannot be read (${block.refusal.code})`);
  return unixMsOf(block.value.header.time);
}

/** A proven item with the light block whose header it is proven against. */
interface Proven {
  readonly item: EvidenceItem;
  readonly lightBlock: Bytes;
  readonly opening: EvidenceRecord['opening'];
}

/** The organisation's own signature as the ledger keeps it, in the form in which it stands alone. */
function signatureOf({ operation, publicKey }: GetReceiptResponse): OperationSignature | undefined {
  if (operation === undefined) return undefined;
  const { signature, shared } = operation;
  if (shared === undefined) return { signature, publicKey, shared };
  return { signature: shared.signature, publicKey, shared: { index: shared.index, total: shared.total, siblings: shared.path } };
}

/** The receipt of an operation against the header after its block. */
async function proveOperation({ title, ledger, hash, body }: EvidenceOperation): Promise<Proven> {
  const answer = await ledger.receipt(hash, { withProof: true, withOperation: true });
  const json = parseCanonical(answer.proof);
  const proof = json.ok ? receiptProofFromJson(json.value) : json;
  const receipt = proof.ok ? parseReceipt(proof.value.receipt) : proof;
  if (!proof.ok || !receipt.ok)
    throw new Fault('PROOF_MALFORMED', `the proof of receipt ${hash} cannot be read`, { exitCode: EXIT.unverified });
  const frame = { title, statement: `Operation ${hash}`, network: ledger.chainId, height: receipt.value.height + 1 };
  const signature = signatureOf(answer);
  return {
    item: { kind: 'receipt', ...frame, proof: proof.value, operation: body, signature },
    lightBlock: answer.lightBlock,
    opening: undefined,
  };
}

function isSameValue(left: JsonObject | undefined, right: JsonObject | undefined): boolean {
  return canonicalString(left ?? null) === canonicalString(right ?? null);
}

/** A read under a named header; undefined where that header is from before the record's last change. */
async function readUnder(headerHeight: number, { ledger, key }: EvidenceRecord): Promise<ProvenRead | undefined> {
  try {
    return await readProven(ledger, key, { headerHeight });
  } catch (error) {
    if (error instanceof Refused && error.refusal.code === 'PRUNED') return undefined;
    throw error;
  }
}

/**
 * All records of one network against one header: the newest that carries them as they are now. A header carries the state before
 * its own block, so what has just been written waits for the next.
 */
async function proveRecords(records: readonly EvidenceRecord[]): Promise<readonly Proven[]> {
  const [first, ...others] = records;
  if (first === undefined) return [];
  const current = await Promise.all(records.map(({ ledger, key }) => ledger.read(key)));
  const endMs = Date.now() + HEADER_WAIT_MS;
  for (;;) {
    const anchor = await readProven(first.ledger, first.key);
    const { headerHeight, lightBlock } = anchor;
    const reads = [anchor, ...(await Promise.all(others.map((record) => readUnder(headerHeight, record))))];
    const pairs = reads.flatMap((read, at) =>
      read === undefined ? [] : [{ read, record: records[at] ?? first, now: current[at]?.value }],
    );
    if (pairs.length === records.length && pairs.every(({ read, now }) => isSameValue(read.value, now))) {
      return pairs.map(({ read, record }) => ({ item: itemOf(record, read), lightBlock, opening: record.opening }));
    }
    if (Date.now() > endMs) {
      const message = `${first.ledger.network}: no header with the newest records came in ${HEADER_WAIT_MS} ms`;
      throw new Fault('HEADER_LATE', message, { exitCode: EXIT.timedOut });
    }
    await sleep(HEADER_POLL_MS);
  }
}

interface NetworkShare {
  readonly network: EvidenceNetwork;
  readonly proven: readonly Proven[];
  readonly timeUnixMs: number;
}

async function collectNetwork(ledger: LedgerClient, request: EvidenceRequest): Promise<NetworkShare> {
  const isHere = (one: { readonly ledger: LedgerClient }): boolean => one.ledger.chainId === ledger.chainId;
  const proven = [...(await proveRecords(request.records.filter(isHere)))];
  for (const operation of request.operations.filter(isHere)) proven.push(await proveOperation(operation));
  const byHeight = new Map(proven.map(({ item, lightBlock }) => [item.height, lightBlock]));
  const start = await fetchEvidenceNetwork(ledger);
  const network = { ...start, lightBlocks: await walkedLightBlocks(ledger, start, byHeight) };
  return { network, proven, timeUnixMs: Math.max(...[...byHeight.values()].map(headerTimeUnixMs)) };
}

function openingsOf(proven: readonly Proven[]): EvidenceOpening[] {
  return proven.flatMap(({ opening }, item) => {
    const salt = opening === undefined ? undefined : base64urlDecode(opening.salt);
    return opening === undefined || salt === undefined ? [] : [{ item, path: opening.path, value: opening.value, salt }];
  });
}

/**
 * Fetches the proofs of a case and writes the bundle: its records as they stand, one header a network, and the receipt of each
 * operation, so that who did what and when can be seen.
 *
 * @returns Canonical bytes of an evidence bundle that verifies with nothing but itself and a genesis hash to compare.
 * @throws Fault RECORD_MISSING, HEADER_LATE; Refused where an organisation may not read its record.
 */
export async function collectEvidence(request: EvidenceRequest): Promise<Uint8Array> {
  const ledgers = new Map([...request.records, ...request.operations].map(({ ledger }) => [ledger.chainId, ledger]));
  const shares: NetworkShare[] = [];
  for (const ledger of ledgers.values()) shares.push(await collectNetwork(ledger, request));
  const proven = shares.flatMap((share) => share.proven);
  return encodeEvidence(nodeCrypto.sha256, {
    subject: request.subject,
    networks: shares.map(({ network }) => network),
    items: proven.map(({ item }) => item),
    openings: openingsOf(proven),
    claims: {
      unchangedSinceUnixMs: Math.max(...shares.map(({ timeUnixMs }) => timeUnixMs)),
      capturedBy: request.capturedBy,
      capturedAtUnixMs: request.capturedAtUnixMs,
    },
  });
}
