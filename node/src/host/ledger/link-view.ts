import { encodeCanonical, type JsonObject } from '@civitas/canon';
import { statusOf } from '../../core/links/client.ts';
import { type BodyRecord, bodiesPrefix, bodyKey, counterOf, findClient, peersOf } from '../../core/links/records.ts';
import type { RecordSource } from '../../core/state/records.ts';
import { failedPacketOf } from './failed-packets.ts';
import type { FailedPacket, LinkPeer, LinkReader, OutboxEntry } from './ledger-host.ts';

const OUTBOX_MAX = 256;

/** The link records as of the last commit. */
export class LinkView implements LinkReader {
  readonly #records: RecordSource;
  readonly #timeUnixMs: () => number;
  readonly #failed: (peer: string, limit: number) => readonly JsonObject[];

  /** @param timeUnixMs time of the last block: what staleness is judged by. @param failed what the store keeps of packets that failed. */
  constructor(records: RecordSource, timeUnixMs: () => number, failed: (peer: string, limit: number) => readonly JsonObject[]) {
    this.#records = records;
    this.#timeUnixMs = timeUnixMs;
    this.#failed = failed;
  }

  peers(): readonly LinkPeer[] {
    return peersOf(this.#records).flatMap((chainId) => this.#peer(chainId) ?? []);
  }

  #peer(chainId: string): LinkPeer | undefined {
    const client = findClient(this.#records, chainId);
    if (client === undefined) return undefined;
    const { lastSequence, inFlight } = counterOf(this.#records, chainId);
    const [oldest] = this.#records.scan({ prefix: bodiesPrefix(chainId), limit: 1 });
    return {
      chainId,
      status: statusOf(client, this.#timeUnixMs()),
      clientHeight: client.latestHeight,
      clientTimeUnixMs: client.latestTimeUnixMs,
      lastSequence,
      inFlight,
      oldestSentAtUnixMs: oldest === undefined ? 0 : (oldest.record as BodyRecord).sentAtUnixMs,
    };
  }

  /** Height of the block that sent the oldest packet still open; undefined when none is. */
  oldestOpenHeight(): number | undefined {
    const heights = peersOf(this.#records).flatMap((peer) => {
      const [oldest] = this.#records.scan({ prefix: bodiesPrefix(peer), limit: 1 });
      return oldest === undefined ? [] : [(oldest.record as BodyRecord).sentAtHeight];
    });
    return heights.length === 0 ? undefined : Math.min(...heights);
  }

  outbox(peer: string, afterSequence: number, limit: number): readonly OutboxEntry[] {
    const range = { prefix: bodiesPrefix(peer), after: bodyKey(peer, afterSequence), limit: Math.min(limit, OUTBOX_MAX) };
    return this.#records.scan(range).map(({ key, record }) => {
      const body = record as BodyRecord;
      return {
        sequence: Number(key.slice(range.prefix.length)),
        packet: encodeCanonical(body.packet),
        sentAtHeight: body.sentAtHeight,
        sentAtUnixMs: body.sentAtUnixMs,
        deferredUntilUnixMs: body.deferredUntilUnixMs,
      };
    });
  }

  failed(peer: string, limit: number): readonly FailedPacket[] {
    return this.#failed(peer, limit).map(failedPacketOf);
  }
}
