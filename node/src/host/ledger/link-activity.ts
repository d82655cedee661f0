import { linkWriteOf } from '../../core/links/records.ts';
import type { StoredRecord } from '../../core/state/records.ts';
import type { LedgerHost, LinksTouched } from './ledger-host.ts';

/** Peers that a block's writes concern. */
export function linksTouched(writes: ReadonlyMap<string, StoredRecord | undefined>): LinksTouched {
  const touched = { out: new Set<string>(), ack: new Set<string>() };
  for (const [key, stored] of writes) {
    const write = stored === undefined ? undefined : linkWriteOf(key);
    if (write !== undefined) touched[write.space].add(write.peer);
  }
  return { sent: [...touched.out], answered: [...touched.ack] };
}

/** What a relay has not seen yet: peers with packets to take to them, and peers from which something is to be brought or answered. */
export interface LinkNews {
  /** Names everything up to now; 0 before anything happened. */
  readonly activity: number;
  readonly outgoing: readonly string[];
  readonly incoming: readonly string[];
}

/** Follows what became provable on the links of a ledger, in memory: a relay that misses it finds the same by asking. */
export class LinkActivity {
  #activity = 0;
  #unproven: LinksTouched = { sent: [], answered: [] };
  readonly #outgoing = new Map<string, number>();
  readonly #incoming = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  readonly #stop: () => void;

  constructor(ledger: Pick<LedgerHost, 'onCommit'>) {
    this.#stop = ledger.onCommit(({ links }) => {
      // What a block wrote is proven under the next header only: there is nothing to do before.
      const { sent, answered } = this.#unproven;
      this.#unproven = links;
      this.#note(sent, answered);
    });
  }

  /** A header of the peer is wanted here. */
  want(peer: string): void {
    this.#note([], [peer]);
  }

  /** @param seen activity of an earlier answer; one from before a restart gets everything. */
  since(seen: number): LinkNews {
    const after = seen > this.#activity ? -1 : seen;
    const newer = (peers: ReadonlyMap<string, number>): string[] => [...peers].filter(([, at]) => at > after).map(([peer]) => peer);
    return { activity: this.#activity, outgoing: newer(this.#outgoing), incoming: newer(this.#incoming) };
  }

  /** Resolves at the next thing that happens, or when the wait is over. */
  next(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(finish);
        resolve();
      };
      const timer = setTimeout(finish, waitMs);
      this.#waiting.add(finish);
    });
  }

  close(): void {
    this.#stop();
    for (const finish of [...this.#waiting]) finish();
  }

  #note(outgoing: readonly string[], incoming: readonly string[]): void {
    if (outgoing.length + incoming.length === 0) return;
    this.#activity += 1;
    for (const peer of outgoing) this.#outgoing.set(peer, this.#activity);
    for (const peer of incoming) this.#incoming.set(peer, this.#activity);
    for (const finish of [...this.#waiting]) finish();
  }
}
