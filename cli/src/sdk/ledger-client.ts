import { type Bytes, base64urlDecode, encodeCanonical, type Json, type JsonObject } from '@civitas/canon';
import {
  type BlockSummary,
  type GetBlockResponse,
  type GetNetworkResponse,
  type GetReceiptResponse,
  type GetValidatorsResponse,
  LedgerServiceClient,
  type ListProposalsResponse,
} from '@civitas/proto/civitas/node/v1/ledger.ts';
import { EXIT } from '../exit-codes.ts';
import { Fault } from '../fault.ts';
import { type NetworkAccess, networkOf, type Profile } from '../profile/load-profile.ts';
import { CHANNEL_OPTIONS, channelCredentials } from './channel.ts';
import { parseAnswer, parseAnswerObject, type Submitted } from './receipt.ts';
import { withRetry } from './retry.ts';
import { type Call, prepareCall, signCall, signerOf } from './sign-operation.ts';
import { submitSigned } from './submit-signed.ts';
import { SubmitStream } from './submit-stream.ts';
import { unary } from './unary.ts';

/** Proposals that founders have not decided yet, as their ledger's records have them. */
export interface OpenProposals {
  readonly proposals: readonly JsonObject[];
  readonly approvalThreshold: number;
  readonly founders: readonly string[];
}

/** A record as a node answered it; `proof` and `lightBlock` are empty unless a proof was asked for. */
export interface RecordRead {
  readonly found: boolean;
  readonly value: JsonObject | undefined;
  /** Canonical bytes of the value. */
  readonly bytes: Bytes;
  readonly proof: Bytes;
  readonly headerHeight: number;
  readonly lightBlock: Bytes;
}

export interface ReadOptions {
  readonly withProof?: boolean;
  /** Header whose app hash the proof is to be against; the newest when left out. */
  readonly headerHeight?: number;
}

export interface ReceiptOptions {
  readonly withProof?: boolean;
  /** The signed operation too, with its public key. */
  readonly withOperation?: boolean;
}

/** One organisation's client of one network, over mutual TLS. Calls are tried again while the node is away. */
export interface LedgerClient {
  readonly network: string;
  readonly chainId: string;
  readonly organisation: string;
  readonly access: NetworkAccess;
  /** Signs and submits; resolves once durable. A refusal of admission or contract is a value. */
  submit(call: Call): Promise<Submitted>;
  /** The same over the shared stream with credits, for bulk: what is asked for within a few ms is signed together. */
  submitBulk(call: Call): Promise<Submitted>;
  read(key: string, options?: ReadOptions): Promise<RecordRead>;
  view(contract: string, method: string, args: JsonObject): Promise<Json>;
  /** Asks that this network's client of a peer be brought to a header. @returns the height that the client has now. */
  requestHeader(peer: string, height: number): Promise<number>;
  /** @param hash base64url. */
  receipt(hash: string, options?: ReceiptOptions): Promise<GetReceiptResponse>;
  blocks(limit: number, fromHeight?: number): Promise<readonly BlockSummary[]>;
  block(height: number): Promise<GetBlockResponse>;
  /** @param patienceMs How long to try while the node is away; default a minute. */
  info(patienceMs?: number): Promise<GetNetworkResponse>;
  /** The validator set, its quorum and the offences on record. */
  validators(): Promise<GetValidatorsResponse>;
  /** What waits for founders, oldest first, and who they are. */
  proposals(): Promise<OpenProposals>;
  close(): void;
}

function valueOf(request: string, found: boolean, bytes: Bytes): JsonObject | undefined {
  return found ? parseAnswerObject(request, bytes) : undefined;
}

function operationHashOf(hash: string): Bytes {
  const bytes = base64urlDecode(hash);
  if (bytes?.length === 32) return bytes;
  throw new Fault('HASH_MALFORMED', `'${hash}' is not an operation hash (base64url of 32 bytes)`, { exitCode: EXIT.usage });
}

function proposalsOf({ proposals, approvalThreshold, founders }: ListProposalsResponse): OpenProposals {
  return { proposals: proposals.map((bytes) => parseAnswerObject('proposals', bytes)), approvalThreshold, founders };
}

/** Opens a client; nothing is sent before the first call. */
export function openLedgerClient(profile: Profile, network: string, signal?: AbortSignal): LedgerClient {
  const access = networkOf(profile, network);
  const client = new LedgerServiceClient(access.document.grpc, channelCredentials(access), CHANNEL_OPTIONS);
  const named = (what: string): string => `${profile.agency} at ${network}: ${what}`;
  const retried = <T>(what: string, call: () => Promise<T>): Promise<T> => withRetry(call, { request: named(what), signal });
  let stream: SubmitStream | undefined;
  signal?.addEventListener('abort', () => stream?.close(), { once: true });

  const submit = (call: Call): Promise<Submitted> => {
    const signed = signCall(profile, access, call, Date.now());
    return submitSigned(client, signed, { request: named(`${call.contract} ${call.method}`), signal });
  };

  return {
    network,
    chainId: access.document.chainId,
    organisation: profile.agency,
    access,
    submit,
    async submitBulk(call) {
      signal?.throwIfAborted();
      stream ??= new SubmitStream(client, signerOf(profile, access), named('submit stream'));
      return stream.submit(prepareCall(profile, access, call, Date.now()));
    },
    async read(key, options = {}) {
      const request = { key, withProof: options.withProof ?? false, headerHeight: BigInt(options.headerHeight ?? 0) };
      const answer = await retried(`read ${key}`, () => unary(client.read.bind(client), request, signal));
      const value = valueOf(named(`read ${key}`), answer.found, answer.value);
      return { ...answer, value, bytes: answer.value, headerHeight: Number(answer.headerHeight) };
    },
    async view(contract, method, args) {
      const request = { contract, method, args: encodeCanonical(args) };
      const answer = await retried(`${contract} ${method}`, () => unary(client.view.bind(client), request, signal));
      return parseAnswer(named(`${contract} ${method}`), answer.result);
    },
    async requestHeader(peer, height) {
      const request = { peer, height: BigInt(height) };
      const answer = await retried(`header ${height} of ${peer}`, () => unary(client.requestHeader.bind(client), request, signal));
      return Number(answer.clientHeight);
    },
    async receipt(hash, { withProof = false, withOperation = false } = {}) {
      const request = { operationHash: operationHashOf(hash), withProof, withOperation };
      return retried('receipt', () => unary(client.getReceipt.bind(client), request, signal));
    },
    async blocks(limit, fromHeight = 0) {
      const request = { limit, fromHeight: BigInt(fromHeight) };
      return (await retried('blocks', () => unary(client.listBlocks.bind(client), request, signal))).blocks;
    },
    block: (height) => retried(`block ${height}`, () => unary(client.getBlock.bind(client), { height: BigInt(height) }, signal)),
    info: (patienceMs) => {
      const limits = patienceMs === undefined ? {} : { totalMs: patienceMs };
      return withRetry(() => unary(client.getNetwork.bind(client), {}, signal), { request: named('network'), signal, ...limits });
    },
    validators: () => retried('validators', () => unary(client.getValidators.bind(client), {}, signal)),
    proposals: async () => proposalsOf(await retried('proposals', () => unary(client.listProposals.bind(client), {}, signal))),
    close() {
      stream?.close();
      client.close();
    },
  };
}
