import { type Bytes, encodeCanonical, isJsonObject, type Json, type JsonObject, parseOperation } from '@civitas/canon';
import type { Genesis } from '@civitas/deployment';
import { encodeReceipt, type ReceiptOutcome } from '@civitas/proofs';
import type { LedgerServiceServer, ValidatorStanding } from '@civitas/proto/civitas/node/v1/ledger';
import { type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';

/** The ledger of one network as far as the operator looks at it: proposals, and the set that they change. */
export interface FakeLedger {
  readonly service: LedgerServiceServer;
  /** Records by key, as contracts would have written them. */
  readonly records: Map<string, JsonObject>;
  /** Every change that was proposed, in order: `<kind> <id>`. */
  readonly proposed: readonly string[];
  /** Members decide a change of the set as soon as it is proposed; otherwise it stays open. */
  isAutomatic: boolean;
  /** Called once a change is proposed on the ledger, before anybody hears of it. */
  onProposed: (kind: string) => void;
  /** The set as the genesis has it; a second call changes nothing. */
  bear(genesisText: string): void;
  /** Nodes that sign now. */
  signing(): readonly string[];
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

const bytesOf = (text: string): Bytes => new Uint8Array(Buffer.from(text, 'base64url'));
const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** Empty until `bear`. A block is made at each question for the set. */
export function createFakeLedger(): FakeLedger {
  const records = new Map<string, JsonObject>();
  const proposed: string[] = [];
  const members = new Map<string, Member>();
  let height = 1;

  const standingOf = ({ sinceHeight, untilHeight }: Member): string => {
    if (untilHeight === 0) return height < sinceHeight ? 'joining' : 'active';
    return height < untilHeight ? 'leaving' : 'removed';
  };

  const decide = (change: JsonObject): void => {
    const [kind, publicKey] = [change['kind'], textOf(change['publicKey'])];
    const [node, organisation] = [textOf(change['node']), textOf(change['organisation'])];
    const fromHeight = height + ACTIVATION_BLOCKS;
    const known = members.get(publicKey);
    if (kind === 'addValidator')
      members.set(publicKey, { publicKey: bytesOf(publicKey), node, organisation, sinceHeight: fromHeight, untilHeight: 0 });
    else if (kind === 'removeValidator' && known !== undefined) known.untilHeight = fromHeight;
  };

  const propose = (args: JsonObject): ReceiptOutcome => {
    const [id, change] = [textOf(args['id']), args['change']];
    const key = `network.members/proposals/${id}`;
    if (records.has(key) || !isJsonObject(change)) return { ok: false, refusal: { code: 'DUPLICATE', facts: {} } };
    const decides = ledger.isAutomatic && (change['kind'] === 'addValidator' || change['kind'] === 'removeValidator');
    if (decides) decide(change);
    records.set(key, { id, change, approvals: [], status: decides ? 'applied' : 'open', failure: '' });
    proposed.push(`${textOf(change['kind'])} ${id}`);
    ledger.onProposed(textOf(change['kind']));
    return { ok: true, result: { proposal: id } };
  };

  const submit = (body: Bytes): Bytes => {
    const operation = parseOperation(body);
    if (!operation.ok) throw new Error(operation.refusal.code);
    const { contract, method, args } = operation.value;
    const isProposal = contract === 'network.members@v1' && method === 'propose';
    const outcome: ReceiptOutcome = isProposal && isJsonObject(args) ? propose(args) : { ok: true, result: {} };
    return encodeReceipt({ height, index: 0, operation: new Uint8Array(32), outcome, events: [] });
  };

  const validators = (): ValidatorStanding[] => {
    height++;
    return [...members.values()].map((member) => ({
      ...{ address: NOTHING, publicKey: member.publicKey, power: 10, node: member.node, organisation: member.organisation },
      ...{ standing: standingOf(member), sinceHeight: BigInt(member.sinceHeight), untilHeight: BigInt(member.untilHeight) },
      misbehaviourCount: 0,
    }));
  };

  const refuse = (_call: unknown, callback: sendUnaryData<never>): void => callback({ code: status.UNIMPLEMENTED });
  const end = (call: { end(): void }): void => call.end();
  const ledger: FakeLedger = {
    records,
    proposed,
    isAutomatic: true,
    onProposed: () => {},
    bear(genesisText) {
      if (members.size > 0) return;
      const genesis: Genesis = JSON.parse(genesisText);
      for (const { publicKey, node, organisation } of genesis.validators)
        members.set(publicKey, { publicKey: bytesOf(publicKey), node, organisation, sinceHeight: 0, untilHeight: 0 });
    },
    signing: () => [...members.values()].filter((member) => ['active', 'leaving'].includes(standingOf(member))).map(({ node }) => node),
    service: {
      submit: (call, callback) => {
        const body = call.request.operation?.body ?? NOTHING;
        callback(null, { operationHash: new Uint8Array(32), receipt: submit(new Uint8Array(body)) });
      },
      read: (call: ServerUnaryCall<{ key: string }, unknown>, callback) => {
        const record = records.get(call.request.key);
        const value = record === undefined ? NOTHING : encodeCanonical(record);
        callback(null, { ...EMPTY_READ, found: record !== undefined, value });
      },
      getValidators: (_call, callback) =>
        callback(null, {
          ...{ height: BigInt(height), validators: validators(), totalPower: 0n, neededPower: 0n, failuresMax: 0 },
          ...{ offences: [], offenceCount: 0 },
        }),
      getReceipt: refuse,
      view: refuse,
      listBlocks: refuse,
      getBlock: refuse,
      getNetwork: refuse,
      requestHeader: refuse,
      submitStream: end,
      watchEvents: end,
    },
  };
  return ledger;
}

const EMPTY_READ = { proof: NOTHING, headerHeight: 0n, lightBlock: NOTHING };
