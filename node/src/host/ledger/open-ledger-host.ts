import { join } from 'node:path';
import { type Bytes, type CryptoPort, equalBytes, type VerifyEd25519Elsewhere } from '@civitas/canon';
import { verifyEd25519InPool } from '@civitas/canon/node';
import { allContracts, type Contract } from '@civitas/contracts';
import type { Genesis, Retention } from '@civitas/deployment';
import { decodeLightBlock, validatorOf } from '@civitas/proofs';
import { contextOf } from '../../core/ledger/context.ts';
import { applyWrites } from '../../core/ledger/execute-block.ts';
import type { RunningLedger } from '../../core/ledger/execute-operation.ts';
import { genesisState } from '../../core/ledger/genesis-state.ts';
import { REPLAY_PREFIX, ReplayTable } from '../../core/ledger/replay-table.ts';
import { Verdicts } from '../../core/ledger/verdicts.ts';
import { linksModule } from '../../core/links/links-module.ts';
import { membersModule } from '../../core/members/members-module.ts';
import { MEMBERS } from '../../core/members/records.ts';
import { NEWEST_PROTOCOL } from '../../core/protocol/rules.ts';
import { RETENTION_DAYS } from '../../core/state/limits.ts';
import { PageReader } from '../../core/state/page-store.ts';
import type { KeyedRecord } from '../../core/state/records.ts';
import { EMPTY_ROOT } from '../../core/state/tree.ts';
import { VALIDATORS } from '../../core/validators/records.ts';
import { parseGenesis } from '../config/parse-genesis.ts';
import { type ChainFacts, type ChainHead, NO_BLOCKS } from '../engine/block-maker.ts';
import { EmbeddedEngine } from '../engine/embedded-engine.ts';
import type { Engine, EngineClock, EngineStep, SigningPermission } from '../engine/engine.ts';
import { LedgerSnapshots, type SnapshotLog } from '../snapshot/ledger-snapshots.ts';
import { SNAPSHOT_INTERVAL_BLOCKS, SNAPSHOT_PERIOD_MS } from '../snapshot/limits.ts';
import { type BlockRecord, isSameChain, LedgerStore, NOTHING_PRUNED } from '../store/ledger-store.ts';
import type { StoreLimits } from '../store/limits.ts';
import { genesisRecord, LedgerApplication } from './ledger-application.ts';
import type { LedgerHost } from './ledger-host.ts';
import { LinkView } from './link-view.ts';
import { MemberView } from './member-view.ts';
import { onlyValidator } from './only-validator.ts';
import { CommitListeners, OpenLedgerHost } from './running-host.ts';
import { ValidatorView } from './validator-view.ts';
import { openVerifySignatures } from './verify-bundles.ts';

/** The key that signs blocks. */
export interface ConsensusKey {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Bytes;
  sign(message: Bytes): Bytes;
}

export interface LedgerHostOptions {
  /** Longest pause between blocks, ms; default 5000. */
  readonly emptyBlockIntervalMs?: number;
  /** No block is made while it is not granted. */
  readonly signing: SigningPermission;
  /** Shared with admission, so that nothing is verified twice. */
  readonly verdicts?: Verdicts;
  /** How long roots stay provable; default seven days. */
  readonly retention?: Retention;
  /** Contracts this version ships; default all of them; genesis says which are active. */
  readonly contracts?: readonly Contract[];
  /** The store failed or is damaged; default throws where nothing catches it, so that the process stops. */
  readonly onFault?: (error: unknown) => void;
  readonly onStep?: (step: EngineStep, height: number) => void;
  /** Verifies off the main thread; default libuv's pool. */
  readonly verifyEd25519?: VerifyEd25519Elsewhere;
  /** Opens another engine than the embedded one over the application. */
  readonly openEngine?: OpenEngine;
  /** The newest protocol version to execute, for tests of an older release; default the newest of this one. */
  readonly newestProtocol?: number;
  /** Blocks between two snapshots, 0 for none; default SNAPSHOT_INTERVAL_BLOCKS. */
  readonly snapshotIntervalBlocks?: number;
  /** Block time between two snapshots, ms, 0 for every interval; default SNAPSHOT_PERIOD_MS. */
  readonly snapshotPeriodMs?: number;
  /** For tests of small blocks; default STORE_LIMITS. */
  readonly storeLimits?: StoreLimits;
}

/** What an engine of its own process is opened over. */
export interface EngineParts {
  readonly genesis: Genesis;
  readonly application: LedgerApplication;
  readonly store: LedgerStore;
  readonly snapshots: LedgerSnapshots;
  /** The store failed, or the engine is gone: the process must stop. */
  readonly onFault: (error: unknown) => void;
  /** Finishes what the embedded engine may have begun on this store, and closes its chain with an empty block. */
  readonly settleEmbedded: () => Promise<void>;
}

export type OpenEngine = (parts: EngineParts) => Engine;

export interface LedgerHostRequest {
  readonly dataDir: string;
  /** Canonical bytes of the genesis; ignored beyond a check when the store has its own. */
  readonly genesis: Bytes;
  readonly consensusKey: ConsensusKey;
  readonly crypto: CryptoPort;
  readonly clock: EngineClock;
  readonly log: SnapshotLog;
  readonly options: LedgerHostOptions;
}

const EMPTY_BLOCK_INTERVAL_MS = 5_000;
const DAY_MS = 24 * 3_600_000;

function provableMsOf({ days, archive }: Retention = { days: RETENTION_DAYS, archive: false }): number | undefined {
  return archive ? undefined : days * DAY_MS;
}

function activeContracts(genesis: Genesis, shipped: readonly Contract[]): ReadonlyMap<string, Contract> {
  const active = new Map<string, Contract>();
  for (const named of genesis.appState.contracts) {
    const [name = '', version] = named.split('@');
    if (name === membersModule.name || name === linksModule.name) continue;
    const contract = shipped.find((candidate) => candidate.name === name && candidate.version === version);
    if (contract === undefined) throw new Error(`genesis activates ${named}, which this version does not ship`);
    active.set(name, contract);
  }
  return active;
}

async function openStore(request: LedgerHostRequest, genesis: Genesis, genesisHash: Bytes): Promise<LedgerStore> {
  const { sha256 } = request.crypto;
  const store = new LedgerStore(join(request.dataDir, 'ledger'), request.options.storeLimits);
  const chain = { chainId: genesis.chainId, genesisHash };
  const held = store.readChain();
  if (held !== undefined) {
    if (!isSameChain(held, chain)) {
      await store.close();
      throw new Error(`the store holds ${held.chainId} with another genesis`);
    }
    return store;
  }
  const state = genesisState(sha256, genesis);
  const reader = new PageReader(store, sha256);
  const tree = applyWrites({ sha256, reader }, EMPTY_ROOT, 0, state.changes);
  const record = genesisRecord(sha256, tree.root, genesis.genesisTimeUnixMs);
  await store.writeGenesis(chain, {
    record,
    block: undefined,
    writes: state.changes,
    tree,
    receipts: [],
    pruned: NOTHING_PRUNED,
    keptFrom: 0,
  });
  return store;
}

function headOf(store: LedgerStore, height: number): ChainHead {
  if (height === 0) return NO_BLOCKS;
  const lightBlock = decodeLightBlock(store.readLightBlock(height) ?? new Uint8Array(0));
  if (!lightBlock.ok) throw new Error(`block ${height} is damaged: ${lightBlock.refusal.code}`);
  return { commit: lightBlock.value.commit };
}

function recordsBelow(store: LedgerStore, prefix: string): KeyedRecord[] {
  const records: KeyedRecord[] = [];
  let after: string | undefined;
  for (;;) {
    const page = store.scan({ prefix, limit: 256, ...(after === undefined ? {} : { after }) });
    records.push(...page);
    after = page.at(-1)?.key;
    if (page.length < 256 || after === undefined) return records;
  }
}

function loadReplay(store: LedgerStore): ReplayTable {
  const [first = 0, second = 0] = crypto.getRandomValues(new Uint32Array(2));
  const replay = new ReplayTable([first, second]);
  replay.load(recordsBelow(store, REPLAY_PREFIX));
  return replay;
}

function runningLedger(request: LedgerHostRequest, genesis: Genesis, facts: { genesisHash: Bytes; replay: ReplayTable }): RunningLedger {
  const { crypto, options } = request;
  const { city, domain } = genesis.appState;
  const modules = new Map([membersModule, linksModule].map((module) => [module.name, module]));
  const verdicts = options.verdicts ?? new Verdicts(crypto);
  return {
    chainId: genesis.chainId,
    city,
    domain,
    crypto,
    contracts: activeContracts(genesis, options.contracts ?? allContracts),
    shipped: new Map((options.contracts ?? allContracts).map((contract) => [`${contract.name}@${contract.version}`, contract])),
    modules,
    contextOf,
    admission: { chainId: genesis.chainId, genesisHash: facts.genesisHash, sha256: crypto.sha256, verdicts, replay: facts.replay },
  };
}

/** Whether a commit wrote records of members, and of validators. */
function spacesOf(keys: Iterable<string>): [isMembers: boolean, isValidators: boolean] {
  let [isMembers, isValidators] = [false, false];
  for (const key of keys) {
    isMembers ||= key.startsWith(`${MEMBERS}/`);
    isValidators ||= key.startsWith(`${VALIDATORS}/`);
  }
  return [isMembers, isValidators];
}

function stopProcess(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

type EmbeddedParts = Pick<EngineParts, 'genesis' | 'application' | 'store' | 'onFault'> & { readonly head: ChainHead };

function openEmbeddedEngine(request: LedgerHostRequest, parts: EmbeddedParts): EmbeddedEngine {
  const { consensusKey, crypto, clock, options } = request;
  const { genesis, application, store, head, onFault } = parts;
  const { publicKey, power } = onlyValidator(genesis);
  const validator = validatorOf(crypto.sha256, publicKey, power);
  const facts: ChainFacts = { sha256: crypto.sha256, chainId: genesis.chainId, genesisTimeUnixMs: genesis.genesisTimeUnixMs, validator };
  return new EmbeddedEngine({
    facts,
    head,
    application,
    journal: store,
    sign: (message) => consensusKey.sign(message),
    signing: options.signing,
    clock,
    emptyBlockIntervalMs: options.emptyBlockIntervalMs ?? EMPTY_BLOCK_INTERVAL_MS,
    onFault,
    ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
  });
}

/** The application over an open store, with what the host shows of its state as of the last commit. */
function openApplication(
  request: LedgerHostRequest,
  opened: { genesis: Genesis; genesisHash: Bytes; store: LedgerStore; head: BlockRecord; keptFrom: number },
) {
  const { crypto, options, log } = request;
  const { sha256 } = crypto;
  const { genesis, genesisHash, store, head, keptFrom } = opened;
  const ledger = runningLedger(request, genesis, { genesisHash, replay: loadReplay(store) });
  const reader = new PageReader(store, sha256);
  const members = new MemberView(store, () => application.head);
  const links = new LinkView(
    store,
    () => application.head.timeUnixMs,
    (peer, limit) => store.readFailedPackets(peer, limit),
  );
  const validators = new ValidatorView(store, sha256, () => application.head.height);
  const listeners = new CommitListeners((error) => log.error('commit-listener-failed', { message: String(error) }));
  const application: LedgerApplication = new LedgerApplication(
    {
      ledger,
      store,
      reader,
      sha256,
      newestProtocol: options.newestProtocol ?? NEWEST_PROTOCOL,
      verifySignatures: openVerifySignatures({
        verdicts: ledger.admission.verdicts,
        records: store,
        verifyEd25519: options.verifyEd25519 ?? verifyEd25519InPool,
      }),
      nowMs: () => performance.now(),
      onCommitted: (block) => listeners.call(block),
      onWritten: (keys) => {
        const [isMembers, isValidators] = spacesOf(keys);
        if (isMembers) members.changed();
        if (isValidators) validators.changed();
      },
      provableMs: provableMsOf(options.retention),
      oldestOpenHeight: () => links.oldestOpenHeight(),
    },
    head,
    keptFrom,
  );
  return { ledger, reader, members, links, validators, listeners, application };
}

/**
 * Opens a ledger: the store of its data folder, the contracts, and the engine, which goes on where the last process ended: the embedded one
 * unless another is given.
 *
 * @throws Error for a genesis that does not fit the store, the contracts or the consensus key; StoreFault for a damaged or newer store.
 */
export async function openLedgerHost(request: LedgerHostRequest): Promise<LedgerHost> {
  const { crypto, consensusKey, options, log } = request;
  const { sha256 } = crypto;
  const parsed = parseGenesis(request.genesis);
  if (!parsed.ok) throw new Error(`genesis: ${parsed.refusal.code} ${JSON.stringify(parsed.refusal.facts)}`);
  const genesis = parsed.value;
  const genesisHash = sha256(request.genesis);
  if (options.openEngine === undefined && !equalBytes(onlyValidator(genesis).publicKey, consensusKey.publicKey))
    throw new Error('genesis names another consensus key than this node holds');
  const store = await openStore(request, genesis, genesisHash);
  const { height, keptFrom } = store.readHead() ?? { height: 0, keptFrom: 0 };
  const head = store.readBlockRecord(height);
  if (head === undefined) throw new Error(`the store has no record of its head ${height}`);
  const views = openApplication(request, { genesis, genesisHash, store, head, keptFrom });
  const { ledger, members, validators, listeners, application } = views;
  const onFault = (error: unknown): void => {
    log.error('ledger-fault', { message: String(error) });
    (options.onFault ?? stopProcess)(error);
  };
  const snapshots = new LedgerSnapshots({
    dataFolder: request.dataDir,
    store,
    crypto,
    chain: { chainId: genesis.chainId, genesisHash },
    schedule: {
      intervalBlocks: options.snapshotIntervalBlocks ?? SNAPSHOT_INTERVAL_BLOCKS,
      periodMs: options.snapshotPeriodMs ?? SNAPSHOT_PERIOD_MS,
    },
    log,
    onFault,
    onRestored: () => {
      application.restored();
      ledger.admission.replay.load(recordsBelow(store, REPLAY_PREFIX));
      members.changed();
      validators.changed();
    },
  });
  listeners.add((block) => snapshots.committed(block));
  const openEmbedded = (): EmbeddedEngine =>
    openEmbeddedEngine(request, { genesis, application, store, head: headOf(store, application.head.height), onFault });
  // It makes a block when it opens, what it had persisted before a crash or an empty one, and no other while it closes.
  const settleEmbedded = async (): Promise<void> => {
    await openEmbedded().close();
    if (store.readPending() !== undefined) throw new Error('the signing grant was withdrawn while a block was being signed');
  };
  const engine = options.openEngine?.({ genesis, application, store, snapshots, onFault, settleEmbedded }) ?? openEmbedded();
  const engineKind = options.openEngine === undefined ? 'embedded' : 'cometbft';
  return new OpenLedgerHost({ genesis, genesisHash, store, ...views, engine, engineKind, snapshots });
}
