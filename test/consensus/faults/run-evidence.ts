import { base64urlDecode, base64urlEncode, hexEncode, type Json, operationHash, parseCanonical, type Result } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import {
  decodeLightBlock,
  encodeReceipt,
  type LightBlock,
  proofFromJson,
  receiptProofFromJson,
  verifyCommit,
  verifyMembership,
  verifyReceipt,
} from '@civitas/proofs';
import type { LedgerServiceClient } from '@civitas/proto/civitas/node/v1/ledger';
import { waitFor } from '@civitas/testkit';
import { ask } from '../../../node/src/host/testing/test-processes.ts';
import { organisationOf } from '../network/birth.ts';
import type { ConsensusNetwork } from '../network/consensus-network.ts';
import { historyOf, type LoadedOperation } from './client-load.ts';
import type { Answered } from './history.ts';

const BLOCKS_PAGE = 200;
const CALLS_AT_ONCE = 16;
const BROUGHT_MS = 30_000;

/** Blocks that all nodes are asked for. */
interface Heights {
  readonly fromHeight: number;
  readonly toHeight: number;
}

export interface Place {
  readonly height: number;
  readonly index: number;
}

export interface SeenBlock {
  readonly hash: string;
  readonly appHash: string;
  readonly timeUnixMs: number;
}

/** What one node says after a run. */
export interface NodeView {
  readonly node: number;
  readonly blocks: ReadonlyMap<number, SeenBlock>;
  /** Canonical receipts by operation hash. */
  readonly receipts: ReadonlyMap<string, string>;
  readonly offenceCount: number;
  /** What its own check of records against root found; empty when they agree. */
  readonly stateFinding: string;
}

/** All that the judge reads about one run. */
export interface RunEvidence {
  readonly history: readonly Answered[];
  /** Receipts as the clients were given them, by operation hash. */
  readonly acknowledged: ReadonlyMap<string, string>;
  readonly views: readonly NodeView[];
  /** Every place at which an operation stands in a block. */
  readonly places: ReadonlyMap<string, readonly Place[]>;
  /** By record: the digest that the ledger proves, and the one of the operation that was told it made the record. */
  readonly records: ReadonlyMap<string, { readonly proven: string; readonly made: string }>;
  /** What could not be proven, in words. */
  readonly unproven: readonly string[];
  /** Rounds in which blocks were decided: above zero where a proposer failed. */
  readonly rounds: readonly number[];
}

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.refusal.code} ${JSON.stringify(result.refusal.facts)}`);
  return result.value;
}

const json = (bytes: Uint8Array): Json => value(parseCanonical(new Uint8Array(bytes)));
const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function inSlices<T>(items: readonly T[], run: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) await run(item, index);
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, worker));
}

/** Asks every node of a healed network what became of a load's operations. */
export class EvidenceCollector {
  readonly #network: ConsensusNetwork;
  readonly #certified = new Map<string, LightBlock>();
  readonly #keys: ReadonlySet<string>;

  constructor(network: ConsensusNetwork) {
    this.#network = network;
    this.#keys = new Set(network.genesis.validators.map(({ publicKey }) => hexEncode(base64urlDecode(publicKey) ?? new Uint8Array(0))));
  }

  /** @param between first block of the run, and the last that every node has. */
  async collect(operations: readonly LoadedOperation[], between: Heights): Promise<RunEvidence> {
    const history = historyOf(operations);
    const acknowledged = new Map<string, string>();
    for (const { answer } of operations)
      if (answer !== undefined) acknowledged.set(base64urlEncode(answer.receipt.operation), base64urlEncode(encodeReceipt(answer.receipt)));
    const views: NodeView[] = [];
    for (const node of this.#network.indexes) views.push(await this.#viewOf(node, [...acknowledged.keys()], between));
    const heights = [...(views[0]?.blocks.keys() ?? [])];
    const { places, rounds } = await this.#blocks(heights);
    const unproven = await this.#unproven([...acknowledged.keys()]);
    return { history, acknowledged, views, places, rounds, unproven, records: await this.#records(operations) };
  }

  #client(node: number): Promise<LedgerServiceClient> {
    return this.#network.clients.ledger(this.#network.pod(node).clientAddress, organisationOf(0));
  }

  async #viewOf(node: number, hashes: readonly string[], between: Heights): Promise<NodeView> {
    const client = await this.#client(node);
    const admin = await this.#network.clients.admin(this.#network.pod(node).clientAddress);
    const receipts = new Map<string, string>();
    await inSlices(hashes, async (hash) => {
      const request = { operationHash: base64urlDecode(hash) ?? new Uint8Array(0), withProof: false, withOperation: false };
      const receipt = await ask(client.getReceipt.bind(client), request).then((answer) => base64urlEncode(answer.receipt), message);
      receipts.set(hash, receipt);
    });
    const { offenceCount } = await ask(client.getValidators.bind(client), {});
    const verified = await ask(admin.verify.bind(admin), {});
    const stateFinding = verified.ok ? '' : verified.finding || 'records and root differ';
    return { node, blocks: await this.#blocksOf(client, between), receipts, offenceCount, stateFinding };
  }

  async #blocksOf(client: LedgerServiceClient, { fromHeight, toHeight }: Heights): Promise<Map<number, SeenBlock>> {
    const seen = new Map<number, SeenBlock>();
    for (let next = BigInt(toHeight); ; ) {
      const { blocks } = await ask(client.listBlocks.bind(client), { fromHeight: next, limit: BLOCKS_PAGE });
      for (const { height, hash, appHash, timeUnixMs } of blocks)
        seen.set(Number(height), { hash: base64urlEncode(hash), appHash: base64urlEncode(appHash), timeUnixMs: Number(timeUnixMs) });
      const lowest = blocks.at(-1)?.height ?? 0n;
      if (lowest <= BigInt(Math.max(1, fromHeight))) return seen;
      next = lowest - 1n;
    }
  }

  async #blocks(heights: readonly number[]): Promise<{ places: Map<string, Place[]>; rounds: number[] }> {
    const client = await this.#client(0);
    const places = new Map<string, Place[]>();
    const rounds: number[] = [];
    await inSlices(heights, async (height) => {
      // What the engine was slow to say while it was under faults is brought within seconds.
      const { bundles, lightBlock } = await waitFor(
        `block ${height} with its header`,
        () => ask(client.getBlock.bind(client), { height: BigInt(height) }),
        BROUGHT_MS,
      );
      rounds.push(value(decodeLightBlock(new Uint8Array(lightBlock))).commit.round);
      const operations = bundles.flatMap((bundle) => bundle.operations);
      for (const [index, { body }] of operations.entries()) {
        const hash = base64urlEncode(operationHash(nodeCrypto.sha256, new Uint8Array(body)));
        places.set(hash, [...(places.get(hash) ?? []), { height, index }]);
      }
    });
    return { places, rounds };
  }

  /** Each receipt's proof, from the nodes in turn. */
  async #unproven(hashes: readonly string[]): Promise<string[]> {
    const findings: string[] = [];
    const clients = await Promise.all(this.#network.indexes.map((node) => this.#client(node)));
    await inSlices(hashes, async (hash, at) => {
      const node = at % clients.length;
      const client = clients[node];
      if (client === undefined) return;
      try {
        const request = { operationHash: base64urlDecode(hash) ?? new Uint8Array(0), withProof: true, withOperation: false };
        // What the engine was slow to say while it was under faults is brought within seconds.
        const answer = await waitFor(`proof of ${hash}`, () => ask(client.getReceipt.bind(client), request), BROUGHT_MS);
        const { header } = this.#certifiedOf(answer.lightBlock);
        value(verifyReceipt(nodeCrypto.sha256, { proof: value(receiptProofFromJson(json(answer.proof))), header }));
      } catch (error) {
        findings.push(`node ${node} does not prove ${hash}: ${message(error)}`);
      }
    });
    return findings;
  }

  async #records(operations: readonly LoadedOperation[]): Promise<Map<string, { proven: string; made: string }>> {
    const makers = new Map<string, string>();
    for (const { recordId, digest, answer } of operations) if (answer?.receipt.outcome.ok) makers.set(recordId, digest);
    const records = new Map<string, { proven: string; made: string }>();
    const clients = await Promise.all(this.#network.indexes.map((node) => this.#client(node)));
    await inSlices([...makers], async ([recordId, made], at) => {
      const client = clients[at % clients.length];
      if (client !== undefined) records.set(recordId, { made, proven: await this.#digestOf(client, recordId).catch(message) });
    });
    return records;
  }

  async #digestOf(client: LedgerServiceClient, recordId: string): Promise<string> {
    const key = `health.index/documents/${recordId}`;
    const read = await ask(client.read.bind(client), { key, withProof: true, headerHeight: 0n });
    const claim = {
      root: this.#certifiedOf(read.lightBlock).header.appHash,
      key: new TextEncoder().encode(key),
      value: new Uint8Array(read.value),
      proof: value(proofFromJson(json(read.proof))),
    };
    if (!read.found || !verifyMembership(nodeCrypto.sha256, claim)) return 'not proven';
    return (json(read.value) as { readonly digest?: string }).digest ?? 'no digest';
  }

  /** A light block that more than two thirds of the genesis validators signed. @throws Error otherwise. */
  #certifiedOf(bytes: Uint8Array): LightBlock {
    const id = hexEncode(nodeCrypto.sha256(new Uint8Array(bytes)));
    const known = this.#certified.get(id);
    if (known !== undefined) return known;
    const lightBlock = value(decodeLightBlock(new Uint8Array(bytes)));
    value(verifyCommit(nodeCrypto, { chainId: this.#network.chainId, lightBlock }));
    const isOurs = lightBlock.validators.every(({ publicKey }) => this.#keys.has(hexEncode(publicKey)));
    if (!isOurs || lightBlock.validators.length !== this.#keys.size) throw new Error('other validators than those of the genesis');
    this.#certified.set(id, lightBlock);
    return lightBlock;
  }
}
