import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bytes, type Envelope, envelopeHash, operationSignBytes, parseOperation } from '@civitas/canon';
import { sodiumCrypto } from '@civitas/canon/sodium';
import { allContracts, checkArgs } from '@civitas/contracts';
import { SubmitStreamRequest, SubmitStreamResponse } from '@civitas/proto/civitas/node/v1/ledger';
import { nodeMetrics, openMetricsRegistry } from '@civitas/telemetry';
import { contextOf } from '../node/src/core/ledger/context.ts';
import { applyWrites, BlockExecution } from '../node/src/core/ledger/execute-block.ts';
import type { RunningLedger } from '../node/src/core/ledger/execute-operation.ts';
import { genesisState } from '../node/src/core/ledger/genesis-state.ts';
import { ReplayTable } from '../node/src/core/ledger/replay-table.ts';
import { operationVerdictId, Verdicts } from '../node/src/core/ledger/verdicts.ts';
import { MemoryPages } from '../node/src/core/state/memory-pages.ts';
import { PageReader } from '../node/src/core/state/page-store.ts';
import { NO_RECORDS, Overlay } from '../node/src/core/state/records.ts';
import { EMPTY_ROOT, type TreeUpdate } from '../node/src/core/state/tree.ts';
import { runSteps } from '../node/src/core/steps.ts';
import { Admission } from '../node/src/host/admission/admission.ts';
import { decodeBundle } from '../node/src/host/ledger/bundle-codec.ts';
import { aBundle, aNetwork, anEnvelope, FOUNDERS, founderKey, type TestNetwork } from '../node/src/host/ledger/ledger-fixture.ts';
import type { LedgerHost } from '../node/src/host/ledger/ledger-host.ts';
import { SignatureVerifier } from '../node/src/host/signatures/signature-verifier.ts';
import { openBenchHost } from './bench-host.ts';
import type { BenchOptions } from './city.ts';
import { documentArguments } from './documents.ts';

const BUNDLE_OPERATIONS = 160;
const BLOCK_BUNDLES = 4;
const BLOCKS_PER_SECOND = 4;
const IN_FLIGHT = 512;
const START_UNIX_MS = Date.now();

type Load = { readonly envelopes: readonly Envelope[]; readonly bundles: readonly Bytes[] };

/** CPU of one operation in process, step by step, as a validator and as the gateway that admits it: µs of every thread of the process. */
export async function benchExecute(options: BenchOptions): Promise<object> {
  const blockCount = Math.max(4, Math.round(options.seconds * BLOCKS_PER_SECOND));
  const network = aBenchNetwork();
  options.say(`signing ${blockCount * BLOCK_BUNDLES * BUNDLE_OPERATIONS * 2} operations`);
  const warmUp = aLoad(network, 4);
  const load = aLoad(network, blockCount);
  stepsOf(network, warmUp);
  options.say('steps of a validator');
  const steps = stepsOf(network, load);
  options.say('validator');
  const validator = await validatorMicros(network, warmUp, load);
  options.say('gateway');
  const gateway = await gatewayMicros(network, warmUp, load);
  const bodyBytes = load.envelopes[0]?.body.length ?? 0;
  return { operations: load.envelopes.length, bodyBytes, microsPerOperation: { ...steps, validator, gateway } };
}

function aBenchNetwork(): TestNetwork {
  const founders = FOUNDERS.map((founder) => (founder.name === 'founder' ? { ...founder, roles: ['member', 'custodian'] } : founder));
  const limits = { operationsPerSecondPerOrganisation: 1_000_000, linkPacketsPerMinute: 1000 };
  return aNetwork('jincheng-health-1', { contracts: ['health.index@v1'], founders, limits }, START_UNIX_MS);
}

function aLoad(network: TestNetwork, blockCount: number): Load {
  const envelopes: Envelope[] = [];
  const bundles: Bytes[] = [];
  for (let bundle = 0; bundle < blockCount * BLOCK_BUNDLES; bundle += 1) {
    const own = Array.from({ length: BUNDLE_OPERATIONS }, () => anOperation(network));
    envelopes.push(...own);
    bundles.push(aBundle(network, own));
  }
  return { envelopes, bundles };
}

function anOperation(network: TestNetwork): Envelope {
  return anEnvelope(network, {
    contract: 'health.index@v1',
    method: 'register',
    role: 'custodian',
    args: documentArguments(),
    intent: new Uint8Array(randomBytes(16)),
    expiresAtUnixMs: START_UNIX_MS + 3_000_000,
  });
}

/** Adds up the CPU of one thread by name. */
class Steps {
  readonly #micros = new Map<string, number>();

  time<T>(name: string, work: () => T): T {
    const before = process.threadCpuUsage();
    const value = work();
    const { user, system } = process.threadCpuUsage(before);
    this.#micros.set(name, (this.#micros.get(name) ?? 0) + user + system);
    return value;
  }

  perOperation(count: number): Record<string, number> {
    return Object.fromEntries([...this.#micros].map(([name, micros]) => [name, tenths(micros / count)]));
  }
}

const tenths = (value: number): number => Math.round(value * 10) / 10;

/** The pure part over records in memory; `parse` and `args` are parts of `execute`, timed once more alone. */
function stepsOf(network: TestNetwork, load: Load): Record<string, number> {
  const { sha256 } = sodiumCrypto;
  const steps = new Steps();
  const verdicts = new Verdicts(sodiumCrypto);
  const pages = new MemoryPages();
  const reader = new PageReader(pages, sha256);
  const take = (height: number, update: TreeUpdate): void => {
    pages.write(height, update);
    pages.prune(height);
    reader.commit(update);
  };
  const state = genesisState(sha256, network.genesis);
  const genesis = applyWrites({ sha256, reader }, EMPTY_ROOT, 0, state.changes);
  take(0, genesis);
  const ledger = aRunningLedger(network, verdicts);
  const records = new Overlay(NO_RECORDS);
  for (const [key, stored] of state.changes) if (stored !== undefined) records.put(key, stored.record, stored.bytes);
  let root = genesis.root;
  const document = allContracts.find(({ name }) => name === 'health.index')?.methods['register']?.args;
  if (document === undefined) throw new Error('health.index has no register');
  for (let height = 1; (height - 1) * BLOCK_BUNDLES < load.bundles.length; height += 1) {
    const bundles = load.bundles.slice((height - 1) * BLOCK_BUNDLES, height * BLOCK_BUNDLES);
    const decoded = steps.time('decode', () => bundles.map((bytes) => decodeBundle(sha256, bytes)));
    const operations = decoded.flatMap((bundle) => (bundle.ok ? bundle.value.operations : []));
    const parsed = steps.time('parse', () => operations.map(({ envelope }) => parseOperation(envelope.body)));
    const args = parsed.map((operation) => (operation.ok ? operation.value.args : {}));
    steps.time('args', () => args.forEach((value) => void checkArgs(document, value)));
    steps.time('verify', () => operations.forEach((signed) => void verifyOne(verdicts, signed)));
    const execution = new BlockExecution(ledger, { height, timeUnixMs: START_UNIX_MS + height }, records);
    steps.time('execute', () => {
      for (const bundle of decoded) runSteps(execution.executeBundleInSteps(bundle.ok ? bundle.value : undefined));
    });
    const effects = steps.time('tree', () => execution.finish(root, reader));
    const failed = effects.receipts.flat().find(({ isSuccess }) => !isSuccess);
    if (failed !== undefined) throw new Error(`an operation was refused: ${Buffer.from(failed.bytes).toString()}`);
    take(height, effects.tree);
    for (const [key, stored] of effects.writes) {
      if (stored === undefined) records.delete(key);
      else records.put(key, stored.record, stored.bytes);
    }
    root = effects.tree.root;
  }
  return steps.perOperation(load.envelopes.length);
}

function verifyOne(verdicts: Verdicts, { envelope, hash }: { readonly envelope: Envelope; readonly hash: Bytes }): boolean {
  return verdicts.verify({
    verdictId: operationVerdictId(hash),
    message: () => operationSignBytes(envelope.body),
    signature: envelope.signature,
    publicKey: founderKey.publicKey,
  });
}

function aRunningLedger(network: TestNetwork, verdicts: Verdicts): RunningLedger {
  const { sha256 } = sodiumCrypto;
  const { chainId, genesis } = network;
  return {
    chainId,
    city: genesis.appState.city,
    domain: genesis.appState.domain,
    crypto: sodiumCrypto,
    contracts: new Map(allContracts.map((contract) => [contract.name, contract])),
    shipped: new Map(),
    modules: new Map(),
    contextOf,
    admission: { chainId, genesisHash: sha256(network.genesisBytes), sha256, verdicts, replay: new ReplayTable() },
  };
}

async function withHost<T>(network: TestNetwork, verdicts: Verdicts, work: (host: LedgerHost) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'civitas-bench-'));
  const host = await openBenchHost(network, {
    dataDir,
    crypto: sodiumCrypto,
    options: { signing: { granted: () => true, onChange: () => () => undefined }, verdicts },
  });
  try {
    return await work(host);
  } finally {
    await host.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** CPU of all threads while `work` runs, µs an operation. */
async function cpuOf(operationCount: number, work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return tenths((user + system) / operationCount);
}

/** Bundles of other gateways, signatures known before: decode, execute, hash the state, store, on the embedded engine. */
function validatorMicros(network: TestNetwork, warmUp: Load, load: Load): Promise<number> {
  const verdicts = new Verdicts(sodiumCrypto);
  return withHost(network, verdicts, async (host) => {
    const submitAll = async ({ bundles }: Load): Promise<void> => {
      for (let at = 0; at < bundles.length; at += BLOCK_BUNDLES) {
        await Promise.all(bundles.slice(at, at + BLOCK_BUNDLES).map((bundle) => host.submit(bundle)));
      }
    };
    await submitAll(warmUp);
    for (const envelope of load.envelopes) verifyOne(verdicts, { envelope, hash: envelopeHash(sodiumCrypto.sha256, envelope) });
    return cpuOf(load.envelopes.length, () => submitAll(load));
  });
}

/** From the wire message of a submit stream to the wire message of its answer, and all that a validator does. */
function gatewayMicros(network: TestNetwork, warmUp: Load, load: Load): Promise<number> {
  const verdicts = new Verdicts(sodiumCrypto);
  const signatures = new SignatureVerifier();
  return withHost(network, verdicts, async (host) => {
    const admission = new Admission({
      ledger: host,
      crypto: sodiumCrypto,
      verifyEd25519: signatures.verify,
      verdicts,
      gateway: { organisation: 'founder', key: founderKey },
      bundleWaitMs: 10,
      metrics: openMetricsRegistry({}).register(nodeMetrics),
      nowUnixMs: Date.now,
      nowMs: () => performance.now(),
    });
    const wire = ({ envelopes }: Load): Uint8Array[] =>
      envelopes.map(({ body, signature }, tag) =>
        SubmitStreamRequest.encode({
          tag: BigInt(tag),
          operation: { body, signature, coSignatures: [], shared: undefined },
          batch: undefined,
        }).finish(),
      );
    const submitOne = async (bytes: Uint8Array): Promise<void> => {
      const { tag, operation } = SubmitStreamRequest.decode(bytes);
      if (operation === undefined) throw new Error('no operation');
      const receipt = await admission.submit(operation, 'founder');
      if (!receipt.ok) throw new Error(`refused: ${receipt.refusal.code}`);
      const { operationHash, bytes: value } = receipt.value;
      SubmitStreamResponse.encode({ tag, operationHash, answer: { $case: 'receipt', value }, credits: 1, more: [] }).finish();
    };
    const submitAll = async (requests: readonly Uint8Array[]): Promise<void> => {
      let next = 0;
      const worker = async (): Promise<void> => {
        for (;;) {
          const request = requests[next++];
          if (request === undefined) return;
          await submitOne(request);
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    };
    await submitAll(wire(warmUp));
    const requests = wire(load);
    return cpuOf(load.envelopes.length, () => submitAll(requests));
  });
}
