import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accept, type Bytes, base64urlEncode, type CryptoPort, type Result, refuse, type VerifyEd25519Elsewhere } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { sodiumCrypto } from '@civitas/canon/sodium';
import type { Contract } from '@civitas/contracts';
import { type NodeConfig, PORTS } from '@civitas/deployment';
import { AdminServiceService } from '@civitas/proto/civitas/node/v1/admin';
import { LedgerServiceService } from '@civitas/proto/civitas/node/v1/ledger';
import { LinkServiceService } from '@civitas/proto/civitas/node/v1/link';
import { PersonServiceService } from '@civitas/proto/civitas/node/v1/person';
import { SnapshotServiceService } from '@civitas/proto/civitas/node/v1/snapshot';
import { SubjectServiceService, VaultServiceService } from '@civitas/proto/civitas/node/v1/vault';
import { HealthService } from '@civitas/proto/grpc/health/v1/health';
import { CLOCK_WINDOW_MS } from '@civitas/sealed-call';
import { changeLogLevel, type Instruments, type Logger, type LogLevel, type MetricsServer, nodeMetrics } from '@civitas/telemetry';
import { Verdicts } from '../../core/ledger/verdicts.ts';
import { ORGANISATIONS_MAX } from '../admission/limits.ts';
import { openTokenBuckets } from '../admission/token-bucket.ts';
import { parseNodeConfig } from '../config/parse-config.ts';
import type { Pod } from '../config/pod.ts';
import { chargedGateway } from '../keys/charged-gateway.ts';
import { type NodeKeys, openNodeKeys } from '../keys/node-keys.ts';
import { openSigningGrant, type SigningGrant } from '../keys/signing-grant.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import { type AdminDoor, adminService } from '../rpc/admin-service.ts';
import { Guard } from '../rpc/guard.ts';
import { openHealth } from '../rpc/health-service.ts';
import { ledgerService } from '../rpc/ledger-service.ts';
import { ADMIN_MESSAGE_BYTES_MAX, CALLS_BURST, CALLS_PER_SECOND, LEDGER_MESSAGE_BYTES_MAX } from '../rpc/limits.ts';
import { linkService } from '../rpc/link-service.ts';
import { type Listener, listen } from '../rpc/listen.ts';
import { type PersonDoor, personService } from '../rpc/person-service.ts';
import { subjectService, vaultService } from '../rpc/sealed-service.ts';
import { SignatureVerifier } from '../signatures/signature-verifier.ts';
import { type SnapshotDoor, snapshotService } from '../snapshot/snapshot-service.ts';
import { followVolume } from '../telemetry/follow-volume.ts';
import type { CertificateFolder, CertificateProvider } from '../tls/certificate-folder.ts';
import { serverCredentials } from '../tls/credentials.ts';
import { NONCES_MAX } from '../vault/limits.ts';
import { openNonceCache } from '../vault/nonce-cache.ts';
import { endProcess, followNextKey } from './follow-next-key.ts';
import { awaitGenesis } from './genesis-source.ts';
import type { Gateways } from './open-gateways.ts';
import { openProcessBase, type ProcessBase } from './process-base.ts';
import { protocolFields } from './protocol-fields.ts';
import { beginRebuild } from './rebuild.ts';
import { runningContracts } from './running-contracts.ts';
import { volumeOf } from './volume-of.ts';
import { watchMismatch } from './watch-mismatch.ts';
import { workOnLedger } from './work-on-ledger.ts';

/** What opens the ledger behind the services. */
export type OpenLedger = (request: {
  readonly dataFolder: string;
  readonly genesisBytes: Bytes;
  readonly config: NodeConfig;
  readonly pod: Pod;
  readonly version: string;
  readonly keys: NodeKeys;
  readonly grant: SigningGrant;
  readonly crypto: CryptoPort;
  /** Shared with admission, so that no signature is verified twice. */
  readonly verdicts: Verdicts;
  /** On a thread of its own. */
  readonly verifyEd25519: VerifyEd25519Elsewhere;
  /** Certificates of this node, for calls to its peers. */
  readonly certificates: CertificateProvider;
  readonly log: Logger;
}) => Promise<LedgerHost>;

export interface ServeNodeOptions {
  readonly pod: Pod;
  readonly version: string;
  readonly openLedger: OpenLedger;
  /** Every contract this version ships; the genesis names those the ledger runs. */
  readonly contracts: readonly Contract[];
}

export interface RunningNode {
  readonly log: Logger;
  stop(): Promise<void>;
}

interface OpenLedgerState extends PersonDoor {
  readonly gateways: Gateways;
  readonly genesisHash: Bytes;
  isMismatch(): boolean;
  close(): Promise<void>;
}

const CLOSE_GRACE_MS = 1500;
const nowMs = (): number => performance.now();

function readConfig(pod: Pod): NodeConfig {
  const path = pod.pathOf('config');
  const config = parseNodeConfig(readFileSync(path, 'utf8'));
  if (!config.ok) throw new Error(`${path}: ${config.refusal.code} ${JSON.stringify(config.refusal.facts)}`);
  return config.value;
}

/** A node from its birth without a genesis to its end. */
class ServedNode implements RunningNode {
  readonly #options: ServeNodeOptions;
  readonly #config: NodeConfig;
  readonly #keys: NodeKeys;
  readonly #base: ProcessBase;
  readonly #metrics: Instruments<typeof nodeMetrics>;
  readonly #certificates: CertificateFolder;
  readonly #grant: SigningGrant;
  readonly #stopping = new AbortController();
  readonly #listeners: (Listener | MetricsServer)[] = [];
  readonly #health = openHealth(['civitas.node.v1.LedgerService', 'civitas.node.v1.LinkService', 'civitas.node.v1.VaultService']);
  #open: OpenLedgerState | undefined;
  #isDraining = false;

  constructor(parts: {
    options: ServeNodeOptions;
    config: NodeConfig;
    keys: NodeKeys;
    base: ProcessBase;
    certificates: CertificateFolder;
  }) {
    this.#options = parts.options;
    this.#config = parts.config;
    this.#keys = parts.keys;
    this.#base = parts.base;
    this.#metrics = parts.base.registry.register(nodeMetrics);
    this.#certificates = parts.certificates;
    this.#grant = openSigningGrant(parts.keys.consensus.publicKey, parts.options.pod.uid);
  }

  get log(): Logger {
    return this.#base.log;
  }

  #door = (): OpenLedgerState => {
    // The guard answers AWAITING_GENESIS before any handler runs.
    if (this.#open === undefined) throw new Error('no ledger yet');
    return this.#open;
  };

  #snapshotDoor = (): SnapshotDoor => {
    const { ledger } = this.#door();
    return { ledger, snapshots: ledger.snapshots };
  };

  #guard(): Guard {
    const calls = openTokenBuckets({ perSecond: CALLS_PER_SECOND, burst: CALLS_BURST, namesMax: ORGANISATIONS_MAX, nowMs });
    const members = () => this.#open?.ledger.members;
    return new Guard({ chainId: this.#config.chainId, members, calls, metrics: this.#metrics, log: this.log, nowMs });
  }

  async listen(): Promise<void> {
    const { address } = this.#options.pod;
    const credentials = serverCredentials(this.#certificates.provider);
    const guard = this.#guard();
    const sealed = {
      chainId: this.#config.chainId,
      crypto: nodeCrypto,
      members: () => this.#door().ledger.members,
      gateways: () => this.#door().gateways.byOrganisation,
      nonces: openNonceCache(CLOCK_WINDOW_MS * 2, NONCES_MAX, nowMs),
      nowUnixMs: Date.now,
      metrics: this.#metrics,
    };
    followVolume(this.#options.pod.pathOf('data'), this.#metrics, this.#base.registry);
    this.#listeners.push(await this.#base.serveMetrics(() => this.#isReady()));
    this.#listeners.push(
      await listen({
        address,
        port: PORTS.admin,
        credentials,
        messageBytesMax: ADMIN_MESSAGE_BYTES_MAX,
        register: (server) => server.addService(AdminServiceService, adminService(guard, this.#adminDoor())),
      }),
    );
    this.#listeners.push(
      await listen({
        address,
        port: PORTS.grpc,
        credentials,
        messageBytesMax: LEDGER_MESSAGE_BYTES_MAX,
        register: (server) => {
          server.addService(LedgerServiceService, ledgerService(guard, this.#door, nowMs));
          server.addService(LinkServiceService, linkService(guard, this.#door, nowMs));
          server.addService(SnapshotServiceService, snapshotService(guard, this.#snapshotDoor, this.#config.organisation));
          server.addService(VaultServiceService, vaultService(guard, sealed));
          server.addService(SubjectServiceService, subjectService(guard, sealed));
          server.addService(PersonServiceService, personService(guard, this.#door));
          server.addService(HealthService, this.#health.service);
        },
      }),
    );
    this.log.info('listening', { podAddress: address, ...PORTS });
  }

  /** Waits for the genesis, opens the ledger, serves; a node that is stopped before ends without a fault. */
  async open(): Promise<void> {
    try {
      await this.#openLedger();
      followNextKey({ ledger: this.#door().ledger, next: this.#keys.nextConsensus, log: this.log, onPromoted: endProcess });
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error;
    }
  }

  async #openLedger(): Promise<void> {
    const { pod, openLedger } = this.#options;
    const dataFolder = pod.pathOf('data');
    const mountedPath = pod.pathOf('genesis');
    const { bytes, genesis } = await awaitGenesis({
      mountedPath,
      keptPath: join(dataFolder, 'genesis.json'),
      config: this.#config,
      onRefused: (code) => this.log.error('genesis-refused', { code }),
      signal: this.#stopping.signal,
    });
    const genesisHash = nodeCrypto.sha256(bytes);
    this.log.info('genesis-in-force', { genesisHash: base64urlEncode(genesisHash), chainId: genesis.chainId });
    const verdicts = new Verdicts(sodiumCrypto);
    const signatures = new SignatureVerifier();
    if (beginRebuild(dataFolder, this.#config)) this.log.warn('ledger-is-rebuilt-from-peers', { rebuild: this.#config.rebuild ?? '' });
    const ledger = await openLedger({
      dataFolder,
      genesisBytes: bytes,
      config: this.#config,
      pod,
      version: this.#options.version,
      keys: this.#keys,
      grant: this.#grant,
      crypto: sodiumCrypto,
      verdicts,
      verifyEd25519: signatures.verify,
      certificates: this.#certificates.provider,
      log: this.log,
    });
    const mismatch = watchMismatch({ mountedPath, inForce: bytes, metrics: this.#metrics, log: this.log });
    const parts = { dataFolder, config: this.#config, keys: this.#keys, base: this.#base, metrics: this.#metrics };
    const { close, ...work } = workOnLedger({ ...parts, ledger, signatures, verdicts, nowMs });
    const contracts = runningContracts(this.#options.contracts, genesis.appState.contracts, ledger.members);
    this.#open = {
      ...work,
      ledger,
      get contracts() {
        return contracts();
      },
      genesisHash,
      isMismatch: mismatch.isMismatch,
      close: () => {
        mismatch.stop();
        return close();
      },
    };
    this.#health.set(true);
    this.log.info('serving', { height: ledger.status().height, root: base64urlEncode(ledger.status().root) });
  }

  #phase(): string {
    if (this.#isDraining) return 'Draining';
    if (this.#open === undefined) return 'AwaitingGenesis';
    const { awaiting } = this.#open.ledger.status();
    if (awaiting === 'upgrade') return 'AwaitingUpgrade';
    if (awaiting === 'peers') return 'AwaitingPeers';
    return awaiting === 'grant' || !this.#grant.granted() ? 'AwaitingGrant' : 'Serving';
  }

  /**
   * Whether clients are sent here. A node that waits for its grant, its peers or its upgrade orders nothing, perhaps for ever; the operator
   * reaches it all the same. A newcomer's ledger must know the key that it signs bundles with.
   */
  #isReady(): boolean {
    if (this.#phase() !== 'Serving') return false;
    return this.#open?.ledger.members.findKey(chargedGateway(this.#config, this.#keys).key.keyId)?.revoked === false;
  }

  #adminDoor(): AdminDoor {
    return {
      status: () => {
        const status = this.#open?.ledger.status();
        return {
          phase: this.#phase(),
          chainId: status?.chainId ?? '',
          genesisHash: this.#open?.genesisHash ?? new Uint8Array(0),
          genesisMismatch: this.#open?.isMismatch() ?? false,
          height: BigInt(status?.height ?? 0),
          root: status?.root ?? new Uint8Array(0),
          timeUnixMs: BigInt(status?.timeUnixMs ?? 0),
          engine: this.#config.engine,
          signing: status?.signing ?? false,
          caughtUp: status?.caughtUp ?? false,
          validatorCount: status?.validatorCount ?? 0,
          peerCount: status?.peerCount ?? 0,
          certificateNotAfterUnixMs: BigInt(this.#certificates.current().notAfterUnixMs),
          storeBytes: BigInt(status?.storeBytes ?? 0),
          lacksFirstBlocks: status?.lacksFirstBlocks ?? false,
          version: this.#options.version,
          engineVersion: status?.engineVersion ?? '',
          unwell: status?.unwell ?? '',
          halted: status?.halted ?? false,
          misbehaviourCount: this.#open?.ledger.validators.misbehaviourCounts().inSet ?? 0,
          certificateSetHash: this.#certificates.current().hash,
          configurationHash: new Uint8Array(0),
          ...protocolFields(status, this.#keys.consensus.publicKey),
          ...volumeOf(this.#options.pod.pathOf('data')),
        };
      },
      keys: () => ({
        consensusPublicKey: this.#keys.consensus.publicKey,
        organisations: [...this.#keys.operation].map(([organisation, operation]) => {
          const gateway = this.#keys.gateways.get(organisation);
          return {
            organisation,
            operationPublicKey: operation.publicKey,
            hpkePublicKey: gateway?.hpkePublicKey ?? new Uint8Array(0),
            approverPublicKey: gateway?.approver?.publicKey ?? new Uint8Array(0),
          };
        }),
        relayPublicKey: new Uint8Array(0),
        engineNodeId: this.#keys.engineNodeId,
        nextConsensusPublicKey: this.#keys.nextConsensus?.publicKey ?? new Uint8Array(0),
      }),
      grantSigning: (request) => {
        const granted = this.#grant.set(request);
        this.log.info('signing-grant', granted.ok ? { granted: granted.value } : { code: granted.refusal.code });
        return granted;
      },
      drain: () => this.#drain(),
      verify: async () => {
        if (this.#open === undefined) return refuse('AWAITING_GENESIS', {}, 'retry');
        const { ok, root, recordCount, finding } = await this.#open.ledger.verify();
        return accept({ ok, recomputedRoot: root, recordCount: BigInt(recordCount), finding });
      },
      snapshot: async () => {
        if (this.#open === undefined) return refuse('AWAITING_GENESIS', {}, 'retry');
        return this.#open.ledger.snapshots.begin();
      },
      setLogLevel: (level: LogLevel) => changeLogLevel(this.log, level, 'AdminService'),
    };
  }

  async #drain(): Promise<Result<number>> {
    this.#isDraining = true;
    this.#health.set(false);
    await this.#open?.admission.drain();
    return accept(this.#open?.ledger.status().height ?? 0);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const drained = this.#drain();
    await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, CLOSE_GRACE_MS).unref())]);
    await Promise.all([...this.#listeners.map((listener) => listener.close(CLOSE_GRACE_MS / 3)), this.#base.tracing.close()]);
    this.#certificates.close();
    await this.#open?.close();
  }
}

/** Starts a node: keys at first start, AdminService and metrics at once, the rest as soon as there is a genesis. */
export async function serveNode(options: ServeNodeOptions): Promise<{ node: RunningNode; opened: Promise<void> }> {
  const { pod, version } = options;
  const config = readConfig(pod);
  const base = openProcessBase({
    pod,
    component: 'node',
    version,
    engine: config.engine,
    labels: { network: config.chainId, node: config.node },
    logLevel: config.logLevel,
    tracing: config.tracing,
  });
  if (config.engine === 'embedded') base.log.warn('engine-embedded', { faultTolerance: 0, meaning: 'one validator, for one machine' });
  const keys = await openNodeKeys(pod.pathOf('data'), config);
  const certificates = await base.openCertificates(config.chainId, pod.pathOf('tls'));
  const node = new ServedNode({ options, config, keys, base, certificates });
  await node.listen();
  return { node, opened: node.open() };
}
