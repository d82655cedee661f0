import { accept, encodeCanonical, isJsonObject, type JsonObject, parseCanonical, type Result, refuse } from '@civitas/canon';
import type { PeerIdentity } from '@civitas/deployment';
import { proofToJson } from '@civitas/proofs';
import { Bundle } from '@civitas/proto/civitas/ledger/v1/operation';
import type {
  BlockSummary,
  GetBlockResponse,
  GetNetworkResponse,
  GetReceiptRequest,
  GetReceiptResponse,
  LedgerServiceServer,
  ListBlocksRequest,
  ListBlocksResponse,
  ReadRequest,
  ReadResponse,
  RequestHeaderRequest,
  SubmitRequest,
  SubmitResponse,
  ViewRequest,
  ViewResponse,
} from '@civitas/proto/civitas/node/v1/ledger';
import { ORGANISATIONS_MAX } from '../admission/limits.ts';
import { openTokenBuckets } from '../admission/token-bucket.ts';
import type { LedgerHost, ProvenRecord } from '../ledger/ledger-host.ts';
import { blockSummaryOf } from './block-summary.ts';
import type { Guard, ServiceRule } from './guard.ts';
import type { LedgerDoor } from './ledger-door.ts';
import {
  BLOCK_PAGE_MAX,
  HEADER_REQUESTS_BURST,
  HEADER_REQUESTS_PER_SECOND,
  PROOF_ATTEMPTS_MAX,
  PROOF_WAIT_MS_MAX,
  VIEW_ARGUMENTS_BYTES_MAX,
} from './limits.ts';
import { listProposals } from './list-proposals.ts';
import { nextCommit } from './next-commit.ts';
import { checkRecordAccess } from './record-access.ts';
import { requestHeader } from './request-header.ts';
import { findSignedOperation } from './signed-operation.ts';
import { serveSubmitStream } from './submit-stream.ts';
import { getValidators } from './validator-set.ts';
import { serveBlocks } from './watch-blocks.ts';
import { serveEvents } from './watch-events.ts';

const NOTHING = new Uint8Array(0);

function rolesOf(door: LedgerDoor, peer: PeerIdentity): readonly string[] {
  return door.ledger.members.findOrganisation(peer.organisation)?.roles ?? [];
}

async function submit(door: LedgerDoor, request: SubmitRequest, peer: PeerIdentity): Promise<Result<SubmitResponse>> {
  if (request.operation === undefined) return refuse('MALFORMED', { field: 'operation', expected: 'a signed operation' });
  const receipt = await door.admission.submit(request.operation, peer.organisation);
  return receipt.ok ? accept({ operationHash: receipt.value.operationHash, receipt: receipt.value.bytes }) : receipt;
}

async function getReceipt({ ledger }: LedgerDoor, request: GetReceiptRequest): Promise<Result<GetReceiptResponse>> {
  if (request.operationHash.length !== 32) return refuse('MALFORMED', { field: 'operation_hash', expected: '32 bytes' });
  const receipt = ledger.findReceipt(request.operationHash);
  if (receipt === undefined) return refuse('NOT_FOUND', { what: 'receipt' });
  const proven = request.withProof ? ledger.proveReceipt(request.operationHash) : undefined;
  // The block after it carries the results hash: the next one will.
  if (request.withProof && proven === undefined) {
    return refuse('PROOF_NOT_YET', { height: receipt.height, expected: `block ${receipt.height + 1}` }, 'retry');
  }
  const signed = request.withOperation ? await findSignedOperation(ledger, receipt) : undefined;
  return accept({
    receipt: receipt.bytes,
    proof: proven === undefined ? NOTHING : encodeCanonical(proven.proof),
    lightBlock: proven?.lightBlock ?? NOTHING,
    operation: signed?.operation,
    publicKey: signed?.publicKey ?? NOTHING,
  });
}

/** The record with its proof. One that changed in the last block is proven by the next header, which is waited for, as is one that is late. */
async function proveRecord(ledger: LedgerHost, key: string, headerHeight: number): Promise<Result<ProvenRecord>> {
  if (headerHeight > 0) {
    const proven = ledger.prove(key, headerHeight);
    const { height } = ledger.status();
    if (headerHeight > height) return refuse('PROOF_NOT_YET', { height, expected: `block ${headerHeight}` }, 'retry');
    return proven === undefined ? refuse('PRUNED', { headerHeight, height }) : accept(proven);
  }
  for (let attempt = 0; attempt < PROOF_ATTEMPTS_MAX; attempt++) {
    const proven = ledger.prove(key);
    if (proven !== undefined && ledger.lightBlock(proven.headerHeight) !== undefined) return accept(proven);
    await nextCommit(ledger, PROOF_WAIT_MS_MAX);
  }
  return refuse('PROOF_NOT_YET', { height: ledger.status().height, expected: 'the next block' }, 'retry');
}

/** A record, under the roles of the caller's organisation. */
export async function read(door: LedgerDoor, request: ReadRequest, peer: PeerIdentity): Promise<Result<ReadResponse>> {
  const allowed = checkRecordAccess(door.contracts, request.key, rolesOf(door, peer));
  if (!allowed.ok) return allowed;
  const { ledger } = door;
  if (!request.withProof) {
    const record = ledger.read(request.key);
    const value = record === undefined ? NOTHING : encodeCanonical(record);
    return accept({ found: record !== undefined, value, proof: NOTHING, headerHeight: 0n, lightBlock: NOTHING });
  }
  const proven = await proveRecord(ledger, request.key, Number(request.headerHeight));
  if (!proven.ok) return proven;
  const { value, proof, headerHeight } = proven.value;
  const lightBlock = ledger.lightBlock(headerHeight);
  if (lightBlock === undefined)
    return refuse('PROOF_NOT_YET', { height: ledger.status().height, expected: `header ${headerHeight}` }, 'retry');
  return accept({
    found: value !== undefined,
    value: value === undefined ? NOTHING : encodeCanonical(value),
    proof: encodeCanonical(proofToJson(proof)),
    headerHeight: BigInt(headerHeight),
    lightBlock,
  });
}

/** A view of a contract, under the roles of the caller's organisation. */
export function view(door: LedgerDoor, request: ViewRequest, peer: PeerIdentity): Result<ViewResponse> {
  const args = parseCanonical(request.args.length === 0 ? encodeCanonical({}) : request.args, VIEW_ARGUMENTS_BYTES_MAX);
  if (!args.ok) return args;
  if (!isJsonObject(args.value)) return refuse('MALFORMED', { field: 'args', expected: 'an object' });
  const held = rolesOf(door, peer);
  const [name, version] = request.contract.split('@');
  const definition = door.contracts.find((contract) => contract.name === name && contract.version === version)?.views[request.method];
  if (definition === undefined) return refuse('NOT_FOUND', { contract: request.contract, view: request.method });
  const role = definition.roles.includes('*') ? 'member' : definition.roles.find((wanted) => wanted === 'member' || held.includes(wanted));
  if (role === undefined) return refuse('NOT_AUTHORISED', { view: request.method, expected: [...definition.roles] });
  const caller = { organisation: peer.organisation, role, keyId: '', actor: peer.name, coSigners: [] };
  const outcome = door.ledger.view({ contract: request.contract, method: request.method, args: args.value, caller });
  if (!outcome.ok) return outcome;
  return accept({ result: encodeCanonical(outcome.result), height: BigInt(door.ledger.status().height) });
}

function listBlocks({ ledger }: LedgerDoor, request: ListBlocksRequest): Result<ListBlocksResponse> {
  if (request.limit < 1 || request.limit > BLOCK_PAGE_MAX)
    return refuse('MALFORMED', { field: 'limit', expected: `1 … ${BLOCK_PAGE_MAX}` });
  const head = ledger.status().height;
  const from = request.fromHeight === 0n ? head : Math.min(Number(request.fromHeight), head);
  const blocks: BlockSummary[] = [];
  for (let height = from; height >= 1 && blocks.length < request.limit; height--) {
    const block = ledger.blockSummary(height);
    if (block === undefined) break;
    blocks.push(blockSummaryOf(block));
  }
  return accept({ blocks });
}

async function getBlock({ ledger }: LedgerDoor, height: number): Promise<Result<GetBlockResponse>> {
  const summary = ledger.blockSummary(height);
  const lightBlock = ledger.lightBlock(height);
  if (summary === undefined || lightBlock === undefined)
    return refuse('NOT_FOUND', { what: 'block', height, head: ledger.status().height });
  const bundles = await ledger.blockBundles(height);
  if (bundles === undefined) return refuse('BLOCK_NOT_KEPT', { height });
  return accept({ summary: blockSummaryOf(summary), lightBlock, bundles: bundles.map((bundle) => Bundle.decode(bundle)) });
}

function getNetwork({ ledger }: LedgerDoor): Result<GetNetworkResponse> {
  const status = ledger.status();
  return accept({
    chainId: status.chainId,
    genesisHash: ledger.genesisHash,
    height: BigInt(status.height),
    root: status.root,
    engine: status.engine,
    timeUnixMs: BigInt(status.timeUnixMs),
    validatorCount: status.validatorCount,
    genesis: encodeCanonical(ledger.genesis as object as JsonObject),
  });
}

/** LedgerService: for every enrolled organisation, by whatever certificate it holds. */
export function ledgerService(guard: Guard, door: () => LedgerDoor, nowMs: () => number): LedgerServiceServer {
  const rule: ServiceRule = { service: 'LedgerService', accepts: () => true, membership: true };
  const requests = openTokenBuckets({
    perSecond: HEADER_REQUESTS_PER_SECOND,
    burst: HEADER_REQUESTS_BURST,
    namesMax: ORGANISATIONS_MAX,
    nowMs,
  });
  return {
    submit: guard.unary(rule, (request: SubmitRequest, peer) => submit(door(), request, peer)),
    submitStream: guard.duplex(rule, (call, peer) => serveSubmitStream(door(), call, peer.organisation)),
    getReceipt: guard.unary(rule, (request: GetReceiptRequest) => getReceipt(door(), request)),
    read: guard.unary(rule, (request: ReadRequest, peer) => read(door(), request, peer)),
    view: guard.unary(rule, (request: ViewRequest, peer) => view(door(), request, peer)),
    watchEvents: guard.serverStream(rule, (call, peer) => serveEvents(door(), call, peer.organisation)),
    watchBlocks: guard.serverStream(rule, (call, peer) => serveBlocks(door(), call, peer.organisation)),
    listBlocks: guard.unary(rule, (request: ListBlocksRequest) => listBlocks(door(), request)),
    getBlock: guard.unary(rule, (request: { height: bigint }) => getBlock(door(), Number(request.height))),
    getNetwork: guard.unary(rule, () => getNetwork(door())),
    listProposals: guard.unary(rule, () => accept(listProposals(door().ledger))),
    getValidators: guard.unary(rule, () => accept(getValidators(door().ledger))),
    requestHeader: guard.unary(rule, (request: RequestHeaderRequest, { organisation }) =>
      requestHeader(door(), request, { organisation, requests }),
    ),
  };
}
