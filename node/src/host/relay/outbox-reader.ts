import type { OutgoingPacket } from '@civitas/proto/civitas/node/v1/link';
import { OLDEST_PAGES_MAX, PAGE_PACKETS, ROUND_PAGES_MAX } from './limits.ts';
import type { NetworkClient } from './network-client.ts';

/** Open packets that one pass looks at. */
export interface OutboxPart {
  readonly packets: readonly OutgoingPacket[];
  /** Whether a packet with this sequence would be among them if it were open. */
  readonly covers: (sequence: number) => boolean;
}

/** Of an outbox that is known to be empty. */
export const NOTHING_OPEN: OutboxPart = { packets: [], covers: () => true };

/**
 * Reads the oldest packets of an outbox in every pass. What is open beyond them is read in turn, a part in each pass: thousands that wait
 * for a deferred answer must not hide what was sent after them.
 */
export class OutboxReader {
  readonly #source: Pick<NetworkClient, 'outbox'>;
  readonly #peer: string;
  /** Sequence up to which this round beyond the oldest has come; 0 before it begins. */
  #roundAt = 0;

  constructor(source: Pick<NetworkClient, 'outbox'>, peer: string) {
    this.#source = source;
    this.#peer = peer;
  }

  /** @throws GatewayError when the gateway did not answer or refused. */
  async read(): Promise<OutboxPart> {
    const oldest = await this.#pages(0, OLDEST_PAGES_MAX);
    if (oldest.isEnd) {
      this.#roundAt = 0;
      return { packets: oldest.packets, covers: () => true };
    }
    const from = Math.max(this.#roundAt, oldest.upTo);
    const further = await this.#pages(from, ROUND_PAGES_MAX);
    this.#roundAt = further.isEnd ? 0 : further.upTo;
    const covers = (sequence: number): boolean => {
      return sequence <= oldest.upTo || (sequence > from && (further.isEnd || sequence <= further.upTo));
    };
    return { packets: [...oldest.packets, ...further.packets], covers };
  }

  async #pages(after: number, pagesMax: number): Promise<{ packets: OutgoingPacket[]; upTo: number; isEnd: boolean }> {
    const packets: OutgoingPacket[] = [];
    let upTo = after;
    for (let page = 0; page < pagesMax; page++) {
      const next = await this.#source.outbox(this.#peer, upTo, PAGE_PACKETS);
      packets.push(...next);
      upTo = Number(next.at(-1)?.sequence ?? upTo);
      if (next.length < PAGE_PACKETS) return { packets, upTo, isEnd: true };
    }
    return { packets, upTo, isEnd: false };
  }
}
