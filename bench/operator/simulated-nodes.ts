/** A kubelet and nodes without processes, by their hundreds, in a process of their own: what an operator sees of a large city. */

import { createHash } from 'node:crypto';
import { type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { type Genesis, PORTS } from '@civitas/deployment';
import {
  type ConfigMap,
  configMaps,
  createKubeClient,
  createReflector,
  type KubeClient,
  loadKubeConfig,
  type Pod,
  pods,
  type Reflector,
  type Secret,
  secrets,
} from '@civitas/kube';
import { type AdminServiceServer, AdminServiceService, type KeysResponse } from '@civitas/proto/civitas/node/v1/admin';
import { LedgerServiceService } from '@civitas/proto/civitas/node/v1/ledger';
import { Server, status } from '@grpc/grpc-js';
import { memberKeyId } from '../../operator/src/core/plan/membership-plan.ts';
import { type FakeCertificates, fakeCertificates } from '../../operator/src/host/testing/fake-certificates.ts';
import { createFakeLedger, type FakeLedger } from '../../operator/src/host/testing/fake-ledger.ts';
import { agencyOf, CITY, NAMESPACE } from './city-objects.ts';

interface SimulatedNode {
  readonly podUID: string;
  readonly server: Server;
  readonly certificates: FakeCertificates;
  /** When it was granted, ms of the monotonic clock; undefined before. */
  grantedMs: number | undefined;
}

const NOTHING = new Uint8Array(0);
const NEVER_UNIX_MS = 4_000_000_000_000;
/** Pods started at once. */
const STARTS_MAX = 8;
const BLOCK_MS = 1000;
const READY = { type: 'Ready', status: 'True' };

const networkOf = (node: string): string => node.slice(0, node.lastIndexOf('-'));
const keyOf = (name: string, what: string): Uint8Array => new Uint8Array(createHash('sha256').update(`${name} ${what}`).digest());

class Simulation {
  readonly #client: KubeClient;
  readonly #octet: number;
  readonly #pods: Reflector<Pod>;
  readonly #secrets: Reflector<Secret>;
  readonly #configMaps: Reflector<ConfigMap>;
  readonly #nodes = new Map<string, SimulatedNode>();
  readonly #addresses = new Map<string, string>();
  readonly #ledgers = new Map<string, FakeLedger>();
  readonly #chains = new Map<string, string>();
  readonly #waiting = new Set<string>();
  #starting = 0;

  constructor(client: KubeClient, octet: number) {
    this.#client = client;
    this.#octet = octet;
    this.#pods = createReflector({ client, resource: pods, namespace: NAMESPACE });
    this.#secrets = createReflector({ client, resource: secrets, namespace: NAMESPACE });
    this.#configMaps = createReflector({ client, resource: configMaps, namespace: NAMESPACE });
  }

  async start(): Promise<void> {
    for (const reflector of [this.#pods, this.#secrets, this.#configMaps]) reflector.start();
    await Promise.all([this.#pods, this.#secrets, this.#configMaps].map((reflector) => reflector.waitForSync()));
    this.#pods.subscribe(({ type, object }) => this.#onPod(type, object));
    this.#secrets.subscribe(({ object }) => this.#onSecret(object));
  }

  #onPod(type: string, pod: Pod): void {
    const { name, uid, deletionTimestamp } = pod.metadata;
    if (type === 'DELETED' || deletionTimestamp !== undefined) {
      this.#nodes.get(name)?.server.forceShutdown();
      this.#nodes.delete(name);
      if (type !== 'DELETED') this.#client.delete(pods, { namespace: NAMESPACE, name }, { uid, gracePeriodSeconds: 0 }).catch(() => {});
      return;
    }
    if (this.#nodes.get(name)?.podUID === uid) return;
    this.#waiting.add(name);
    this.#startMore();
  }

  #onSecret(secret: Secret): void {
    const node = secret.metadata.name.replace(/-tls$/, '');
    this.#nodes.get(node)?.certificates.take(secret);
    this.#startMore();
  }

  #startMore(): void {
    for (const name of this.#waiting) {
      if (this.#starting >= STARTS_MAX) return;
      const [pod, secret] = [this.#pods.store.get(`${NAMESPACE}/${name}`), this.#secrets.store.get(`${NAMESPACE}/${secretOf(name)}`)];
      if (pod === undefined) this.#waiting.delete(name);
      if (pod === undefined || secret === undefined) continue;
      this.#waiting.delete(name);
      this.#starting++;
      this.#startPod(pod, secret)
        .catch((error: unknown) => process.stderr.write(`${name} does not start: ${String(error)}\n`))
        .finally(() => {
          this.#starting--;
          this.#startMore();
        });
    }
  }

  async #startPod({ metadata: { name, uid } }: Pod, secret: Secret): Promise<void> {
    this.#nodes.get(name)?.server.forceShutdown();
    const node: SimulatedNode = { podUID: uid, server: new Server(), certificates: fakeCertificates(secret), grantedMs: undefined };
    node.server.addService(AdminServiceService, this.#adminOf(name, node));
    node.server.addService(LedgerServiceService, this.#ledgerOf(networkOf(name)).service);
    this.#nodes.set(name, node);
    const address = this.#addressOf(name);
    for (const port of [PORTS.admin, PORTS.grpc]) await listen(node, `${address}:${port}`);
    const state = { phase: 'Running', podIP: address, conditions: [READY] };
    await this.#client.mergePatch(pods, { namespace: NAMESPACE, name }, { status: state }, { subresource: 'status' });
  }

  #addressOf(name: string): string {
    const index = this.#addresses.size;
    const address = this.#addresses.get(name) ?? `127.${this.#octet}.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`;
    this.#addresses.set(name, address);
    return address;
  }

  #ledgerOf(network: string): FakeLedger {
    const ledger = this.#ledgers.get(network) ?? createFakeLedger();
    this.#ledgers.set(network, ledger);
    return ledger;
  }

  /** Chain of the genesis that a node finds mounted; its ledger is born with it, and the city's registry names it. */
  #chainOf(network: string): string | undefined {
    const known = this.#chains.get(network);
    const text = known === undefined ? this.#configMaps.store.get(`${NAMESPACE}/${network}-genesis`)?.data?.['genesis.json'] : undefined;
    if (text === undefined) return known;
    const genesis: Genesis = JSON.parse(text);
    const ledger = this.#ledgerOf(network);
    ledger.bear(text);
    for (const [key, record] of recordsOf(genesis)) ledger.records.set(key, record);
    this.#ledgerOf(CITY).records.set(`city.registry/networks/${genesis.chainId}`, { chainId: genesis.chainId });
    this.#chains.set(network, genesis.chainId);
    return genesis.chainId;
  }

  #adminOf(name: string, node: SimulatedNode): AdminServiceServer {
    const refuse: AdminServiceServer['snapshot'] = (_call, callback) => callback({ code: status.UNIMPLEMENTED });
    const network = networkOf(name);
    const isRelay = name.startsWith('relay');
    return {
      status: (_call, callback) => {
        const chainId = this.#chainOf(network);
        const isSigning = node.grantedMs !== undefined;
        const height = node.grantedMs === undefined ? 0 : 1 + Math.floor((performance.now() - node.grantedMs) / BLOCK_MS);
        const phase = chainId === undefined ? 'AwaitingGenesis' : isSigning ? 'Serving' : 'AwaitingGrant';
        callback(null, {
          ...{ phase, chainId: chainId ?? '', genesisHash: NOTHING, genesisMismatch: false, height: BigInt(height) },
          ...{ root: NOTHING, timeUnixMs: BigInt(Date.now()), engine: 'cometbft', signing: isSigning, caughtUp: true },
          ...{ validatorCount: 4, peerCount: 6, certificateNotAfterUnixMs: BigInt(node.certificates.notAfterUnixMs() || NEVER_UNIX_MS) },
          ...{
            storeBytes: 0n,
            version: '0.1.0',
            engineVersion: '',
            unwell: '',
            halted: false,
            misbehaviourCount: 0,
            lacksFirstBlocks: false,
          },
          ...{ certificateSetHash: node.certificates.hash(), volumeBytes: 0n, volumeFreeBytes: 0n },
          ...{
            protocolVersion: 1,
            newestProtocolVersion: 1,
            nextProtocolVersion: 0,
            nextProtocolHeight: 0n,
            proposing: false,
          },
          configurationHash: NOTHING,
        });
      },
      keys: (_call, callback) =>
        callback(null, {
          consensusPublicKey: isRelay ? NOTHING : keyOf(name, 'consensus'),
          organisations: isRelay ? [] : [this.#organisationOf(name)],
          relayPublicKey: isRelay ? keyOf(name, 'relay') : NOTHING,
          nextConsensusPublicKey: NOTHING,
          engineNodeId: isRelay ? '' : Buffer.from(keyOf(name, 'p2p')).toString('hex').slice(0, 40),
        }),
      grantSigning: ({ request: { podUid, granted } }, callback) => {
        node.grantedMs = granted && podUid === node.podUID ? (node.grantedMs ?? performance.now()) : undefined;
        callback(null, { signing: node.grantedMs !== undefined });
      },
      drain: (_call, callback) => callback(null, { height: 1n }),
      ...{ verify: (_call, callback) => callback({ code: status.UNIMPLEMENTED }), snapshot: refuse },
      setLogLevel: (_call, callback) => callback({ code: status.UNIMPLEMENTED }),
    };
  }

  #organisationOf(name: string): KeysResponse['organisations'][number] {
    const hasVault = name.endsWith('-0');
    return {
      organisation: agencyOf(networkOf(name)),
      operationPublicKey: keyOf(name, 'operation'),
      hpkePublicKey: hasVault ? keyOf(name, 'hpke') : NOTHING,
      approverPublicKey: hasVault ? keyOf(name, 'approver') : NOTHING,
    };
  }
}

const secretOf = (pod: string): string => (pod.startsWith('relay') ? 'relay-0-admin-tls' : `${pod}-tls`);

/** What the membership contract keeps of those who stand in the genesis. */
function recordsOf({ appState }: Genesis): readonly (readonly [string, JsonObject])[] {
  return appState.founders.flatMap(({ name, roles, hpkePublicKey, keys }) => [
    [`network.members/organisations/${name}`, { roles: [...roles], hpkePublicKey, status: 'enrolled' }] as const,
    ...keys.map(
      ({ publicKey }) =>
        [`network.members/keys/${memberKeyId(publicKey, nodeCrypto.sha256)}`, { organisation: name, status: 'active' }] as const,
    ),
  ]);
}

function listen({ server, certificates }: SimulatedNode, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, certificates.credentials, (error) => (error === null ? resolve() : reject(error)));
  });
}

await new Simulation(createKubeClient(await loadKubeConfig()), Number(process.argv[2])).start();
process.send?.('started');
process.once('disconnect', () => process.exit(0));
