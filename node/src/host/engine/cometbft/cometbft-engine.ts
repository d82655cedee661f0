import { mkdirSync } from 'node:fs';
import type { Bytes, Refusal, Sha256 } from '@civitas/canon';
import type { Genesis, PeersDocument } from '@civitas/deployment';
import type { EngineKeys } from '../../keys/engine-keys.ts';
import type { ProposerPriority } from '../../snapshot/snapshot-source.ts';
import type { SnapshotStore } from '../../snapshot/snapshot-store.ts';
import type { LedgerStore } from '../../store/ledger-store.ts';
import { type Application, type Engine, type EngineHealth, HandOverReached, handOverText, type SigningPermission } from '../engine.ts';
import { AbciApplication, type AbciStep } from './abci-application.ts';
import { type AbciServer, listenAbci } from './abci-server.ts';
import { awaitEarlierEngines, isPeerListening } from './dial-order.ts';
import { DiskGuard, freeBytesOf } from './disk-guard.ts';
import { engineConfigToml } from './engine-config.ts';
import { EngineFault } from './engine-fault.ts';
import { engineGenesisOf } from './engine-genesis.ts';
import { clearEngineSockets, releaseEngine, withdrawEngine, writeEngineHome } from './engine-home.ts';
import { endEngine, isListening } from './engine-process.ts';
import { AWAITED, EngineRefusal, halted } from './engine-refusal.ts';
import { EngineRpc } from './engine-rpc.ts';
import { APP_SOCKET, RPC_SOCKET, socketPath } from './engine-socket.ts';
import { EngineWatch } from './engine-watch.ts';
import { handOver, isHandOverDue } from './hand-over.ts';
import { LightBlocks } from './light-blocks.ts';
import { DISK_FREE_BYTES_MIN, LIGHT_BLOCK_WAIT_MS, WATCH_MS } from './limits.ts';
import type { AwaitPeers } from './peers-source.ts';
import { Redial } from './redial.ts';
import { type SignerWatch, signerWatchOf } from './signer-watch.ts';
import { type EngineSight, Standstill } from './standstill.ts';
import { WaitingTransactions } from './waiting-transactions.ts';

export interface CometbftEngineOptions {
  readonly home: string;
  readonly podUid: string;
  readonly node: string;
  readonly address: string;
  readonly version: string;
  readonly emptyBlockIntervalMs: number;
  readonly genesis: Genesis;
  readonly keys: EngineKeys;
  readonly sha256: Sha256;
  readonly application: Application;
  readonly store: LedgerStore;
  readonly snapshots: SnapshotStore | undefined;
  readonly signing: SigningPermission;
  /** This node's id between engines. */
  readonly ownNodeId: string;
  readonly awaitPeers: AwaitPeers;
  /** Prepares a start from a snapshot: the `[statesync]` table, '' for a node that starts from its own blocks. */
  readonly stateSync: (peers: PeersDocument['peers']) => Promise<string>;
  /** `priv_validator_laddr` where a remote signer dials in; '' when the key is on the volume. */
  readonly remoteSignerAddress: string;
  /** The key that a signer which dials by TCP is to hold; undefined where none does. */
  readonly signerPublicKey?: Bytes;
  /** What a chain of the embedded engine needs to go on here: the program that fills the engine's stores, and the end of what it has begun. */
  readonly embedded: { readonly program: string; readonly settle: () => Promise<void> };
  readonly log: { info(event: string, fields?: object): void; warn(event: string, fields?: object): void };
  /** The application failed, the engine is gone or its grant withdrawn: the process must stop. */
  readonly onFault: (error: unknown) => void;
  readonly onStep?: (step: AbciStep, height: number) => void;
}

const nowMs = (): number => performance.now();

/** CometBFT in a process of its own beside this one: it orders, this one executes; neither runs without the other. */
export class CometbftEngine implements Engine {
  readonly #options: CometbftEngineOptions;
  readonly #rpc: EngineRpc;
  readonly #appSocket: string;
  readonly #rpcSocket: string;
  readonly #waiting: WaitingTransactions;
  readonly #watch: EngineWatch;
  readonly #signer: SignerWatch | undefined;
  readonly #standstill: Standstill;
  readonly #redial: Redial;
  readonly #disk: DiskGuard;
  readonly #lights: LightBlocks;
  readonly #stopping = new AbortController();
  readonly #stopGrantWatch: () => void;
  #awaiting: EngineHealth['awaiting'] = 'peers';
  #server: AbciServer | undefined;
  #started: Promise<void>;

  constructor(options: CometbftEngineOptions) {
    const { home, sha256, store, application, emptyBlockIntervalMs, signing } = options;
    this.#options = options;
    mkdirSync(home, { recursive: true, mode: 0o700 });
    withdrawEngine(home);
    this.#appSocket = socketPath(home, APP_SOCKET, process.cwd());
    this.#rpcSocket = socketPath(home, RPC_SOCKET, process.cwd());
    const rpc = new EngineRpc(this.#rpcSocket);
    this.#rpc = rpc;
    this.#waiting = new WaitingTransactions({ sha256, offer: (transaction) => rpc.offer(transaction), nowMs });
    this.#lights = new LightBlocks({ sha256, rpc, store, headHeight: () => application.info().height });
    this.#standstill = new Standstill(home);
    this.#redial = new Redial({
      ownNodeId: options.ownNodeId,
      peers: () => options.awaitPeers(this.#stopping.signal),
      dial: (addresses) => rpc.dial(addresses),
      onMissing: (nodes) => options.log.info('peers-missing', { nodes }),
    });
    this.#signer = signerWatchOf(options, options.signerPublicKey, rpc);
    this.#watch = new EngineWatch({
      rpc,
      ...(this.#signer === undefined ? {} : { signer: this.#signer }),
      nowMs,
      emptyBlockIntervalMs,
      onAnswering: () => this.#engineAnswers(),
      onSignerFault: (fault) => void this.#endWith('SIGKILL', fault),
      onLook: (seen) => this.#looked(seen),
      onPeers: (peerIds) => this.#redialled(peerIds),
    });
    this.#disk = new DiskGuard({ free: () => freeBytesOf(home), freeBytesMin: DISK_FREE_BYTES_MIN });
    this.#disk.watch({ everyMs: WATCH_MS, onShortage: (error) => void this.#runOut(error) });
    this.#stopGrantWatch = signing.onChange(() => {
      if (!signing.granted() && this.#server !== undefined) void this.#withdraw();
    });
    this.#started = this.#start();
  }

  isSigning(): boolean {
    return this.#options.signing.granted() && this.#watch.hasBegun && this.#awaiting !== 'upgrade';
  }

  health(): EngineHealth {
    const { version, peerCount, isCatchingUp, votes } = this.#watch.seen;
    const isHalted = this.#isHalted();
    return {
      awaiting: this.#awaiting,
      version,
      peerCount,
      isHalted,
      isCaughtUp: this.#watch.isAnswering && !isCatchingUp && this.#awaiting !== 'upgrade',
      round: votes?.round ?? 0,
      proposer: votes?.proposer ?? '',
      unwell: this.#unwell(isHalted),
    };
  }

  refusalOfWork(): Refusal | undefined {
    const due = this.#awaiting === 'upgrade' ? this.#options.application.handOver() : undefined;
    if (due !== undefined) return halted(handOverText(due));
    // Nobody knows when its engine comes, and whether at all: a fenced node's does not.
    const awaited = AWAITED[this.#awaiting];
    if (awaited !== undefined) return halted(awaited);
    if (this.#isHalted()) return halted(this.#watch.votesSeen());
    return this.#waiting.refusalOfMore();
  }

  submit(transaction: Bytes): Promise<{ readonly height: number; readonly position: number }> {
    const refusal = this.refusalOfWork();
    if (refusal !== undefined) return Promise.reject(new EngineRefusal(refusal));
    this.#watch.workWaits();
    return this.#waiting.submit(transaction);
  }

  async proposerPriorities(height: number): Promise<readonly ProposerPriority[] | undefined> {
    if (height < 1 || height > this.#options.application.info().height) return undefined;
    return this.#rpc.proposerPriorities(height);
  }

  async transactionsAt(height: number): Promise<readonly Bytes[] | undefined> {
    if (height < 1 || height > this.#options.application.info().height) return undefined;
    return this.#rpc.transactions(height);
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    this.#stopGrantWatch();
    this.#watch.close();
    this.#disk.close();
    this.#waiting.close();
    withdrawEngine(this.#options.home);
    await this.#started;
    await this.#end('SIGTERM');
    this.#rpc.close();
  }

  /** Waits for peers and grant, then serves the application and lets the engine's process start. */
  async #start(): Promise<void> {
    try {
      await this.#prepare();
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#options.onFault(error);
    }
  }

  #isHalted(): boolean {
    return this.#awaiting !== 'upgrade' && this.#watch.isHalted();
  }

  async #prepare(): Promise<void> {
    const { home, node, address, emptyBlockIntervalMs, genesis, keys, sha256, remoteSignerAddress, podUid, ownNodeId, log } = this.#options;
    await this.#endEarlier();
    const { application } = this.#options;
    if (application.handOver() !== undefined) return this.#awaitUpgrade();
    this.#disk.assertSpace();
    const known = await this.#options.awaitPeers(this.#stopping.signal);
    const peers = known.filter(({ nodeId }) => nodeId !== ownNodeId);
    const stateSync = await this.#options.stateSync(peers);
    const config = engineConfigToml({ node, address, emptyBlockIntervalMs, peers, stateSync, remoteSignerAddress });
    const prepareHome = (at: string): void => writeEngineHome(at, { config, genesis: engineGenesisOf(sha256, genesis), keys });
    prepareHome(home);
    this.#awaiting = 'grant';
    await this.#granted();
    await this.#takeOver(prepareHome);
    // The last block of the embedded engine may be the one before.
    if (application.handOver() !== undefined) return this.#awaitUpgrade();
    this.#server = await this.#listen();
    this.#awaiting = '';
    await awaitEarlierEngines(known, ownNodeId, { isListening: isPeerListening, nowMs, signal: this.#stopping.signal });
    releaseEngine(home, podUid);
    log.info('engine-released', { peers: peers.length });
  }

  /** Continues a chain that the embedded engine began. */
  async #takeOver(prepareHome: (home: string) => void): Promise<void> {
    const { home, store, application, embedded, log } = this.#options;
    if (!isHandOverDue(home, store)) return;
    log.info('hand-over-begins', { height: application.info().height });
    const height = await handOver({ home, store, ...embedded, prepareHome, info: () => application.info() });
    log.info('handed-over', { height });
  }

  #listen(): Promise<AbciServer> {
    return listenAbci({
      socketPath: this.#appSocket,
      methods: this.#application(),
      onConnections: (count) => this.#connections(count),
      onFault: (error) => (error instanceof HandOverReached ? void this.#awaitUpgrade() : this.#fail(error)),
    });
  }

  /** The engine of a process before this one goes before anything else happens: what it was told is not what this one knows. */
  async #endEarlier(): Promise<void> {
    const { home, log } = this.#options;
    if (await endEngine(home, 'SIGTERM')) log.warn('earlier-engine-ended');
    if (await isListening(this.#rpcSocket))
      throw new EngineFault(
        'ENGINE_UNENDED',
        `an engine that ${home} does not name listens there: its containers must share one process namespace`,
      );
    clearEngineSockets(home);
  }

  /** Ends this process's own engine; from here on its going is wanted. */
  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    withdrawEngine(this.#options.home);
    await endEngine(this.#options.home, signal);
    await server.close();
  }

  /**
   * The next block is not for this release: its engine goes, this process stays and says so. What waited for a block is told that its fate
   * is unknown, for other nodes may order it.
   */
  async #awaitUpgrade(): Promise<void> {
    if (this.#awaiting === 'upgrade') return;
    this.#awaiting = 'upgrade';
    const due = this.#options.application.handOver();
    this.#options.log.warn('awaiting-upgrade', { ...due });
    this.#waiting.close();
    try {
      await this.#end('SIGTERM');
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Without its grant the engine must sign nothing more, not even a vote for nothing. */
  #withdraw(): Promise<void> {
    return this.#endWith('SIGKILL', new Error('the signing grant was withdrawn'));
  }

  /** Both end while there is still room to write what they have begun. */
  #runOut(error: unknown): Promise<void> {
    return this.#endWith('SIGTERM', error);
  }

  async #endWith(signal: 'SIGTERM' | 'SIGKILL', why: unknown, onEnded: () => void = () => undefined): Promise<void> {
    withdrawEngine(this.#options.home);
    try {
      await this.#end(signal);
      onEnded();
    } catch (error) {
      return this.#fail(error);
    }
    this.#fail(why);
  }

  #redialled(peerIds: readonly string[]): void {
    this.#redial.observe(nowMs(), peerIds).catch((error: unknown) => this.#fail(error));
  }

  /** An engine that has failed and lives on is ended, so that both start again. */
  #looked(seen: EngineSight | undefined): void {
    if (seen !== undefined) this.#bringLightBlocks();
    const server = this.#server;
    if (server === undefined || server.connectionCount === 0) return;
    const why = this.#standstill.observe({ atMs: nowMs(), isBusy: server.isBusy, seen });
    if (why === undefined) return;
    const fault = new EngineFault('ENGINE_FAILED', why);
    this.#options.log.warn('engine-failed', { code: fault.code, why });
    void this.#endWith('SIGKILL', fault, () => this.#standstill.ended());
  }

  #application(): AbciApplication {
    const { genesis, version, application, snapshots, onStep } = this.#options;
    return new AbciApplication({
      genesis,
      version,
      application,
      snapshots,
      lightBlockOf: (height, hash) => this.#lightBlockOf(height, hash),
      onDurable: (height, transactions) => {
        this.#waiting.committed(height, this.#waiting.idsOf(transactions));
        this.#watch.committed(this.#waiting.count);
        this.#standstill.committed();
        if (this.#options.application.handOver() !== undefined) setImmediate(() => void this.#awaitUpgrade());
      },
      onStep: onStep ?? (() => undefined),
    });
  }

  /** Undefined when the engine does not say it in time: it is brought later. */
  async #lightBlockOf(height: number, hash: Bytes): Promise<Bytes | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), LIGHT_BLOCK_WAIT_MS);
    });
    try {
      return await Promise.race([this.#lights.fetch(height, hash), late]);
    } catch (error) {
      if (!(error instanceof EngineFault)) throw error;
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #granted(): Promise<void> {
    const { signing } = this.#options;
    const { signal } = this.#stopping;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!signing.granted() && !signal.aborted) return;
        stop();
        signal.removeEventListener('abort', look);
        if (signal.aborted) reject(signal.reason);
        else resolve();
      };
      const stop = signing.onChange(look);
      signal.addEventListener('abort', look);
      look();
    });
  }

  #connections(count: number): void {
    if (count > 0) this.#watch.begin();
    else if (this.#server !== undefined) this.#fail(new Error('the engine is gone: its connections closed'));
  }

  #fail(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    withdrawEngine(this.#options.home);
    this.#options.onFault(error);
  }

  #engineAnswers(): void {
    this.#options.log.info('engine-answers', { version: this.#watch.seen.version });
    this.#signer?.keyFault().then(
      (fault) => fault && this.#endWith('SIGKILL', fault),
      (error: unknown) => this.#fail(error),
    );
  }

  /** Of blocks that committed while the engine was slow to say them, or did not serve yet. */
  #bringLightBlocks(): void {
    this.#lights.catchUp().catch((error: unknown) => {
      if (!(error instanceof EngineFault)) return this.#fail(error);
      this.#options.log.warn('light-blocks-missing', { message: error.message });
    });
  }

  #unwell(isHalted: boolean): string {
    const due = this.#awaiting === 'upgrade' ? this.#options.application.handOver() : undefined;
    if (due !== undefined) return handOverText(due);
    const awaited = AWAITED[this.#awaiting];
    if (awaited !== undefined) return awaited;
    if (this.#signer !== undefined && this.#signer.unwell !== '') return this.#signer.unwell;
    if (!this.#watch.hasBegun) return 'engine: no process';
    const suspicion = this.#standstill.suspicion;
    if (suspicion !== undefined) return `engine: ${suspicion}`;
    if (isHalted) return `engine: halted, ${this.#watch.votesSeen()}`;
    return '';
  }
}
