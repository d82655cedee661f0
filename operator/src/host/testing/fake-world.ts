import { createHash } from 'node:crypto';
import { base64urlEncode } from '@civitas/canon';
import { PORTS } from '@civitas/deployment';
import { configMaps, type KubeClient, type Pod, persistentVolumeClaims, pods, secrets } from '@civitas/kube';
import { type AdminServiceServer, AdminServiceService, type AdminServiceStatusResponse } from '@civitas/proto/civitas/node/v1/admin';
import { LedgerServiceService } from '@civitas/proto/civitas/node/v1/ledger';
import { Server, type ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { ANNOTATIONS } from '../../core/desired/names.ts';
import { ledgerNodes } from '../observe/custom-resources.ts';
import { type FakeCertificates, fakeCertificates } from './fake-certificates.ts';
import type { FakeLedger } from './fake-ledger.ts';

/** What the nodes of a fake world were told, for tests to judge. */
export interface WorldRecord {
  /** Every genesis text a node ever saw mounted. */
  readonly genesisTexts: Set<string>;
  /** `<key hash> <pod uid>` of every grant. */
  readonly grants: Set<string>;
  readonly podUIDs: Set<string>;
}

export interface FakeWorld {
  readonly record: WorldRecord;
  /** UIDs of the pods that may sign now. */
  granted(): ReadonlySet<string>;
  stop(): Promise<void>;
}

interface FakeProcess {
  readonly server: Server;
  readonly podUID: string;
  readonly image: string;
  /** Word that it makes another consensus key for. */
  readonly rekey: string | undefined;
  /** It runs with that key. */
  hasGoneOn: boolean;
  readonly certificates: FakeCertificates;
  granted: boolean;
}

const POLL_MS = 20;
const READY = { type: 'Ready', status: 'True' };
const NOTHING = new Uint8Array(0);

/** 32 bytes that a volume keeps: the same for the same pod name, whatever becomes of the pod. */
function keyOf(name: string, what: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`${name} ${what}`).digest());
}

/** Ledgers by the name of their network; without one a node has no LedgerService. */
export type FakeLedgers = Readonly<Record<string, FakeLedger>>;

/** The relay's key, which its volume keeps. */
export function fakeRelayKey(volumeUID: string): string {
  return base64urlEncode(keyOf(volumeUID, 'relay'));
}

const networkOf = (node: string): string => node.slice(0, node.lastIndexOf('-'));

/**
 * Runs every pod of a namespace as an AdminService on an address of its own: a kubelet and nodes without processes. Keys follow
 * from the pod's name, as if its volume kept them.
 *
 * @param octet second number of the addresses.
 */
export function startFakeWorld(client: KubeClient, namespace: string, octet: number, ledgers: FakeLedgers = {}): FakeWorld {
  const record: WorldRecord = { genesisTexts: new Set(), grants: new Set(), podUIDs: new Set() };
  const processes = new Map<string, FakeProcess>();
  const addresses = new Map<string, string>();
  const stopping = new AbortController();

  const addressOf = (name: string): string => {
    const address = addresses.get(name) ?? `127.${octet}.2.${addresses.size + 1}`;
    addresses.set(name, address);
    return address;
  };

  const startPod = async (pod: Pod): Promise<void> => {
    const { name, uid } = pod.metadata;
    const isRelay = name.startsWith('relay');
    const secret = await client.find(secrets, { namespace, name: isRelay ? 'relay-0-admin-tls' : `${name}-tls` });
    if (secret === undefined) return;
    const certificates = fakeCertificates(secret);
    const image = pod.metadata.annotations?.[ANNOTATIONS.image] ?? pod.spec?.containers[0]?.image ?? '';
    const rekey = isRelay ? undefined : (await client.find(ledgerNodes, { namespace, name }))?.spec.rekey;
    const process: FakeProcess = { server: new Server(), podUID: uid, image, rekey, hasGoneOn: false, granted: false, certificates };
    const volume = isRelay ? await client.find(persistentVolumeClaims, { namespace, name: `${name}-data` }) : undefined;
    // As a kubelet does: a pod whose claim is not there, or is on its way out, is not started on it.
    if (isRelay && (volume === undefined || volume.metadata.deletionTimestamp !== undefined)) return;
    const world = { client, namespace, record, ledgers, relayVolume: volume?.metadata.uid ?? name };
    process.server.addService(AdminServiceService, adminOf(name, process, world));
    const ledger = ledgers[networkOf(name)];
    if (ledger !== undefined) process.server.addService(LedgerServiceService, ledger.service);
    const status = { phase: 'Running', podIP: addressOf(name), conditions: [READY] };
    try {
      const ports = ledger === undefined ? [PORTS.admin] : [PORTS.admin, PORTS.grpc];
      for (const port of ports) await listen(process.server, `${addressOf(name)}:${port}`, certificates.credentials);
      processes.set(name, process);
      record.podUIDs.add(uid);
      await client.mergePatch(pods, { namespace, name }, { status }, { subresource: 'status' });
    } catch (error) {
      // Begun anew at the next look: nobody has heard of it yet.
      processes.delete(name);
      process.server.forceShutdown();
      throw error;
    }
  };

  /** As a node does when the files of its mounted Secret change. */
  const takeCertificates = async (name: string): Promise<void> => {
    const secret = name.startsWith('relay') ? undefined : await client.find(secrets, { namespace, name: `${name}-tls` });
    if (secret !== undefined) processes.get(name)?.certificates.take(secret);
  };

  const look = async (): Promise<void> => {
    const { items } = await client.listAll(pods, { namespace });
    for (const { metadata } of items) await takeCertificates(metadata.name);
    for (const pod of items) {
      const known = processes.get(pod.metadata.name);
      if (known?.podUID === pod.metadata.uid) continue;
      known?.server.forceShutdown();
      await startPod(pod).catch(() => {});
    }
  };
  const running = keepLooking(look, stopping.signal);
  return {
    record,
    granted: () => new Set([...processes.values()].flatMap(({ granted, podUID }) => (granted ? [podUID] : []))),
    async stop() {
      stopping.abort();
      await running;
      for (const { server } of processes.values()) server.forceShutdown();
    },
  };
}

/** A look that fails ends no kubelet. */
async function keepLooking(look: () => Promise<void>, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    await look().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function listen(server: Server, address: string, credentials: ServerCredentials): Promise<void> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error) => (error === null ? resolve() : reject(error)));
  });
}

interface World {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly record: WorldRecord;
  readonly ledgers: FakeLedgers;
  /** Uid of the relay's volume. */
  readonly relayVolume: string;
}

function adminOf(name: string, process: FakeProcess, world: World): AdminServiceServer {
  const refuse = (_call: unknown, callback: sendUnaryData<never>): void => callback({ code: status.UNIMPLEMENTED });
  const isRelay = name.startsWith('relay');
  const hasVault = name.endsWith('-0');
  return {
    status: (_call, callback) => {
      Promise.all([readGenesis(name, world), isRelay ? configurationHash(world) : NOTHING]).then(
        ([genesis, hash]) => callback(null, { ...statusOf(process, genesis, world.ledgers[networkOf(name)]), configurationHash: hash }),
        () => callback({ code: status.UNAVAILABLE }),
      );
    },
    keys: (_call, callback) =>
      callback(null, {
        ...(isRelay ? { consensusPublicKey: NOTHING, nextConsensusPublicKey: NOTHING } : consensusKeysOf(name, process, world)),
        organisations: isRelay
          ? []
          : [
              {
                organisation: 'civil-affairs',
                operationPublicKey: keyOf(name, 'operation'),
                hpkePublicKey: hasVault ? keyOf(name, 'hpke') : NOTHING,
                approverPublicKey: hasVault ? keyOf(name, 'approver') : NOTHING,
              },
            ],
        relayPublicKey: isRelay ? keyOf(world.relayVolume, 'relay') : NOTHING,
        engineNodeId: isRelay ? '' : createHash('sha256').update(keyOf(name, 'p2p')).digest('hex').slice(0, 40),
      }),
    grantSigning: (
      call: ServerUnaryCall<{ keyHash: Uint8Array; podUid: string; granted: boolean }, unknown>,
      callback: sendUnaryData<{ signing: boolean }>,
    ) => {
      const { keyHash, podUid, granted } = call.request;
      if (granted) world.record.grants.add(`${base64urlEncode(new Uint8Array(keyHash))} ${podUid}`);
      // A grant that was on its way for the key before is none for the key that the node has gone on to.
      const isItsKey = isRelay || hashOf(consensusKeysOf(name, process, world).consensusPublicKey).equals(keyHash);
      process.granted = granted && podUid === process.podUID && isItsKey;
      callback(null, { signing: process.granted });
    },
    drain: (_call, callback) => callback(null, { height: 7n }),
    verify: refuse,
    snapshot: refuse,
    setLogLevel: refuse,
  };
}

const hashOf = (key: Uint8Array): Buffer => createHash('sha256').update(key).digest();

/** As a node does that goes on under its next key: it starts again, and asks for a grant anew. */
function consensusKeysOf(
  name: string,
  process: FakeProcess,
  { ledgers }: World,
): { readonly consensusPublicKey: Uint8Array; readonly nextConsensusPublicKey: Uint8Array } {
  const own = keyOf(name, 'consensus');
  if (process.rekey === undefined) return { consensusPublicKey: own, nextConsensusPublicKey: NOTHING };
  const next = keyOf(name, `consensus ${process.rekey}`);
  if (ledgers[networkOf(name)]?.signsWith(next) !== true) return { consensusPublicKey: own, nextConsensusPublicKey: next };
  if (!process.hasGoneOn) process.granted = false;
  process.hasGoneOn = true;
  return { consensusPublicKey: next, nextConsensusPublicKey: NOTHING };
}

async function readGenesis(name: string, { client, namespace, record, ledgers }: World): Promise<string | undefined> {
  const network = networkOf(name);
  const mounted = await client.find(configMaps, { namespace, name: `${network}-genesis` });
  const text = mounted?.data?.['genesis.json'];
  if (text !== undefined) record.genesisTexts.add(text);
  if (text !== undefined) ledgers[network]?.bear(text);
  return text;
}

async function configurationHash({ client, namespace }: World): Promise<Uint8Array> {
  const { data } = await client.get(configMaps, { namespace, name: 'relay-0-config' });
  return createHash('sha256')
    .update(data?.['config.json'] ?? '')
    .digest();
}

function statusOf(process: FakeProcess, genesis: string | undefined, ledger: FakeLedger | undefined): AdminServiceStatusResponse {
  const phase = genesis === undefined ? 'AwaitingGenesis' : process.granted ? 'Serving' : 'AwaitingGrant';
  const chainId = genesis === undefined ? '' : String(JSON.parse(genesis).chainId);
  return {
    ...{ phase, chainId, genesisHash: NOTHING, genesisMismatch: false, height: process.granted ? 7n : 0n, root: NOTHING, timeUnixMs: 0n },
    ...{ engine: 'embedded', signing: process.granted, caughtUp: true, validatorCount: 1, peerCount: 0 },
    ...{ certificateNotAfterUnixMs: BigInt(process.certificates.notAfterUnixMs() || 4_000_000_000_000), storeBytes: 0n, version: '0.1.0' },
    lacksFirstBlocks: false,
    ...{ engineVersion: '', unwell: '', halted: false, misbehaviourCount: 0 },
    ...{ certificateSetHash: process.certificates.hash(), volumeBytes: 0n, volumeFreeBytes: 0n },
    ...{ protocolVersion: 1, newestProtocolVersion: 1, nextProtocolVersion: 0, nextProtocolHeight: 0n, proposing: false },
    configurationHash: NOTHING,
    ...(process.granted ? ledger?.protocol.statusOf(process.image) : undefined),
  };
}

/** SHA-256 of the consensus key that a pod of this name has, base64url. */
export function fakeKeyHash(name: string): string {
  return createHash('sha256').update(keyOf(name, 'consensus')).digest('base64url');
}
