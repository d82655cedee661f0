import type { JsonObject } from '@civitas/canon';
import type { Genesis } from '@civitas/deployment';
import type { LinkEnd, LinkTerms } from '../../core/plan/link-plan.ts';
import { callNode } from '../ledger/node-connection.ts';
import { findRecord, type PlatformLedger } from '../ledger/platform-operations.ts';

export interface LinkLedger extends PlatformLedger {
  readonly genesis: Genesis;
}

/** What one ledger holds about a peer: client and terms by their records, packets as LinkService counts them. */
export async function observeEnd(ledger: LinkLedger, end: LinkEnd, peer: string): Promise<LinkEnd> {
  const { link } = ledger.connection;
  const [listed, terms] = await Promise.all([
    callNode(link.listPeers.bind(link), {}),
    findRecord(ledger.connection, `links/${peer}/terms`),
  ]);
  const seen = listed.peers.find(({ chainId }) => chainId === peer);
  if (seen === undefined) return { ...end, client: undefined, terms: undefined };
  return {
    ...end,
    client: { status: seen.status, latestHeight: Number(seen.clientHeight), latestTimeUnixMs: Number(seen.clientTimeUnixMs) },
    terms: termsOf(terms),
    lastSequence: Number(seen.lastSequence),
    inFlight: seen.inFlight,
    oldestSentAtUnixMs: Number(seen.oldestSentAtUnixMs),
  };
}

function termsOf(record: JsonObject | undefined): LinkTerms | undefined {
  if (record === undefined) return undefined;
  const { portsIn, portsOut, packetsPerMinute, bytesPerMinute } = record;
  if (!Array.isArray(portsIn) || !Array.isArray(portsOut) || typeof packetsPerMinute !== 'number' || typeof bytesPerMinute !== 'number')
    return undefined;
  const texts = (list: readonly unknown[]): readonly string[] => list.filter((item) => typeof item === 'string');
  return { portsIn: texts(portsIn), portsOut: texts(portsOut), packetsPerMinute, bytesPerMinute };
}
