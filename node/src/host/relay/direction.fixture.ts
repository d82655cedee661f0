import { encodeCanonical, type JsonObject } from '@civitas/canon';
import type { Receipt } from '@civitas/proofs';
import type { OutgoingPacket, Peer } from '@civitas/proto/civitas/node/v1/link';
import { NO_TRACING, openLogger, openMetricsRegistry, relayMetrics } from '@civitas/telemetry';
import { Direction } from './direction.ts';
import type { NetworkClient, NetworkHeader, ProvenSpace } from './network-client.ts';

export const SOURCE = 'jincheng-health-1';
export const DESTINATION = 'jincheng-city-1';
export const THIRD = 'jincheng-courts-1';
/** Header time of height 1000. */
export const NOW_UNIX_MS = 1_000_000;

export const FINAL: JsonObject = { payloads: [{ status: 'ok' }] };
export const deferredUntil = (dueUnixMs: number): JsonObject => ({ payloads: [{ status: 'deferred', dueUnixMs }] });

interface Sent {
  readonly timeoutUnixMs: number;
  readonly deferredUntilUnixMs: number;
  readonly requires: readonly JsonObject[];
}

interface RefusalOfAll {
  readonly code: string;
  readonly facts?: JsonObject;
}

/** Headers a second apart. */
const headerAt = async (height: number): Promise<NetworkHeader> => ({
  height,
  timeUnixMs: NOW_UNIX_MS + (height - 1000) * 1000,
  lightBlock: new TextEncoder().encode(String(height)),
});

const receiptOf = (outcome: Receipt['outcome']): Receipt => ({
  height: 1000,
  index: 0,
  operation: new Uint8Array(32),
  outcome,
  events: [],
});

/** Two ledgers behind their gateways, as far as a relay sees them, and a direction from one to the other. */
export class FakeLink {
  /** Open at the source. */
  readonly sent = new Map<number, Sent>();
  /** Acknowledgements at the destination. */
  readonly answers = new Map<number, JsonObject>();
  /** Operations that the ledgers were given. */
  readonly given: { readonly method: string; readonly sequences: readonly number[]; readonly args: JsonObject }[] = [];
  /** What was to be proven, with the height of the header. */
  readonly asked: { readonly space: ProvenSpace; readonly sequences: readonly number[]; readonly headerHeight: number }[] = [];
  readonly logged: JsonObject[] = [];
  /** Why an operation is refused as a whole; undefined when it is executed. */
  refusalOf: (method: string, args: JsonObject) => RefusalOfAll | undefined = () => undefined;
  /** Newest header of both. */
  height = 1000;
  /** The source's record of the destination, and the other way round. */
  outgoing: Partial<Peer> = {};
  incoming: Partial<Peer> = {};
  readonly #registry = openMetricsRegistry({});
  readonly direction: Direction;

  constructor() {
    this.direction = new Direction({
      source: this.#client(SOURCE, () => this.#peer(DESTINATION, this.outgoing)),
      destination: this.#client(DESTINATION, () => this.#peer(SOURCE, this.incoming)),
      findNetwork: (chainId) => (chainId === THIRD ? this.#client(THIRD, () => this.#peer(SOURCE, {})) : undefined),
      holder: 'relay-0',
      metrics: this.#registry.register(relayMetrics),
      log: openLogger({}, 'info', (line) => void this.logged.push(JSON.parse(line) as JsonObject)),
      tracing: NO_TRACING,
      nowUnixMs: () => NOW_UNIX_MS + (this.height - 1000) * 1000,
    });
  }

  send(sequence: number, sent: Partial<Sent> = {}): void {
    this.sent.set(sequence, { timeoutUnixMs: NOW_UNIX_MS + 3_600_000, deferredUntilUnixMs: 0, requires: [], ...sent });
  }

  /** Sends a packet whose answer is deferred, and the source knows. */
  defer(sequence: number, dueUnixMs = NOW_UNIX_MS + 86_400_000): void {
    this.send(sequence, { deferredUntilUnixMs: dueUnixMs });
    this.answers.set(sequence, deferredUntil(dueUnixMs));
  }

  /** Sequences of the operations of one kind, in the order given. */
  sequencesOf(method: string): readonly number[] {
    return this.given.filter((one) => one.method === method).flatMap(({ sequences }) => sequences);
  }

  /** Packets of which the relay says that they wait for this. */
  async pending(step: string): Promise<number> {
    const found = new RegExp(`^civitas_relay_packets_pending\\{.*step="${step}".*\\} (\\d+)`, 'm').exec(await this.#registry.text());
    return Number(found?.[1]);
  }

  #peer(chainId: string, overrides: Partial<Peer>): Peer {
    const { height } = this;
    const client = { clientHeight: BigInt(height), clientTimeUnixMs: BigInt(NOW_UNIX_MS + (height - 1000) * 1000), wantedHeight: 0n };
    const open = { lastSequence: 0n, inFlight: chainId === DESTINATION ? this.sent.size : 0, oldestSentAtUnixMs: 0n };
    return { chainId, status: 'Active', ...client, ...open, ...overrides };
  }

  #client(chainId: string, peer: () => Peer): NetworkClient {
    return {
      network: chainId,
      chainId,
      peers: async () => [peer()],
      outbox: async (_, after, limit) => this.#outbox(after, limit),
      prove: async (space, { sequences, headerHeight }) => {
        this.asked.push({ space, sequences, headerHeight });
        return sequences.map((sequence) => {
          const value = space === 'packet' ? {} : this.answers.get(sequence);
          return { found: value !== undefined, value, proof: {} };
        });
      },
      newestHeader: () => headerAt(this.height),
      headerAt,
      deliver: async (method, args) => this.#deliver(method, args),
      wake: async () => ({ activity: 0, outgoing: [], incoming: [] }),
      acquireLease: async () => true,
      close: () => undefined,
    };
  }

  #outbox(after: number, limit: number): OutgoingPacket[] {
    return [...this.sent]
      .filter(([sequence]) => sequence > after)
      .sort(([a], [b]) => a - b)
      .slice(0, limit)
      .map(([sequence, { timeoutUnixMs, deferredUntilUnixMs, requires }]) => ({
        sequence: BigInt(sequence),
        packet: encodeCanonical({ requires, sequence, timeoutUnixMs }),
        sentAtHeight: 1n,
        sentAtUnixMs: BigInt(NOW_UNIX_MS),
        deferredUntilUnixMs: BigInt(deferredUntilUnixMs),
      }));
  }

  #deliver(method: string, args: JsonObject): Receipt {
    const packets = (args['packets'] ?? []) as readonly { readonly sequence?: number; readonly packet?: { readonly sequence: number } }[];
    const sequences = packets.map(({ sequence, packet }) => sequence ?? packet?.sequence ?? 0);
    this.given.push({ method, sequences, args });
    const refusal = this.refusalOf(method, args);
    if (refusal !== undefined) return receiptOf({ ok: false, refusal: { facts: {}, ...refusal } });
    const results = sequences.map((sequence) => ({ sequence, status: this.#execute(method, sequence) }));
    return receiptOf({ ok: true, result: { results } });
  }

  #execute(method: string, sequence: number): string {
    if (method === 'receive') {
      this.answers.set(sequence, FINAL);
      return 'received';
    }
    this.sent.delete(sequence);
    return method === 'timeout' ? 'timed-out' : 'acknowledged';
  }
}
