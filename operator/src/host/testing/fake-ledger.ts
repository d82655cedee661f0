import { type Bytes, encodeCanonical, isJsonObject, type Json, type JsonObject, parseOperation } from '@civitas/canon';
import type { Genesis } from '@civitas/deployment';
import { encodeReceipt, type ReceiptOutcome } from '@civitas/proofs';
import type { LedgerServiceServer, ValidatorStanding } from '@civitas/proto/civitas/node/v1/ledger';
import { type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { FakeProtocol } from './fake-protocol.ts';

/** The ledger of one network as far as the operator looks at it: proposals, and the set that they change. */
export interface FakeLedger {
  readonly service: LedgerServiceServer;
  /** Records by key, as contracts would have written them. */
  readonly records: Map<string, JsonObject>;
  /** Every change that was proposed, in order: `<kind> <id>`. */
  readonly proposed: readonly string[];
  /** Members decide a change of the set or of the rules as soon as it is proposed; otherwise it stays open. */
  isAutomatic: boolean;
  /** Code that every proposal is refused with; '' for none. */
  refusesWith: string;
  readonly protocol: FakeProtocol;
  /** Members decide what stands open. */
  decideOpen(): void;
  /** Called once a change is proposed on the ledger, before anybody hears of it. */
  onProposed: (kind: string) => void;
  /** The set as the genesis has it; a second call changes nothing. */
  bear(genesisText: string): void;
  /** Nodes that sign now. */
  signing(): readonly string[];
  /** Whether a key signs now. */
  signsWith(publicKey: Bytes): boolean;
}

interface Member {
  readonly publicKey: Bytes;
  readonly node: string;
  readonly organisation: string;
  readonly sinceHeight: number;
  untilHeight: number;
}

/** Blocks between a decision and its effect, as on the real one. */
const ACTIVATION_BLOCKS = 2;
const NOTHING = new Uint8Array(0);
const DECIDED_KINDS: readonly string[] = ['addValidator', 'removeValidator', 'rekeyValidator', 'activateProtocol', 'cancelProtocol'];

const bytesOf = (text: string): Bytes => new Uint8Array(Buffer.from(text, 'base64url'));
const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** Proposals and the set as contracts would keep them. A block is made at each question for the set. */
class FakeState {
  readonly records = new Map<string, JsonObject>();
  readonly proposed: string[] = [];
  readonly #members = new Map<string, Member>();
  readonly protocol = new FakeProtocol();
  isAutomatic = true;
  refusesWith = '';
  onProposed: (kind: string) => void = () => {};
  height = 1;

  bear(genesisText: string): void {
    if (this.#members.size > 0) return;
    const genesis: Genesis = JSON.parse(genesisText);
    for (const { publicKey, node, organisation } of genesis.validators)
      this.#members.set(publicKey, { publicKey: bytesOf(publicKey), node, organisation, sinceHeight: 0, untilHeight: 0 });
  }

  signing(): readonly string[] {
    return [...this.#members.values()].filter((member) => ['active', 'leaving'].includes(this.#standingOf(member))).map(({ node }) => node);
  }

  signsWith(publicKey: Bytes): boolean {
    const member = this.#members.get(Buffer.from(publicKey).toString('base64url'));
    return member !== undefined && this.#standingOf(member) === 'active';
  }

  validators(): ValidatorStanding[] {
    this.height++;
    this.protocol.block();
    return [...this.#members.values()].map((member) => ({
      ...{ address: NOTHING, publicKey: member.publicKey, power: 10, node: member.node, organisation: member.organisation },
      ...{ standing: this.#standingOf(member), sinceHeight: BigInt(member.sinceHeight), untilHeight: BigInt(member.untilHeight) },
      misbehaviourCount: 0,
    }));
  }

  submit(body: Bytes): Bytes {
    const operation = parseOperation(body);
    if (!operation.ok) throw new Error(operation.refusal.code);
    const { contract, method, args } = operation.value;
    const isProposal = contract === 'network.members@v1' && method === 'propose';
    if (contract === 'network.members@v1' && method === 'withdraw' && isJsonObject(args)) this.#withdraw(textOf(args['proposal']));
    const outcome: ReceiptOutcome = isProposal && isJsonObject(args) ? this.#propose(args) : { ok: true, result: {} };
    return encodeReceipt({ height: this.height, index: 0, operation: new Uint8Array(32), outcome, events: [] });
  }

  #standingOf({ sinceHeight, untilHeight }: Member): string {
    if (untilHeight === 0) return this.height < sinceHeight ? 'joining' : 'active';
    return this.height < untilHeight ? 'leaving' : 'removed';
  }

  #withdraw(id: string): void {
    const key = `network.members/proposals/${id}`;
    const record = this.records.get(key);
    if (record?.['status'] === 'open') this.records.set(key, { ...record, status: 'withdrawn' });
  }

  #propose(args: JsonObject): ReceiptOutcome {
    const [id, change] = [textOf(args['id']), args['change']];
    const key = `network.members/proposals/${id}`;
    if (this.records.has(key) || !isJsonObject(change)) return { ok: false, refusal: { code: 'DUPLICATE', facts: {} } };
    if (this.refusesWith !== '') return { ok: false, refusal: { code: this.refusesWith, facts: { because: 'told so' } } };
    if (!this.protocol.isPossible(change)) return { ok: false, refusal: { code: 'STATE', facts: {} } };
    const decides = this.isAutomatic && DECIDED_KINDS.includes(textOf(change['kind']));
    if (decides) this.#decide(change);
    this.records.set(key, { id, change, approvals: [], status: decides ? 'applied' : 'open', failure: '' });
    this.proposed.push(`${textOf(change['kind'])} ${id}`);
    this.onProposed(textOf(change['kind']));
    return { ok: true, result: { proposal: id } };
  }

  decideOpen(): void {
    for (const [key, record] of this.records) {
      const change = record['change'];
      if (record['status'] !== 'open' || !isJsonObject(change) || !DECIDED_KINDS.includes(textOf(change['kind']))) continue;
      this.#decide(change);
      this.records.set(key, { ...record, status: 'applied' });
    }
  }

  #decide(change: JsonObject): void {
    if (this.protocol.decide(change)) return;
    const [kind, publicKey] = [change['kind'], textOf(change['publicKey'])];
    const [node, organisation] = [textOf(change['node']), textOf(change['organisation'])];
    const fromHeight = this.height + ACTIVATION_BLOCKS;
    const known = this.#members.get(publicKey);
    if (kind === 'addValidator')
      this.#members.set(publicKey, { publicKey: bytesOf(publicKey), node, organisation, sinceHeight: fromHeight, untilHeight: 0 });
    else if (known !== undefined) known.untilHeight = fromHeight;
    if (kind !== 'rekeyValidator' || known === undefined) return;
    const next = textOf(change['newPublicKey']);
    this.#members.set(next, { ...known, publicKey: bytesOf(next), sinceHeight: fromHeight, untilHeight: 0 });
  }
}

function serviceOf(state: FakeState): LedgerServiceServer {
  const refuse = (_call: unknown, callback: sendUnaryData<never>): void => callback({ code: status.UNIMPLEMENTED });
  const end = (call: { end(): void }): void => call.end();
  return {
    submit: (call, callback) => {
      const body = call.request.operation?.body ?? NOTHING;
      callback(null, { operationHash: new Uint8Array(32), receipt: state.submit(new Uint8Array(body)) });
    },
    read: (call: ServerUnaryCall<{ key: string }, unknown>, callback) => {
      const record = state.records.get(call.request.key);
      const value = record === undefined ? NOTHING : encodeCanonical(record);
      callback(null, { ...EMPTY_READ, found: record !== undefined, value });
    },
    getValidators: (_call, callback) =>
      callback(null, {
        ...{ validators: state.validators(), height: BigInt(state.height), totalPower: 0n, neededPower: 0n, failuresMax: 0 },
        ...{ offences: [], offenceCount: 0 },
      }),
    getReceipt: refuse,
    view: refuse,
    listBlocks: refuse,
    getBlock: refuse,
    getNetwork: refuse,
    listProposals: refuse,
    requestHeader: refuse,
    submitStream: end,
    watchEvents: end,
    watchBlocks: end,
  };
}

/** Empty until `bear`. */
export function createFakeLedger(): FakeLedger {
  const state = new FakeState();
  return Object.assign(state, { service: serviceOf(state) });
}

const EMPTY_READ = { proof: NOTHING, headerHeight: 0n, lightBlock: NOTHING };
