import { type CryptoPort, canonicalString, type JsonObject } from '@civitas/canon';
import {
  type Caller,
  type Context,
  type Contract,
  checkArgs,
  type Domain,
  done,
  type ForeignProof,
  type Outcome,
  type OutgoingPacket,
  type Packet,
  type PayloadAcknowledgement,
  type PortAnswer,
  type ReadContext,
  type ReceivedPacket,
  refused,
} from '@civitas/contracts';
import { LedgerState, Savepoint } from './ledger-state.ts';

/** What a test ledger needs of its city: clock, peers, cryptography. */
export interface World {
  readonly city: string;
  readonly crypto: CryptoPort;
  nowUnixMs(): number;
  peer(chainId: string): TestLedger | undefined;
  /** Hears of every refusal, for the tidy test. */
  refusalSeen(contract: string, method: string, code: string): void;
}

export type SentPacket = {
  readonly packet: Packet;
  state: 'sent' | 'deferred' | 'done';
  dueUnixMs: number;
};

export type TestOperation = {
  readonly contract: string;
  readonly method: string;
  readonly args: JsonObject;
  readonly organisation: string;
  readonly role: string;
  readonly actor?: string;
  readonly idempotencyKey?: string;
  /** Organisations whose persons co-sign. */
  readonly coSigners?: readonly string[];
};

export type TestEvent = { readonly contract: string; readonly name: string; readonly data: JsonObject };

const RELAY: Caller = { organisation: 'platform', role: 'relay', keyId: 'relay', actor: 'relay', coSigners: [] };
const SCAN_MAX = 256;

function escapeId(id: string): string {
  return id.replaceAll('%', '%25').replaceAll('/', '%2F');
}

/**
 * A ledger in memory that runs contracts as the runtime does: argument schema, roles, co-signatures, a savepoint for each operation,
 * packets with fake proofs. No signatures, membership or blocks: those are the runtime's own tests.
 */
export class TestLedger {
  readonly chainId: string;
  readonly domain: Domain;
  readonly state = new LedgerState();
  readonly outbox: SentPacket[] = [];
  readonly events: TestEvent[] = [];
  /** Acknowledgements by `<source>/<sequence>`. */
  readonly answers = new Map<string, PayloadAcknowledgement>();
  height = 1;
  /** Refuses every send, as a frozen client does. */
  frozen = false;
  private readonly contracts: ReadonlyMap<string, Contract>;
  private readonly world: World;
  private operations = 0;

  constructor(world: World, domain: Domain, contracts: readonly Contract[]) {
    this.world = world;
    this.domain = domain;
    this.chainId = `${world.city}-${domain}-1`;
    this.contracts = new Map(contracts.map((contract) => [contract.name, contract]));
  }

  /** Runs one operation in a block of its own. */
  call(operation: TestOperation): Outcome {
    const { contract, method, args } = operation;
    const definition = this.contracts.get(contract)?.methods[method];
    if (definition === undefined) return refused('UNKNOWN_METHOD', { contract, method });
    const key = operation.idempotencyKey ?? `key-${++this.operations}`;
    const caller = this.callerOf(operation);
    // Role `internal` stands for another contract's invoke.
    const isInternal = definition.roles.length === 0 && caller.role === 'internal';
    if (!isInternal && !definition.roles.includes(caller.role)) return refused('NOT_AUTHORISED', { role: caller.role });
    if (caller.coSigners.length < (definition.coSignatures ?? 0)) return refused('NOT_AUTHORISED', { reason: 'co-signatures' });
    const checked = checkArgs(definition.args, args);
    if (!checked.ok) return { ok: false, refusal: checked.refusal };
    return this.block((save, events, sent) => {
      const ctx = this.context({ contract, caller, save, events, sent, key });
      const outcome = definition.run(ctx, checked.value);
      if (!outcome.ok) this.world.refusalSeen(contract, method, outcome.refusal.code);
      return { keep: outcome.ok, value: outcome };
    });
  }

  view(contract: string, method: string, args: JsonObject, by: Pick<TestOperation, 'organisation' | 'role'>): Outcome {
    const definition = this.contracts.get(contract)?.views[method];
    if (definition === undefined) return refused('UNKNOWN_METHOD', { contract, method });
    if (!definition.roles.includes('*') && !definition.roles.includes(by.role)) return refused('NOT_AUTHORISED', { role: by.role });
    const checked = checkArgs(definition.args, args);
    if (!checked.ok) return { ok: false, refusal: checked.refusal };
    const caller = this.callerOf({ contract, method, args, ...by });
    const ctx: ReadContext = this.context({ contract, caller, save: new Savepoint(this.state), events: [], sent: [], key: '' });
    return definition.run(ctx, checked.value);
  }

  /** A record by its key, as the newest block left it. */
  read(key: string): JsonObject | undefined {
    return this.state.find(key);
  }

  /** Puts or changes a record behind the contracts' back: membership, or a state that would take long to reach. */
  edit(key: string, change: (record: JsonObject) => JsonObject): void {
    this.height += 1;
    this.state.put(key, change(this.state.find(key) ?? {}), this.height);
  }

  /** A proof of the record as it is now, in the form that `verifyForeign` of the other test ledgers reads. */
  prove(key: string): { readonly proof: ForeignProof; readonly record: JsonObject } {
    const record = this.state.find(key);
    if (record === undefined) throw new Error(`no record ${key} on ${this.chainId}`);
    return { proof: { peer: this.chainId, headerHeight: this.height, proof: { key } }, record };
  }

  /** Receives a packet: the port's answer, `keep` stripped. */
  receive(packet: Packet): PayloadAcknowledgement {
    const [payload] = packet.payloads;
    const port = payload === undefined ? undefined : this.contracts.get(payload.port)?.ports[payload.version];
    const receive = port?.receive?.bind(port);
    let answer: PayloadAcknowledgement = { status: 'error', code: 'UNKNOWN_PORT', retriable: false, facts: {} };
    if (payload !== undefined && port !== undefined && receive !== undefined) {
      const checked = checkArgs(port.payload, payload.value);
      if (!checked.ok) answer = { status: 'error', code: checked.refusal.code, retriable: false, facts: checked.refusal.facts };
      else answer = this.runPort(payload.port, (ctx) => receive(ctx, receivedOf(packet), checked.value));
    }
    this.answers.set(`${packet.source}/${packet.sequence}`, answer);
    return answer;
  }

  /** Tells the sending contract what became of its packet; `undefined` is a timeout. */
  hear(packet: Packet, answer: PayloadAcknowledgement | undefined): void {
    const [payload] = packet.payloads;
    if (payload === undefined) return;
    const port = this.contracts.get(payload.sourcePort)?.ports[payload.version];
    this.block((save, events, sent) => {
      const ctx = this.context({ contract: payload.sourcePort, caller: RELAY, save, events, sent, key: `hear-${++this.operations}` });
      if (answer === undefined) port?.timedOut?.(ctx, receivedOf(packet), payload.value);
      else port?.acknowledged?.(ctx, receivedOf(packet), payload.value, answer);
      return { keep: true, value: undefined };
    });
  }

  private runPort(contract: string, run: (ctx: Context) => PortAnswer): PayloadAcknowledgement {
    return this.block<PayloadAcknowledgement>((save, events, sent) => {
      const key = `receive-${++this.operations}`;
      const answered = run(this.context({ contract, caller: RELAY, save, events, sent, key }));
      const keep = answered.status !== 'error' || ('keep' in answered && answered.keep);
      if (answered.status !== 'error') return { keep, value: answered };
      const { status, code, retriable, facts } = answered;
      return { keep, value: { status, code, retriable, facts } };
    });
  }

  private block<T>(run: (save: Savepoint, events: TestEvent[], sent: SentPacket[]) => { keep: boolean; value: T }): T {
    const save = new Savepoint(this.state);
    const events: TestEvent[] = [];
    const sent: SentPacket[] = [];
    const answers = new Map(this.answers);
    this.height += 1;
    const { keep, value } = run(save, events, sent);
    if (keep) {
      save.commit(this.height);
      this.events.push(...events);
      this.outbox.push(...sent);
    } else {
      this.answers.clear();
      for (const [key, answer] of answers) this.answers.set(key, answer);
    }
    return value;
  }

  private callerOf(operation: TestOperation): Caller {
    const { organisation, role } = operation;
    const coSigners = (operation.coSigners ?? []).map((one) => ({ keyId: `approver-${one}`, organisation: one }));
    return { organisation, role, keyId: `key-${organisation}`, actor: operation.actor ?? 'clerk-1', coSigners };
  }

  private context(run: {
    contract: string;
    caller: Caller;
    save: Savepoint;
    events: TestEvent[];
    sent: SentPacket[];
    key: string;
  }): Context {
    const { contract, caller, save, events, sent, key } = run;
    const { world, chainId, domain, height } = this;
    const keyOf = (collection: string, id: string): string => `${contract}/${collection}/${escapeId(id)}`;
    return {
      chainId,
      city: world.city,
      domain,
      height,
      timeUnixMs: world.nowUnixMs(),
      caller,
      crypto: world.crypto,
      operationHash: key,
      idempotencyKey: key,
      state: {
        get: (collection, id) => save.find(keyOf(collection, id)),
        put: (collection, id, record) => save.put(keyOf(collection, id), JSON.parse(canonicalString(record)) as JsonObject),
        delete: (collection, id) => save.put(keyOf(collection, id), undefined),
        scan: (collection, range) => scan(save, `${contract}/${collection}/`, range),
      },
      readOther: (other, collection, id) => save.find(`${other}/${collection}/${escapeId(id)}`),
      invoke: (other, method, args) => {
        const definition = this.contracts.get(other)?.methods[method];
        if (definition === undefined || definition.roles.length > 0) return refused('UNKNOWN_METHOD', { contract: other, method });
        const checked = checkArgs(definition.args, args);
        if (!checked.ok) return { ok: false, refusal: checked.refusal };
        const mark = save.mark();
        const outcome = definition.run(this.context({ ...run, contract: other }), checked.value);
        if (!outcome.ok) {
          save.rollBack(mark);
          world.refusalSeen(other, method, outcome.refusal.code);
        }
        return outcome;
      },
      emit: (name, data) => {
        events.push({ contract, name, data });
      },
      send: (packet) => this.send(contract, packet, sent),
      acknowledge: ({ peer, sequence }, answer) => {
        const open = this.answers.get(`${peer}/${sequence}`);
        if (open?.status !== 'deferred') return refused('STATE', { reason: 'not-deferred' });
        if (world.nowUnixMs() >= open.dueUnixMs) return refused('STATE', { reason: 'past-due' });
        this.answers.set(`${peer}/${sequence}`, answer);
        return done();
      },
      verifyForeign: (proof, foreignKey, value) => {
        const found = world.peer(proof.peer)?.state.find(foreignKey, proof.headerHeight);
        const same = proof.proof['key'] === foreignKey && JSON.stringify(found) === (value && canonicalString(value));
        return same ? done() : refused('PROOF_INVALID', { peer: proof.peer });
      },
    };
  }

  private send(contract: string, packet: OutgoingPacket, sent: SentPacket[]) {
    if (this.frozen) return refused('CLIENT_FROZEN', { peer: packet.destination });
    const before = [...this.outbox, ...sent].filter((one) => one.packet.destination === packet.destination);
    const sequence = before.length + 1;
    sent.push({
      packet: {
        source: this.chainId,
        destination: packet.destination,
        sequence,
        timeoutUnixMs: packet.timeoutUnixMs,
        payloads: packet.payloads.map((payload) => ({ ...payload, sourcePort: contract })),
        lane: packet.lane ?? '',
        flow: packet.flow ?? '',
        purpose: packet.purpose ?? '',
        basis: packet.basis ?? '',
        requires: packet.requires ?? [],
      },
      state: 'sent',
      dueUnixMs: 0,
    });
    return { ok: true as const, sequence };
  }
}

function receivedOf(packet: Packet): ReceivedPacket {
  const { payloads, ...rest } = packet;
  return { packet: rest, packetHash: `${packet.source}/${packet.sequence}`, sourcePort: payloads[0]?.sourcePort ?? '' };
}

function scan(save: Savepoint, base: string, range: { prefix?: string; after?: string; limit: number }) {
  const limit = Math.min(range.limit, SCAN_MAX);
  const ids = save.keys(`${base}${range.prefix ?? ''}`).map((key) => key.slice(base.length));
  const after = range.after;
  const page = (after === undefined ? ids : ids.filter((id) => id > after)).slice(0, limit);
  return page.map((id) => ({ id, record: save.find(base + id) ?? {} }));
}
