import { isJsonObject, parseCanonical } from '@civitas/canon';
import { type OperationDetail, PAGE_ITEMS_DEFAULT, type PacketProof } from '@civitas/console-contract';
import type { Principal } from '@civitas/identity';
import type { GetReceiptResponse } from '@civitas/proto/civitas/node/v1/ledger';
import { ProofSpace } from '@civitas/proto/civitas/node/v1/link';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { encodeCursor, wholeCursor } from '../http/page.ts';
import { ProblemError } from '../http/problem-error.ts';
import { callLedger } from '../ledger/call-ledger.ts';
import type { Ledger } from '../ledger/ledgers.ts';
import { ANSWER_BYTES_MAX, BLOCK_OPERATIONS_MAX, PACKETS_MAX } from '../ledger/limits.ts';
import { blockOf, operationOf } from '../ledger/operation-view.ts';
import { objectOf, packetOf } from '../ledger/packet-view.ts';
import { receiptOf } from '../ledger/receipt-of.ts';
import { networkFor } from './networks.ts';
import { search } from './search.ts';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** The receipt with its proof where the block after it is there already, and without it where it is not. */
async function readReceipt({ ledger }: Ledger, hashHex: string): Promise<GetReceiptResponse> {
  const ask = (withProof: boolean): Promise<GetReceiptResponse> =>
    callLedger(ledger.getReceipt.bind(ledger), { operationHash: Buffer.from(hashHex, 'hex'), withProof, withOperation: true });
  try {
    return await ask(true);
  } catch (error) {
    if (error instanceof ProblemError && error.reason === 'PROOF_NOT_YET') return ask(false);
    throw error;
  }
}

function operationDetailOf(of: { network: string; hash: string }, found: GetReceiptResponse): OperationDetail {
  const { height, outcome } = receiptOf(found.receipt);
  const unknown = { organisation: '', role: '', actor: '', contract: '', method: '', args: {} };
  const operation = found.operation === undefined ? undefined : operationOf(found.operation, { network: of.network, height });
  return {
    ...unknown,
    ...operation,
    ...of,
    height,
    outcome: outcome.ok ? 'applied' : 'refused',
    code: outcome.ok ? '' : outcome.refusal.code,
    receipt: objectOf(found.receipt),
    proof: textOf(found.proof),
    lightBlock: base64(found.lightBlock),
  };
}

async function provePacket({ ledger, link }: Ledger, of: { network: string; peer: string; sequence: number }): Promise<PacketProof> {
  const { peer, sequence } = of;
  const { packets } = await callLedger(link.outbox.bind(link), { peer, afterSequence: BigInt(sequence - 1), limit: 1 });
  const entry = packets.find((packet) => Number(packet.sequence) === sequence);
  if (entry === undefined) throw new ProblemError('NOT_FOUND', `no packet ${sequence} to ${peer} is on its way`);
  const { height } = await callLedger(ledger.getNetwork.bind(ledger), {});
  const { lightBlocks } = await callLedger(link.headers.bind(link), { heights: [height] });
  const [lightBlock] = lightBlocks;
  const space = ProofSpace.PROOF_SPACE_PACKET;
  const { proofs } = await callLedger(link.prove.bind(link), { peer, space, sequences: [BigInt(sequence)], headerHeight: height });
  const [proof] = proofs;
  if (lightBlock === undefined || proof?.found !== true)
    throw new ProblemError('NOT_FOUND', 'the packet is proven by the next block: ask again');
  return {
    packet: packetOf({ network: of.network, peer, nowUnixMs: Date.now() }, entry),
    commitment: base64(proof.value),
    proof: textOf(proof.proof),
    headerHeight: Number(height),
    lightBlock: base64(lightBlock),
  };
}

/** Blocks, operations, records and packets of one ledger. */
export function explorerHandlers(
  context: ConsoleContext,
): HandlersOf<'listBlocks' | 'getBlock' | 'getOperation' | 'getRecord' | 'listPackets' | 'getPacketProof' | 'search'> {
  const openFor = async (principal: Principal, name: string): Promise<Ledger> =>
    context.ledgers.open(await networkFor(context, principal, name));
  return {
    listBlocks: async ({ principal, params, query }) => {
      const { ledger } = await openFor(principal, params.name);
      const { limit = PAGE_ITEMS_DEFAULT, cursor } = query;
      const from = wholeCursor(cursor) ?? 0;
      const { blocks } = await callLedger(ledger.listBlocks.bind(ledger), { fromHeight: BigInt(from), limit });
      const items = blocks.map(blockOf);
      const last = items.at(-1)?.height ?? 1;
      return { items, ...(items.length < limit || last <= 1 ? {} : { next: encodeCursor(String(last - 1)) }) };
    },
    getBlock: async ({ principal, params }) => {
      const { ledger } = await openFor(principal, params.name);
      const block = await callLedger(ledger.getBlock.bind(ledger), { height: BigInt(params.height) });
      if (block.summary === undefined) throw new ProblemError('NOT_FOUND', `there is no block ${params.height}`);
      const signed = block.bundles.flatMap(({ operations }) => operations).slice(0, BLOCK_OPERATIONS_MAX);
      const operations = signed.flatMap((operation) => operationOf(operation, { network: params.name, height: params.height }) ?? []);
      return { ...blockOf(block.summary), operations, lightBlock: base64(block.lightBlock) };
    },
    getOperation: async ({ principal, params: { name, hash } }) =>
      operationDetailOf({ network: name, hash }, await readReceipt(await openFor(principal, name), hash)),
    getRecord: async ({ principal, params, query }) => {
      const { ledger } = await openFor(principal, params.name);
      const record = await callLedger(ledger.read.bind(ledger), { key: query.key, withProof: true, headerHeight: 0n });
      if (!record.found) throw new ProblemError('NOT_FOUND', `there is no record ${query.key}`);
      const value = parseCanonical(record.value, ANSWER_BYTES_MAX);
      return {
        network: params.name,
        key: query.key,
        value: value.ok && isJsonObject(value.value) ? value.value : {},
        proof: textOf(record.proof),
        headerHeight: Number(record.headerHeight),
        lightBlock: base64(record.lightBlock),
      };
    },
    listPackets: async ({ principal, params }) => {
      const { link } = await openFor(principal, params.name);
      const { peers } = await callLedger(link.listPeers.bind(link), {});
      const lists = await Promise.all(
        peers.map(async ({ chainId: peer }) => {
          const { packets } = await callLedger(link.outbox.bind(link), { peer, afterSequence: 0n, limit: PACKETS_MAX });
          return packets.map((packet) => packetOf({ network: params.name, peer, nowUnixMs: Date.now() }, packet));
        }),
      );
      return { items: lists.flat() };
    },
    getPacketProof: async ({ principal, params: { name, peer, sequence } }) =>
      provePacket(await openFor(principal, name), { network: name, peer, sequence }),
    search: async ({ principal, query }) => ({ items: [...(await search(context, principal, query.q))] }),
  };
}
