import type { Bytes, CryptoPort, Json, JsonObject, Refusal } from '@civitas/canon';
import type { Static, TObject } from '@sinclair/typebox';
import type { Packet, PacketPayload, PayloadAcknowledgement, RequiredHeader } from './packet.ts';

/** What a method answers: a result, or a refusal that rolls the operation back. Throwing is a bug and rolls back too. */
export type Outcome = { readonly ok: true; readonly result: Json } | { readonly ok: false; readonly refusal: Refusal };

/** Who calls: proven by the operation's signature and this ledger's membership. */
export interface Caller {
  readonly organisation: string;
  /** The role the operation claims; the ledger has checked that the organisation and the key hold it. */
  readonly role: string;
  readonly keyId: string;
  /** Pseudonym of the person at the organisation. */
  readonly actor: string;
  /** Key ids of persons who co-signed; each checked against the membership's approver keys, with the organisation it belongs to. */
  readonly coSigners: readonly { readonly keyId: string; readonly organisation: string }[];
}

/** Records of the contract's own name space, `contract/collection/id`. Ids are escaped by the runtime. */
export interface OwnState {
  get(collection: string, id: string): JsonObject | undefined;
  put(collection: string, id: string, record: JsonObject): void;
  delete(collection: string, id: string): void;
  /** In order of id; at most 256 at a time. */
  scan(
    collection: string,
    range: { prefix?: string; after?: string; limit: number },
  ): readonly { readonly id: string; readonly record: JsonObject }[];
}

/** A state proof of another network's record, as it travels in arguments and packets. */
export interface ForeignProof {
  readonly peer: string;
  /** Header whose app hash the proof is against; its client here must know it (`requires`). */
  readonly headerHeight: number;
  /** Canonical JSON form of packages/proofs' StateProof. */
  readonly proof: JsonObject;
}

/** What a contract asks to be sent; source, destination's client, sequence and terms are the runtime's business. */
export interface OutgoingPacket {
  readonly destination: string;
  readonly timeoutUnixMs: number;
  /** `sourcePort` is filled in by the runtime. */
  readonly payloads: readonly Omit<PacketPayload, 'sourcePort'>[];
  readonly lane?: string;
  readonly flow?: string;
  readonly purpose?: string;
  readonly basis?: string;
  readonly requires?: readonly RequiredHeader[];
}

/** The read-only door: what views see. */
export interface ReadContext {
  readonly chainId: string;
  readonly city: string;
  readonly domain: string;
  /** Height of the block being executed; for views, of the last committed one. */
  readonly height: number;
  /** That block's header time, floored to ms. Views and contracts never see another clock. */
  readonly timeUnixMs: number;
  readonly caller: Caller;
  readonly state: Pick<OwnState, 'get' | 'scan'>;
  readonly crypto: CryptoPort;
  /** A record of another contract on this ledger, such as `('city.rulebook', 'rules', 'housing')`. */
  readOther(contract: string, collection: string, id: string): JsonObject | undefined;
}

/** The only door through which a contract acts. */
export interface Context extends ReadContext {
  readonly state: OwnState;
  /** SHA-256 of the operation, base64url, and its idempotency key: the sources of new ids. */
  readonly operationHash: string;
  readonly idempotencyKey: string;
  /** Runs an internal method of another contract on this ledger, with this caller, inside this operation's savepoint. */
  invoke(contract: string, method: string, args: JsonObject): Outcome;
  emit(event: string, data: JsonObject): void;
  /** Writes commitment and body in this block. Refuses without an active client, outside the terms, or above the quota. */
  send(packet: OutgoingPacket): { readonly ok: true; readonly sequence: number } | { readonly ok: false; readonly refusal: Refusal };
  /** Gives the final acknowledgement of a packet that this contract had deferred. Refused when none is open or it is past due. */
  acknowledge(packet: { peer: string; sequence: number }, answer: PayloadAcknowledgement): Outcome;
  /** Checks that a peer's record had this value (or, with `undefined`, was absent) under a header that this ledger's client verified. */
  verifyForeign(proof: ForeignProof, key: string, value: JsonObject | undefined): Outcome;
}

/** A method that operations call. */
export interface Method<Args extends TObject = TObject> {
  readonly summary: string;
  readonly args: Args;
  /** Roles of which the caller must act in one. Empty: internal, reachable through `invoke` alone. */
  readonly roles: readonly string[];
  /** Founders may also carry it out together, by a proposal: what it does is theirs to decide as a change of roles is. */
  readonly byDecision?: true;
  /** Persons' co-signatures needed (approver keys), default 0. */
  readonly coSignatures?: number;
  /** Codes it may refuse with besides the runtime's own; documented and tested. */
  readonly refusals: readonly string[];
  readonly events: readonly string[];
  run(ctx: Context, args: Static<Args>): Outcome;
}

/** A read-only method, answered by one node without a block. */
export interface View<Args extends TObject = TObject> {
  readonly summary: string;
  readonly args: Args;
  /** Roles of which the caller must hold one; `['*']` for every member of the network. */
  readonly roles: readonly string[];
  run(ctx: ReadContext, args: Static<Args>): Outcome;
}

/** The packet's facts that a port sees beside its payload. */
export interface ReceivedPacket {
  readonly packet: Omit<Packet, 'payloads'>;
  readonly packetHash: string;
  readonly sourcePort: string;
}

/**
 * What a port answers. An error rolls back whatever the port wrote in this payload, unless `keep` says that it must stay, as a
 * recorded denial must: without it a refunded proof could be replayed. `keep` is for the runtime and no part of the acknowledgement.
 */
export type PortAnswer = PayloadAcknowledgement | (Extract<PayloadAcknowledgement, { readonly status: 'error' }> & { readonly keep: true });

/** Receives packets addressed to the contract, and hears what became of those it sent. `ctx.caller` is the relay: never trust it. */
export interface Port<Payload extends TObject = TObject> {
  readonly version: string;
  readonly payload: Payload;
  receive?(ctx: Context, received: ReceivedPacket, value: Static<Payload>): PortAnswer;
  /** Also called with `deferred` acknowledgements. */
  acknowledged?(ctx: Context, sent: ReceivedPacket, value: Static<Payload>, answer: PayloadAcknowledgement): void;
  timedOut?(ctx: Context, sent: ReceivedPacket, value: Static<Payload>): void;
}

/** Who may `Read` a record by key: everyone enrolled, the listed roles, or only through views. */
export type RecordClass = { readonly readableBy: 'members' | 'views' | readonly string[] };

/** A native contract, one folder per contract and version. */
export interface Contract {
  /** Without version: `health.index`. */
  readonly name: string;
  readonly version: 'v1';
  readonly summary: string;
  readonly methods: Readonly<Record<string, Method>>;
  readonly views: Readonly<Record<string, View>>;
  /** By payload version. */
  readonly ports: Readonly<Record<string, Port>>;
  readonly collections: Readonly<Record<string, RecordClass>>;
}

/** Keeps the argument type of a method tied to its schema. */
export function method<Args extends TObject>(definition: Method<Args>): Method {
  return definition;
}

/** The same for views. */
export function view<Args extends TObject>(definition: View<Args>): View {
  return definition;
}

/** The same for ports. */
export function port<Payload extends TObject>(definition: Port<Payload>): Port {
  return definition;
}

/** A method's success. */
export function done(result: Json = {}): Outcome {
  return { ok: true, result };
}

/** A method's refusal; `then` defaults to `drop`: the same operation will never be accepted. */
export function refused(code: string, facts: JsonObject, then: Refusal['then'] = 'drop'): Outcome & { readonly ok: false } {
  return { ok: false, refusal: { code, facts, then } };
}

/** Bytes as the contracts' JSON carries them. */
export type Base64url = string;
export type { Bytes };
