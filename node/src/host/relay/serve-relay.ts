import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accept, type Result, refuse, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { PORTS, type RelayConfig } from '@civitas/deployment';
import { AdminServiceService } from '@civitas/proto/civitas/node/v1/admin';
import { changeLogLevel, nodeMetrics, probeMetrics, relayMetrics } from '@civitas/telemetry';
import { ORGANISATIONS_MAX } from '../admission/limits.ts';
import { openTokenBuckets } from '../admission/token-bucket.ts';
import { parseRelayConfig } from '../config/parse-config.ts';
import type { Pod } from '../config/pod.ts';
import { openRelayKey } from '../keys/node-keys.ts';
import { type AdminDoor, adminService } from '../rpc/admin-service.ts';
import { Guard } from '../rpc/guard.ts';
import { ADMIN_MESSAGE_BYTES_MAX, CALLS_BURST, CALLS_PER_SECOND } from '../rpc/limits.ts';
import { listen } from '../rpc/listen.ts';
import { openProcessBase, type ProcessBase } from '../serve/process-base.ts';
import type { RunningNode } from '../serve/serve-node.ts';
import type { CertificateFolder } from '../tls/certificate-folder.ts';
import { serverCredentials } from '../tls/credentials.ts';
import { CONFIG_POLL_MS } from './limits.ts';
import { openNetworkClient } from './network-client.ts';
import { Prober } from './prober.ts';
import { Relay } from './relay.ts';

/** Folder below the TLS mount with the certificate of the relay's own admin listener. */
const ADMIN_FOLDER = 'admin';
const CLOSE_GRACE_MS = 500;
const NOTHING = new Uint8Array(0);

function readConfig(path: string): Result<RelayConfig> {
  return parseRelayConfig(readFileSync(path, 'utf8'));
}

function adminDoor(parts: {
  base: ProcessBase;
  publicKey: Uint8Array;
  version: string;
  certificates: CertificateFolder;
  relay: Relay;
  configurationHash: () => Uint8Array;
}): AdminDoor {
  const { base, publicKey, version, certificates, relay, configurationHash } = parts;
  return {
    status: () => ({
      phase: relay.networkCount === 0 ? 'AwaitingGenesis' : 'Serving',
      chainId: '',
      genesisHash: NOTHING,
      genesisMismatch: false,
      height: 0n,
      root: NOTHING,
      timeUnixMs: 0n,
      engine: '',
      signing: false,
      caughtUp: true,
      validatorCount: 0,
      peerCount: relay.networkCount,
      certificateNotAfterUnixMs: BigInt(certificates.current().notAfterUnixMs),
      storeBytes: 0n,
      lacksFirstBlocks: false,
      version,
      engineVersion: '',
      misbehaviourCount: 0,
      certificateSetHash: certificates.current().hash,
      volumeBytes: 0n,
      volumeFreeBytes: 0n,
      ...{ protocolVersion: 0, newestProtocolVersion: 0, nextProtocolVersion: 0, nextProtocolHeight: 0n, proposing: false },
      configurationHash: configurationHash(),
      unwell: '',
      halted: false,
    }),
    keys: () => ({
      consensusPublicKey: NOTHING,
      organisations: [],
      relayPublicKey: publicKey,
      engineNodeId: '',
      nextConsensusPublicKey: NOTHING,
    }),
    grantSigning: () => refuse('NOT_A_VALIDATOR'),
    drain: async () => {
      await relay.stop();
      return accept(0);
    },
    verify: async () => refuse('NOT_A_VALIDATOR'),
    snapshot: async () => refuse('NOT_FOUND', { what: 'ledger' }),
    setLogLevel: (level) => changeLogLevel(base.log, level, 'AdminService'),
  };
}

interface FollowedConfig {
  /** SHA-256 of the text that is gone by; empty before the first. */
  hash(): Uint8Array;
  stop(): void;
}

/** Follows the mounted configuration: a broken one changes nothing, one that could not be taken up whole is tried again. */
function followConfig(path: string, base: ProcessBase, { relay, prober }: { relay: Relay; prober: Prober }): FollowedConfig {
  let taken = '';
  let hash: Uint8Array = NOTHING;
  let isBusy = false;
  const look = async (): Promise<void> => {
    const text = readFileSync(path, 'utf8');
    if (isBusy || text === taken) return;
    isBusy = true;
    const config = parseRelayConfig(text);
    if (config.ok) {
      changeLogLevel(base.log, config.value.logLevel, 'config');
      prober.configure(config.value.probeIntervalMs);
      if (await relay.configure(config.value)) taken = text;
      hash = nodeCrypto.sha256(utf8Encode(text));
    } else {
      taken = text;
      base.log.error('config-refused', { code: config.refusal.code, facts: config.refusal.facts });
    }
    isBusy = false;
  };
  const run = (): void => {
    look().catch(() => {
      // The file is being swapped; the next look finds it.
      isBusy = false;
    });
  };
  run();
  const timer = setInterval(run, CONFIG_POLL_MS);
  return { hash: () => hash, stop: () => clearInterval(timer) };
}

/** Starts a relay: its key at first start, AdminService and metrics at once, links as the configuration names them. */
export async function serveRelay({ pod, version }: { pod: Pod; version: string }): Promise<RunningNode> {
  const configPath = pod.pathOf('config');
  const config = readConfig(configPath);
  if (!config.ok) throw new Error(`${configPath}: ${config.refusal.code} ${JSON.stringify(config.refusal.facts)}`);
  const { city, name, logLevel, tracing } = config.value;
  const labels = { component: 'relay', node: name };
  const base = openProcessBase({ pod, component: 'relay', version, engine: '', labels, logLevel, tracing });
  const key = openRelayKey(pod.pathOf('data'));
  const certificates = await base.openCertificates(city, join(pod.pathOf('tls'), ADMIN_FOLDER));
  const folders = new Map<string, CertificateFolder>();

  const relay = new Relay({
    openNetwork: async (network) => {
      const opened =
        folders.get(network.network) ?? (await base.openCertificates(network.chainId, join(pod.pathOf('tls'), network.network)));
      folders.set(network.network, opened);
      return openNetworkClient({ network, certificates: opened, key });
    },
    // The pod's name: after a crash it takes its own lease up again at once.
    holder: name,
    metrics: base.registry.register(relayMetrics),
    log: base.log,
    tracing: base.tracing,
    nowUnixMs: Date.now,
    random: Math.random,
  });
  base.registry.beforeScrape(() => relay.refreshMetrics());

  const nowMs = (): number => performance.now();
  const prober = new Prober({ targets: () => relay.probeTargets(), metrics: base.registry.register(probeMetrics), log: base.log, nowMs });
  const calls = openTokenBuckets({ perSecond: CALLS_PER_SECOND, burst: CALLS_BURST, namesMax: ORGANISATIONS_MAX, nowMs });
  const metrics = base.registry.register({
    rpcRequests: nodeMetrics.rpcRequests,
    rpcSeconds: nodeMetrics.rpcSeconds,
    rpcThrottled: nodeMetrics.rpcThrottled,
  });
  const guard = new Guard({ chainId: city, members: () => undefined, calls, metrics, log: base.log, nowMs });
  let followed: FollowedConfig | undefined;
  const configurationHash = (): Uint8Array => followed?.hash() ?? NOTHING;
  const door = adminDoor({ base, publicKey: key.publicKey, version, certificates, relay, configurationHash });
  const listeners = [
    await base.serveMetrics(() => true),
    await listen({
      address: pod.address,
      port: PORTS.admin,
      credentials: serverCredentials(certificates.provider),
      messageBytesMax: ADMIN_MESSAGE_BYTES_MAX,
      register: (server) => server.addService(AdminServiceService, adminService(guard, door)),
    }),
  ];
  followed = followConfig(configPath, base, { relay, prober });
  base.log.info('relaying', { relayKeyId: key.keyId });
  return {
    log: base.log,
    stop: async () => {
      followed?.stop();
      prober.stop();
      await relay.stop();
      await base.tracing.close();
      await Promise.all(listeners.map((listener) => listener.close(CLOSE_GRACE_MS)));
      for (const folder of folders.values()) folder.close();
      certificates.close();
    },
  };
}
