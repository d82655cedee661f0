import type { Json } from '@civitas/canon';
import { base64urlDecode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import {
  decodeLightBlock,
  type EvidenceBundle,
  type EvidenceItem,
  type EvidenceNetwork,
  type EvidenceOpening,
  encodeEvidence,
  unixMsOf,
} from '@civitas/proofs';
import { Fault } from '../fault.ts';
import type { LedgerClient } from '../sdk/ledger-client.ts';
import { type ProvenRead, readProven, readProvenAfter } from '../sdk/proven-read.ts';
import { fetchEvidenceNetwork } from './evidence-network.ts';

/** A record that belongs to a case. */
export interface EvidenceRecord {
  readonly title: string;
  readonly statement: string;
  /** Client of an organisation that may read it. */
  readonly ledger: LedgerClient;
  readonly key: string;
  /** Height of the block that wrote it last, as far as the case knows. */
  readonly afterHeight: number;
  /** Shown as absent. */
  readonly absent?: boolean;
  /** A private value of it that the case discloses. */
  readonly opening?: { readonly path: readonly string[]; readonly value: Json; readonly salt: string };
}

export interface EvidenceRequest {
  readonly subject: EvidenceBundle['subject'];
  readonly records: readonly EvidenceRecord[];
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

interface NetworkShare {
  readonly network: EvidenceNetwork;
  readonly items: readonly (readonly [EvidenceRecord, EvidenceItem])[];
  readonly timeUnixMs: number;
}

/** All records of one network against one header. */
async function collectNetwork(records: readonly EvidenceRecord[]): Promise<NetworkShare> {
  const latest = records.reduce((left, right) => (right.afterHeight > left.afterHeight ? right : left));
  const anchor = await readProvenAfter(latest.ledger, latest.key, latest.afterHeight);
  const items: [EvidenceRecord, EvidenceItem][] = [];
  for (const record of records) {
    const read = record === latest ? anchor : await readProven(record.ledger, record.key, { headerHeight: anchor.headerHeight });
    items.push([record, itemOf(record, read)]);
  }
  const network = { ...(await fetchEvidenceNetwork(latest.ledger)), lightBlocks: [anchor.lightBlock] };
  return { network, items, timeUnixMs: headerTimeUnixMs(anchor.lightBlock) };
}

function openingsOf(pairs: readonly (readonly [EvidenceRecord, EvidenceItem])[]): EvidenceOpening[] {
  return pairs.flatMap(([{ opening }], item) => {
    const salt = opening === undefined ? undefined : base64urlDecode(opening.salt);
    return opening === undefined || salt === undefined ? [] : [{ item, path: opening.path, value: opening.value, salt }];
  });
}

/**
 * Fetches the proofs of a case's records, one header a network, and writes the bundle.
 *
 * @returns Canonical bytes of an evidence bundle that verifies with nothing but itself and a genesis hash to compare.
 * @throws Fault RECORD_MISSING, HEADER_LATE; Refused where an organisation may not read its record.
 */
export async function collectEvidence(request: EvidenceRequest): Promise<Uint8Array> {
  const groups = new Map<string, EvidenceRecord[]>();
  for (const record of request.records) {
    const { chainId } = record.ledger;
    groups.set(chainId, [...(groups.get(chainId) ?? []), record]);
  }
  const shares: NetworkShare[] = [];
  for (const records of groups.values()) shares.push(await collectNetwork(records));
  const pairs = shares.flatMap(({ items }) => items);
  return encodeEvidence(nodeCrypto.sha256, {
    subject: request.subject,
    networks: shares.map(({ network }) => network),
    items: pairs.map(([, item]) => item),
    openings: openingsOf(pairs),
    claims: {
      unchangedSinceUnixMs: Math.max(...shares.map(({ timeUnixMs }) => timeUnixMs)),
      capturedBy: request.capturedBy,
      capturedAtUnixMs: request.capturedAtUnixMs,
    },
  });
}
