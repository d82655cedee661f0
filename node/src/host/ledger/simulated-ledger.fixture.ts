import { type Bytes, base64urlEncode, type Envelope, equalBytes, type JsonObject, utf8Decode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { allContracts, type Contract } from '@civitas/contracts';
import {
  decodeLightBlock,
  encodeBlock,
  type LightBlock,
  parseReceipt,
  proofToJson,
  type Receipt,
  resultsHash,
  validatorOf,
} from '@civitas/proofs';
import { contextOf } from '../../core/ledger/context.ts';
import { applyWrites, BlockExecution } from '../../core/ledger/execute-block.ts';
import type { RunningLedger } from '../../core/ledger/execute-operation.ts';
import { genesisState } from '../../core/ledger/genesis-state.ts';
import { ReplayTable } from '../../core/ledger/replay-table.ts';
import { Verdicts } from '../../core/ledger/verdicts.ts';
import { linksModule } from '../../core/links/links-module.ts';
import { acknowledgementKey, type BodyRecord, bodiesPrefix, outKey, receiptKey } from '../../core/links/records.ts';
import { membersModule } from '../../core/members/members-module.ts';
import { appVersionOf, protocolAt } from '../../core/protocol/records.ts';
import { compareKeys } from '../../core/state/keys.ts';
import { MemoryPages } from '../../core/state/memory-pages.ts';
import { PageReader } from '../../core/state/page-store.ts';
import { proveKey } from '../../core/state/prove.ts';
import type { KeyedRecord, KeyRange, RecordSource, StoredRecord } from '../../core/state/records.ts';
import { EMPTY_ROOT, type TreeRoot, type TreeUpdate } from '../../core/state/tree.ts';
import type { Misbehaviour } from '../../core/validators/misbehaviour.ts';
import type { ValidatorUpdate } from '../../core/validators/validator-update.ts';
import { type ChainFacts, type ChainHead, decideBlock, makeBlock, NO_BLOCKS } from '../engine/block-maker.ts';
import { decodeBundle } from './bundle-codec.ts';
import { noResultsHash } from './ledger-application.ts';
import { aBundle, anEnvelope, type OperationParts, probe, relayKey, type TestNetwork } from './ledger-fixture.ts';

const { sha256 } = nodeCrypto;

/** Records in memory, by key order. */
export class MemoryRecords implements RecordSource {
  readonly records = new Map<string, JsonObject>();

  get(key: string): JsonObject | undefined {
    return this.records.get(key);
  }

  #sorted(prefix: string): string[] {
    return [...this.records.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys);
  }

  scan({ prefix, after, limit }: KeyRange): readonly KeyedRecord[] {
    const keys = this.#sorted(prefix).filter((key) => after === undefined || compareKeys(key, after) > 0);
    return keys.slice(0, limit).map((key) => ({ key, record: this.records.get(key) ?? {} }));
  }

  findLast(prefix: string, before: string): KeyedRecord | undefined {
    const key = this.#sorted(prefix)
      .filter((candidate) => compareKeys(candidate, before) < 0)
      .at(-1);
    return key === undefined ? undefined : { key, record: this.records.get(key) ?? {} };
  }

  apply(writes: ReadonlyMap<string, StoredRecord | undefined>): void {
    for (const [key, stored] of writes) {
      if (stored === undefined) this.records.delete(key);
      else this.records.set(key, JSON.parse(utf8Decode(stored.bytes) ?? '') as JsonObject);
    }
  }
}

/** Small, so that pages are also read back. */
const CACHE_BYTES = 65_536;

/** The real runtime over memory, one block at a time, at times the test chooses. Values of old roots are kept, so anything can be proven. */
export class SimulatedLedger {
  readonly network: TestNetwork;
  readonly records = new MemoryRecords();
  readonly lightBlocks: Bytes[] = [];
  readonly receipts: Receipt[] = [];
  /** What the last block changed in the set; the headers here go on with the one validator. */
  validatorUpdates: readonly ValidatorUpdate[] = [];
  /** How often a bundle's execution could have rested, so far. */
  restCount = 0;
  readonly #ledger: RunningLedger;
  readonly #facts: ChainFacts;
  readonly #pages = new MemoryPages();
  readonly #reader = new PageReader(this.#pages, sha256, CACHE_BYTES);
  readonly #roots: TreeRoot[] = [];
  readonly #values: Map<string, JsonObject>[] = [];
  #head: ChainHead = NO_BLOCKS;
  #resultsHash: Bytes;
  #intent = 0;

  constructor(network: TestNetwork, contracts: readonly Contract[] = [probe]) {
    this.network = network;
    const { chainId, genesis, genesisBytes, consensus } = network;
    const state = genesisState(sha256, genesis);
    const tree = applyWrites({ sha256, reader: this.#reader }, EMPTY_ROOT, 0, state.changes);
    this.records.apply(state.changes);
    this.#keep(0, tree);
    this.#resultsHash = noResultsHash(sha256);
    this.#facts = {
      sha256,
      chainId,
      genesisTimeUnixMs: genesis.genesisTimeUnixMs,
      validator: validatorOf(sha256, consensus.publicKey, 10n),
    };
    this.#ledger = {
      chainId,
      city: genesis.appState.city,
      domain: genesis.appState.domain,
      crypto: nodeCrypto,
      contracts: new Map(contracts.map((contract) => [contract.name, contract])),
      shipped: new Map([...allContracts, ...contracts].map((contract) => [`${contract.name}@${contract.version}`, contract])),
      modules: new Map([membersModule, linksModule].map((module) => [module.name, module])),
      contextOf,
      admission: { chainId, genesisHash: sha256(genesisBytes), sha256, verdicts: new Verdicts(nodeCrypto), replay: new ReplayTable() },
    };
  }

  get height(): number {
    return this.lightBlocks.length;
  }

  /** Time of the next block's header: the last block's vote. */
  get nextTimeUnixMs(): number {
    return (
      Number(this.#head.commit.signatures[0]?.time.seconds ?? 0n) * 1000 +
        Math.floor((this.#head.commit.signatures[0]?.time.nanos ?? 0) / 1e6) || this.#facts.genesisTimeUnixMs
    );
  }

  operation(parts: Partial<OperationParts>): Envelope {
    return anEnvelope(this.network, { expiresAtUnixMs: this.nextTimeUnixMs + 600_000, intent: ++this.#intent, ...parts });
  }

  /** One block; its vote, and so the next block's header, is `stepMs` later than its own header. */
  block(envelopes: readonly Envelope[] = [], stepMs = 1000, misbehaviour: readonly Misbehaviour[] = []): Receipt[] {
    const transactions = envelopes.length === 0 ? [] : [aBundle(this.network, envelopes)];
    const appVersion = appVersionOf(protocolAt(this.records, this.height + 1).version);
    const info = { height: this.height, appHash: this.#root().hash, resultsHash: this.#resultsHash, appVersion };
    const block = makeBlock(this.#facts, this.#head, info, transactions);
    const timeUnixMs = this.nextTimeUnixMs;
    const execution = new BlockExecution(this.#ledger, { height: info.height + 1, timeUnixMs }, this.records);
    execution.recordMisbehaviour(misbehaviour);
    for (const transaction of transactions) {
      const bundle = decodeBundle(sha256, transaction);
      for (const _ of execution.executeBundleInSteps(bundle.ok ? bundle.value : undefined)) this.restCount++;
    }
    const effects = execution.finish(this.#root(), this.#reader);
    const voteTimeNanos = BigInt(timeUnixMs + stepMs) * 1_000_000n;
    const { decided, commit } = decideBlock(this.#facts, { block, bytes: encodeBlock(block) }, voteTimeNanos, (message) =>
      this.network.consensus.sign(message),
    );
    this.validatorUpdates = effects.validatorUpdates;
    this.records.apply(effects.writes);
    this.#keep(effects.block.height, effects.tree);
    this.#resultsHash = resultsHash(sha256, effects.results);
    this.#head = { commit };
    this.lightBlocks.push(decided.lightBlock);
    const receipts = effects.receipts.flat().map(({ bytes }) => {
      const receipt = parseReceipt(bytes);
      if (!receipt.ok) throw new Error(receipt.refusal.code);
      return receipt.value;
    });
    this.receipts.push(...receipts);
    return receipts;
  }

  /** Executes one operation in a block of its own. */
  run(parts: Partial<OperationParts>, stepMs = 1000): Receipt {
    const [receipt] = this.block([this.operation(parts)], stepMs);
    if (receipt === undefined) throw new Error('no receipt');
    return receipt;
  }

  relay(method: string, args: JsonObject): Receipt {
    return this.run({ contract: 'links@v1', method, args, organisation: 'platform', role: 'relay', key: relayKey });
  }

  lightBlockText(height: number): string {
    return base64urlEncode(this.lightBlocks[height - 1] ?? new Uint8Array(0));
  }

  lightBlock(height: number): LightBlock {
    const decoded = decodeLightBlock(this.lightBlocks[height - 1] ?? new Uint8Array(0));
    if (!decoded.ok) throw new Error(decoded.refusal.code);
    return decoded.value;
  }

  /** Value and proof of a key under the header at a height: the state after the block before it. */
  prove(key: string, headerHeight: number): { value: JsonObject | undefined; proof: JsonObject } {
    const root = this.#roots[headerHeight - 1];
    if (root === undefined || !equalBytes(root.hash, this.lightBlock(headerHeight).header.appHash)) throw new Error('no such root');
    return { value: this.#values[headerHeight - 1]?.get(key), proof: proofToJson(proveKey({ sha256, reader: this.#reader }, root, key)) };
  }

  get root(): Bytes {
    return this.#root().hash;
  }

  #root(): TreeRoot {
    return this.#roots.at(-1) ?? EMPTY_ROOT;
  }

  #keep(height: number, tree: TreeUpdate): void {
    this.#pages.write(height, tree);
    this.#reader.commit(tree);
    this.#roots.push(tree.root);
    this.#values.push(new Map(this.records.records));
  }
}

/** What a relay would bring: the client's header at the newest height of `from`. */
export function updatesFrom(from: SimulatedLedger, height: number): JsonObject[] {
  return [{ peer: from.network.chainId, lightBlocks: [from.lightBlockText(height)] }];
}

/** Arguments of `receive` for packets of a source, proven under its newest header. */
export function receiveArgs(
  source: SimulatedLedger,
  destination: SimulatedLedger,
  sequences: readonly number[],
  height = source.height,
): JsonObject {
  const packets = sequences.map((sequence) => {
    const body = source.records.get(bodiesPrefix(destination.network.chainId) + String(sequence).padStart(12, '0')) as
      | BodyRecord
      | undefined;
    return { packet: body?.packet ?? {}, proof: source.prove(outKey(destination.network.chainId, sequence), height).proof };
  });
  return { peer: source.network.chainId, headerHeight: height, packets, updates: updatesFrom(source, height) };
}

/** Arguments of `acknowledge`, proven under the destination's newest header. */
export function acknowledgeArgs(
  source: SimulatedLedger,
  destination: SimulatedLedger,
  sequences: readonly number[],
  height = destination.height,
): JsonObject {
  const packets = sequences.map((sequence) => {
    const { value, proof } = destination.prove(acknowledgementKey(source.network.chainId, sequence), height);
    return { sequence, acknowledgement: value ?? {}, proof };
  });
  return { peer: destination.network.chainId, headerHeight: height, packets, updates: updatesFrom(destination, height) };
}

/** Arguments of `timeout` by absence, or past due with the deferred answer. */
export function timeoutArgs(
  source: SimulatedLedger,
  destination: SimulatedLedger,
  sequence: number,
  form: 'absent' | 'past-due',
  height = destination.height,
): JsonObject {
  const { chainId } = source.network;
  const { value, proof } = destination.prove(
    form === 'absent' ? receiptKey(chainId, sequence) : acknowledgementKey(chainId, sequence),
    height,
  );
  const item = form === 'absent' ? { sequence, proof } : { sequence, proof, acknowledgement: value ?? {} };
  return { peer: destination.network.chainId, headerHeight: height, packets: [item], updates: updatesFrom(destination, height) };
}
