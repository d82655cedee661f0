import type { CryptoPort } from '@civitas/canon';
import { contractsOf, DOMAINS, type Domain } from '@civitas/contracts';
import { type SentPacket, TestLedger, type World } from './test-ledger.ts';

/** Five linked ledgers in memory on one clock. Packets lie in outboxes until `relay` carries them. */
export class TestCity {
  readonly crypto: CryptoPort;
  readonly refusals = new Set<string>();
  private readonly ledgers: ReadonlyMap<Domain, TestLedger>;
  private now: number;

  /** @param crypto the host's ports, such as `nodeCrypto`. @param startUnixMs default 2026-03-02T02:00Z, a Monday. */
  constructor(crypto: CryptoPort, options: { city?: string; startUnixMs?: number } = {}) {
    this.crypto = crypto;
    this.now = options.startUnixMs ?? 1_772_416_800_000;
    const world: World = {
      city: options.city ?? 'jincheng',
      crypto,
      nowUnixMs: () => this.now,
      peer: (chainId) => [...this.ledgers.values()].find((ledger) => ledger.chainId === chainId),
      refusalSeen: (contract, method, code) => this.refusals.add(`${contract} ${method} ${code}`),
    };
    this.ledgers = new Map(DOMAINS.map((domain) => [domain, new TestLedger(world, domain, contractsOf(domain))]));
  }

  get nowUnixMs(): number {
    return this.now;
  }

  advance(byMs: number): void {
    this.now += byMs;
  }

  ledger(domain: Domain): TestLedger {
    const ledger = this.ledgers.get(domain);
    if (ledger === undefined) throw new Error(`no ledger ${domain}`);
    return ledger;
  }

  /** Carries every packet, acknowledgement and timeout until nothing moves. */
  relay(): void {
    for (let moved = true; moved; ) {
      moved = false;
      for (const source of this.ledgers.values())
        for (const sent of source.outbox) if (sent.state !== 'done' && this.carry(source, sent)) moved = true;
    }
  }

  private carry(source: TestLedger, sent: SentPacket): boolean {
    const { packet } = sent;
    const destination = [...this.ledgers.values()].find((ledger) => ledger.chainId === packet.destination);
    if (destination === undefined) return false;
    if (sent.state === 'deferred') return this.settleDeferred(source, sent, destination);
    if (this.now >= packet.timeoutUnixMs) {
      sent.state = 'done';
      source.hear(packet, undefined);
      return true;
    }
    const answer = destination.receive(packet);
    sent.state = answer.status === 'deferred' ? 'deferred' : 'done';
    sent.dueUnixMs = answer.status === 'deferred' ? answer.dueUnixMs : 0;
    source.hear(packet, answer);
    return true;
  }

  private settleDeferred(source: TestLedger, sent: SentPacket, destination: TestLedger): boolean {
    const answer = destination.answers.get(`${source.chainId}/${sent.packet.sequence}`);
    if (answer !== undefined && answer.status !== 'deferred') {
      sent.state = 'done';
      source.hear(sent.packet, answer);
      return true;
    }
    if (this.now < sent.dueUnixMs) return false;
    sent.state = 'done';
    source.hear(sent.packet, undefined);
    return true;
  }
}
