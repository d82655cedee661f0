import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64urlEncode, encodeCanonical, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { type Genesis, type NodeConfig, type PeersDocument, PORTS, spiffe } from '@civitas/deployment';
import { parseReceipt, type Receipt } from '@civitas/proofs';
import type { SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import type { AdminServiceStatusResponse, KeysResponse } from '@civitas/proto/civitas/node/v1/admin';
import { waitFor } from '@civitas/testkit';
import type { ServiceError } from '@grpc/grpc-js';
import { FIRST_PROTOCOL } from '../../../node/src/core/protocol/limits.ts';
import { NEWEST_PROTOCOL } from '../../../node/src/core/protocol/rules.ts';
import { signGatewayOperation } from '../../../node/src/host/admission/gateway-operation.ts';
import { EngineRpc } from '../../../node/src/host/engine/cometbft/engine-rpc.ts';
import { aTestAuthority, type TestAuthority, writeLeaf } from '../../../node/src/host/testing/test-authority.ts';
import { ask } from '../../../node/src/host/testing/test-processes.ts';
import { findEngineTools } from '../../../tools/engine/engine-tools.ts';
import { cliKeyOf, genesisOf, nodeConfigOf, organisationOf, type ReportedNode } from './birth.ts';
import { lastingAnswer } from './lasting-answer.ts';
import { NodeClients } from './node-clients.ts';
import { PARTS, type Part, Pod } from './pod.ts';

/** Time for processes to start on a loaded machine, ms. */
const START_MS = 90_000;
const OPERATOR_POLL_MS = 150;
const EXPIRY_MS = 300_000;

export interface NodeOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly entryPoints?: Partial<Readonly<Record<Part, readonly string[]>>>;
  readonly engineBinary?: string;
  /** Put before both commands, such as `ip netns exec NAME`. */
  readonly prefix?: readonly string[];
  /** Default: a loopback address of its own. */
  readonly address?: string;
  /** Where clients reach it, when that is not its own address: a pod in a network namespace. */
  readonly reachedAt?: string;
  readonly config?: Partial<NodeConfig>;
}

export interface ConsensusNetworkOptions {
  /** Default 4. */
  readonly validators?: number;
  /** Nodes that follow and do not vote; default 0. */
  readonly observers?: number;
  /** Default `jincheng-health-1`. */
  readonly chainId?: string;
  /** Of every node's configuration, such as `{ emptyBlockIntervalMs: 1000 }`. */
  readonly config?: Partial<NodeConfig>;
  /** Options of one node, by its index. */
  readonly node?: (index: number) => NodeOptions;
  /** Default: what `npm run engine:install` built, or CIVITAS_ENGINE_BINARY. */
  readonly engineBinary?: string;
  /** What its first block is executed by; default the newest, as the operator has networks born. */
  readonly protocolVersion?: number;
  /** Changes the genesis before the network is born with it. */
  readonly genesis?: (genesis: Genesis) => Genesis;
  /** Peers as one node sees them, such as through a proxy; default the nodes' own addresses. */
  readonly peers?: (index: number, document: PeersDocument) => PeersDocument;
  /** Life of the nodes' certificates from their birth on; default 24 hours. */
  readonly certificateHours?: number;
  /** Called once for each pod before it starts, such as to mount its volume. */
  readonly onPod?: (index: number, pod: Pod) => void;
}

export interface OperationRequest {
  readonly organisation?: string;
  readonly role?: string;
  readonly contract: string;
  readonly method: string;
  readonly args: JsonObject;
}

/** The engine that tests run on, or undefined where none is installed. */
export function findEngineBinary(): string | undefined {
  return process.env['CIVITAS_ENGINE_BINARY'] || findEngineTools()?.path('cometbft');
}

/** A fresh document of `health.index`, which every organisation of the network may register. */
export function aDocument(id: string = base64urlEncode(randomBytes(16))): OperationRequest {
  const text = (): string => base64urlEncode(randomBytes(16));
  const commitment = (): string => base64urlEncode(randomBytes(32));
  return {
    contract: 'health.index@v1',
    method: 'register',
    role: 'custodian',
    args: {
      id,
      subject: text(),
      kind: 'Observation',
      digest: commitment(),
      class: commitment(),
      period: commitment(),
      reference: text(),
    },
  };
}

/** Starts a network; its folder goes when it stops. @throws with the logs of its nodes when it does not come up. */
export async function startConsensusNetwork(options: ConsensusNetworkOptions = {}): Promise<ConsensusNetwork> {
  const network = new ConsensusNetwork(options, await aTestAuthority(options.chainId ?? DEFAULT_CHAIN_ID));
  try {
    await network.bear();
    return network;
  } catch (error) {
    const logs = network.logs();
    // A test may have mounted something below the folder, which it takes away itself.
    const left = await network.stop().then(
      () => '',
      (cause: unknown) => `, its folder is left: ${String(cause)}`,
    );
    throw new Error(`the network did not come up${left}\n${logs}`, { cause: error });
  }
}

const DEFAULT_CHAIN_ID = 'jincheng-health-1';

/** A network of real node and engine processes on loopback addresses, born as the operator does it. */
export class ConsensusNetwork {
  readonly chainId: string;
  readonly folder = mkdtempSync(join(tmpdir(), 'civitas-net-'));
  readonly pods: Pod[] = [];
  readonly clients: NodeClients;
  readonly #options: ConsensusNetworkOptions;
  readonly #authority: TestAuthority;
  readonly #subnet = `127.${64 + randomInt(128)}.${randomInt(256)}`;
  readonly #reported: ReportedNode[] = [];
  /** Indexes of nodes that the operator grants nothing. */
  readonly #ungranted = new Set<number>();
  readonly #rpcs = new Map<number, EngineRpc>();
  #operator: NodeJS.Timeout | undefined;
  #genesis: Genesis | undefined;

  constructor(options: ConsensusNetworkOptions, authority: TestAuthority) {
    this.#options = options;
    this.#authority = authority;
    this.chainId = options.chainId ?? DEFAULT_CHAIN_ID;
    this.clients = new NodeClients({ folder: join(this.folder, 'clients'), chainId: this.chainId, authority });
  }

  get genesis(): Genesis {
    if (this.#genesis === undefined) throw new Error('the network is not born');
    return this.#genesis;
  }

  get genesisHash(): Uint8Array {
    return nodeCrypto.sha256(encodeCanonical(this.genesis as object as JsonObject));
  }

  /** Indexes of all nodes. */
  get indexes(): readonly number[] {
    return this.pods.map((_, index) => index);
  }

  pod(index: number): Pod {
    const pod = this.pods[index];
    if (pod === undefined) throw new Error(`no node ${index}`);
    return pod;
  }

  /** Keys, genesis, peers, grants: until every node serves and has a block. */
  async bear(): Promise<void> {
    const { validators = 4, observers = 0 } = this.#options;
    for (let index = 0; index < validators + observers; index++) await this.#addPod(index);
    for (const pod of this.pods) pod.start();
    for (const index of this.indexes) this.#reported.push(await this.#report(index));
    const genesis = this.#withProtocol(genesisOf(this.chainId, this.#reported, validators));
    this.#genesis = this.#options.genesis?.(genesis) ?? genesis;
    this.#writePeers();
    for (const pod of this.pods) pod.write('genesis', encodeCanonical(this.#genesis as object as JsonObject));
    this.#operator = setInterval(() => void this.#grantAll(), OPERATOR_POLL_MS);
    await this.waitForHeight(1, this.indexes, START_MS);
  }

  #withProtocol(genesis: Genesis): Genesis {
    const { protocolVersion = NEWEST_PROTOCOL } = this.#options;
    // The first version is the one that a genesis does not name.
    if (protocolVersion === FIRST_PROTOCOL) return genesis;
    return { ...genesis, appState: { ...genesis.appState, protocolVersion } };
  }

  /** Another node, which follows until it is made a validator; resolves once it has reported its keys and may start. */
  async addNode(): Promise<{ readonly index: number; readonly keys: KeysResponse }> {
    const index = this.pods.length;
    await this.#addPod(index);
    this.pod(index).start();
    const reported = await this.#report(index);
    this.#reported.push(reported);
    this.#writePeers();
    this.pod(index).write('genesis', encodeCanonical(this.genesis as object as JsonObject));
    return { index, keys: reported.keys };
  }

  /** A pod with another's volume, keys and all, as a restored backup would be; it gets no grant unless the test gives one. */
  addPod(parts: { readonly name: string; readonly root: string }): Pod {
    const pod = this.#podOf(this.pods.length, parts);
    this.#ungranted.add(this.pods.length);
    this.pods.push(pod);
    return pod;
  }

  async status(index: number): Promise<AdminServiceStatusResponse> {
    const admin = await this.clients.admin(this.pod(index).clientAddress);
    return ask(admin.status.bind(admin), {});
  }

  async keys(index: number): Promise<KeysResponse> {
    const admin = await this.clients.admin(this.pod(index).clientAddress);
    return ask(admin.keys.bind(admin), {});
  }

  /** Gives or withdraws a node's grant, now and at each of its starts. */
  async setGrant(index: number, granted: boolean): Promise<void> {
    if (granted) this.#ungranted.delete(index);
    else this.#ungranted.add(index);
    // A node that ends for want of its grant may owe its answer, which its next process gives. One that is down asks when it starts.
    const answered = async (): Promise<true> => {
      if (this.pod(index).isRunning('node')) await this.#grant(index, granted);
      return true;
    };
    await waitFor(`node ${index} takes its grant: ${granted}`, answered, START_MS);
  }

  /** Mounts a new certificate into a node, as the operator renews it. */
  async issueCertificate(index: number, hours: number): Promise<void> {
    const { node, organisation } = this.#configOf(index);
    writeLeaf(this.pod(index).pathOf('tls'), await this.#authority.issue([spiffe.node(this.chainId, organisation, node)], hours));
  }

  /** RPC of a node's engine, as its node asks it. */
  rpc(index: number): EngineRpc {
    const rpc = this.#rpcs.get(index) ?? new EngineRpc(join(this.pod(index).engineHome, 'rpc.sock'));
    this.#rpcs.set(index, rpc);
    return rpc;
  }

  /** Signs an operation as an organisation's profile. */
  sign(request: OperationRequest): SignedOperation {
    const organisation = request.organisation ?? organisationOf(0);
    return signGatewayOperation({
      chainId: this.chainId,
      genesisHash: this.genesisHash,
      organisation,
      role: request.role ?? 'member',
      key: cliKeyOf(organisation),
      actor: 'tester',
      contract: request.contract,
      method: request.method,
      args: request.args,
      expiresAtUnixMs: Date.now() + EXPIRY_MS,
    });
  }

  /** Submits through a node until there is a receipt. @throws ServiceError for a refusal that lasts; its `details` is the code. */
  async submit(index: number, request: OperationRequest): Promise<Receipt> {
    return this.submitSigned(index, this.sign(request), request.organisation);
  }

  submitSigned(index: number, operation: SignedOperation, organisation?: string): Promise<Receipt> {
    return lastingAnswer(`receipt from node ${index}`, () => this.submitOnce(index, operation, organisation));
  }

  /** One call, whose refusal is seen whatever it is. */
  async submitOnce(index: number, operation: SignedOperation, organisation = organisationOf(0)): Promise<Receipt> {
    const client = await this.clients.ledger(this.pod(index).clientAddress, organisation);
    const { receipt } = await ask(client.submit.bind(client), { operation });
    const parsed = parseReceipt(receipt);
    if (!parsed.ok) throw new Error(parsed.refusal.code);
    return parsed.value;
  }

  /** The code with which a node refuses an operation, or 'accepted'. */
  refusalOf(index: number, request: OperationRequest): Promise<string> {
    return this.submitOnce(index, this.sign(request), request.organisation).then(
      () => 'accepted',
      (error: ServiceError) => error.details,
    );
  }

  /**
   * A fault. `both`: the pod is gone until `start`. One part alone: the kubelet starts it again, and what ended with it.
   */
  async kill(index: number, what: Part | 'both', signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (what === 'both') await this.pod(index).stop(PARTS, signal);
    else await this.pod(index).kill(what, signal);
  }

  start(index: number): void {
    this.pod(index).start();
  }

  /** Until each of the nodes has committed a height. */
  async waitForHeight(height: number, indexes: readonly number[] = this.indexes, timeoutMs: number = START_MS): Promise<void> {
    for (const index of indexes) {
      const reached = async (): Promise<boolean> => (await this.status(index)).height >= BigInt(height);
      await waitFor(`height ${height} at node ${index}`, reached, timeoutMs);
    }
  }

  /** Until nodes stand at one height with one root; that root, hex, and height. */
  agreement(indexes: readonly number[] = this.indexes, timeoutMs: number = START_MS): Promise<{ height: number; root: string }> {
    return waitFor(
      `agreement of nodes ${indexes.join()}`,
      async () => {
        const all = await Promise.all(indexes.map((index) => this.status(index)));
        const said = new Set(all.map(({ height, root }) => `${height} ${Buffer.from(root).toString('hex')}`));
        const [height = '', root = ''] = [...said][0]?.split(' ') ?? [];
        return said.size === 1 ? { height: Number(height), root } : undefined;
      },
      timeoutMs,
    );
  }

  /** The end of every log, for a failed test. */
  logs(lines = 25): string {
    return this.pods
      .flatMap((pod) => PARTS.map((part) => `=== ${pod.options.name} ${part}\n${pod.logOf(part).split('\n').slice(-lines).join('\n')}`))
      .join('\n');
  }

  /** Ends every process and removes the folder; CIVITAS_KEEP keeps it. */
  async stop(): Promise<void> {
    clearInterval(this.#operator);
    this.clients.close();
    for (const rpc of this.#rpcs.values()) rpc.close();
    await Promise.all(
      this.pods.map(async (pod) => {
        for (const part of PARTS) pod.signal(part, 'SIGCONT');
        await pod.stop(PARTS, 'SIGKILL');
      }),
    );
    if (process.env['CIVITAS_KEEP'] === undefined) rmSync(this.folder, { recursive: true, force: true });
  }

  async #addPod(index: number): Promise<void> {
    const name = `health-${index}`;
    const pod = this.#podOf(index, { name, root: join(this.folder, name) });
    this.#options.onPod?.(index, pod);
    this.pods.push(pod);
    pod.write('config', JSON.stringify(this.#configOf(index)));
    await this.issueCertificate(index, this.#options.certificateHours ?? 24);
  }

  #configOf(index: number): NodeConfig {
    const overrides = { ...this.#options.config, ...this.#options.node?.(index).config };
    return nodeConfigOf(index, { chainId: this.chainId, node: this.pod(index).options.name, overrides });
  }

  #podOf(index: number, parts: { readonly name: string; readonly root: string }): Pod {
    const own = this.#options.node?.(index) ?? {};
    const engineBinary = own.engineBinary ?? this.#options.engineBinary ?? findEngineBinary();
    if (engineBinary === undefined) throw new Error('no engine: npm run engine:install');
    return new Pod({
      ...parts,
      address: own.address ?? `${this.#subnet}.${index + 1}`,
      ...(own.reachedAt === undefined ? {} : { reachedAt: own.reachedAt }),
      engineBinary,
      environment: own.environment ?? {},
      entryPoints: own.entryPoints ?? {},
      prefix: own.prefix ?? [],
    });
  }

  async #report(index: number): Promise<ReportedNode> {
    const keys = await waitFor(`keys of node ${index}`, () => this.keys(index), START_MS);
    return { name: this.pod(index).options.name, index, keys };
  }

  #writePeers(): void {
    const document: PeersDocument = {
      schemaVersion: 1,
      peers: this.#reported.map(({ name, index, keys }) => ({
        node: name,
        nodeId: keys.engineNodeId,
        host: this.pod(index).options.address,
        p2pPort: PORTS.p2p,
        grpcPort: PORTS.grpc,
      })),
    };
    for (const { index } of this.#reported)
      this.pod(index).write('peers', JSON.stringify(this.#options.peers?.(index, document) ?? document));
  }

  async #grantAll(): Promise<void> {
    await Promise.allSettled(
      this.indexes.map(async (index) => {
        if (this.#ungranted.has(index) || !this.pod(index).isRunning('node')) return;
        if ((await this.status(index)).phase === 'AwaitingGrant') await this.#grant(index, true);
      }),
    );
  }

  async #grant(index: number, granted: boolean): Promise<void> {
    const admin = await this.clients.admin(this.pod(index).clientAddress);
    const keyHash = nodeCrypto.sha256((await this.keys(index)).consensusPublicKey);
    await ask(admin.grantSigning.bind(admin), { keyHash, podUid: this.pod(index).uid, granted });
  }
}
