import type { Sha256 } from '@civitas/canon';
import type { ObservedGeneration, RollOverPhase } from '../plan/authority-state.ts';
import type { NetworkAction } from '../plan/network-action.ts';
import { planNetwork } from '../plan/network-plan.ts';
import type { ObservedAnswer, ObservedCertificate, ObservedNetwork, ObservedNode } from '../plan/observed-network.ts';
import type { LedgerNetworkSpec } from '../resources/ledger-network.ts';
import type { LedgerNode } from '../resources/ledger-node.ts';
import type { LedgerOperation, LedgerOperationSpec } from '../resources/ledger-operation.ts';
import type { ReleaseCatalog } from '../resources/release-catalog.ts';
import { aCity, aKey, aNetwork, aNode, anAgency, anObservation } from './builders.ts';

const AGENCIES = [anAgency('civil-affairs')];
const BEGIN_UNIX_MS = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

/** One simulated node: its pod, and what its volume and Secret hold. */
interface SimulatedNode {
  ledgerNode: LedgerNode;
  pod: ObservedNode['pod'];
  state: 'starting' | 'serving' | 'crashed';
  certificate: ObservedCertificate | undefined;
  /** Hash of the certificates that the running node has taken up. */
  taken: string | undefined;
  requested: string;
  volumeBytes: number;
  usedBytes: number;
}

/** A network of validators and one observer that does what plans say, without an API server, and what befalls it. */
export class DayTwoWorld {
  readonly #sha256: Sha256;
  readonly #nodes = new Map<string, SimulatedNode>();
  readonly #genesis: string;
  readonly voterCount: number;
  operations: LedgerOperation[] = [];
  generations: ObservedGeneration[] = [aGeneration(1)];
  spec: LedgerNetworkSpec;
  /** Releases of the catalog `stable`; undefined: there is none. */
  catalog: ReleaseCatalog['spec']['releases'] | undefined;
  rollout: NonNullable<NonNullable<ObservedNetwork['network']['status']>['rollout']> | undefined;
  relayCertificate: ObservedCertificate | undefined;
  /** Rules in force and decided; undefined: the nodes' releases know of none. */
  protocol: { version: number; next: { readonly version: number; readonly height: number } | undefined } | undefined;
  /** Newest rules that an image executes; 1 where it is not named. */
  readonly newestOfImage = new Map<string, number>();
  /** Changes of the rules that stand proposed. */
  readonly proposals = new Set<'activateProtocol' | 'cancelProtocol'>();
  nowUnixMs = BEGIN_UNIX_MS;
  height = 10;
  #made = 0;

  constructor(voterCount: number, sha256: Sha256, spec: Partial<LedgerNetworkSpec> = {}) {
    this.#sha256 = sha256;
    this.voterCount = voterCount;
    const pools = [
      { name: 'validators', role: 'validator' as const, replicas: voterCount },
      { name: 'observers', role: 'observer' as const, replicas: 1 },
    ];
    this.spec = { domain: 'city', chainId: 'jincheng-city-1', pools, ...spec };
    for (let ordinal = 0; ordinal <= voterCount; ordinal++) this.#add(ordinal);
    const unborn = { ...this.observe(), genesisRecord: undefined, engineInForce: undefined };
    const record = planNetwork(unborn, sha256).actions.find(({ type }) => type === 'recordGenesis');
    if (record?.type !== 'recordGenesis') throw new Error('the plan writes no genesis');
    this.#genesis = record.text;
    for (let look = 0; look < 3 * voterCount; look++) this.pass();
    this.startAll();
  }

  #add(ordinal: number): void {
    const name = `city-${ordinal}`;
    const role = ordinal < this.voterCount ? ('validator' as const) : ('observer' as const);
    const organisations = [{ organisation: 'civil-affairs', operationPublicKey: aKey(260 + ordinal) }];
    const status = { podUID: '', consensusPublicKey: aKey(40 + ordinal), engineNodeId: String(ordinal).padStart(40, '0'), organisations };
    const node = aNode(name, status);
    const ledgerNode = { ...node, spec: { ...node.spec, ordinal, role } };
    const volume = { requested: '1Gi', volumeBytes: 2 ** 30, usedBytes: 0 };
    this.#nodes.set(name, { ledgerNode, pod: undefined, state: 'starting', certificate: undefined, taken: undefined, ...volume });
  }

  names(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  node(name: string): SimulatedNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`no ${name}`);
    return node;
  }

  /** Validators that vote now. */
  serving(): number {
    return [...this.#nodes.values()].filter(
      ({ pod, state, ledgerNode }) =>
        pod !== undefined && state === 'serving' && ledgerNode.spec.role === 'validator' && !this.standsBefore(ledgerNode.metadata.name),
    ).length;
  }

  /** Its release does not execute the next block. */
  standsBefore(name: string): boolean {
    const { pod } = this.node(name);
    return pod !== undefined && this.protocol !== undefined && this.protocol.version > (this.newestOfImage.get(pod.image ?? '') ?? 1);
  }

  /** The members decide what stands proposed. */
  approve(noticeBlocks: number): void {
    const { protocol } = this;
    if (protocol === undefined) return;
    if (this.proposals.has('cancelProtocol') && protocol.next !== undefined) this.protocol = { ...protocol, next: undefined };
    else if (this.proposals.has('activateProtocol') && protocol.next === undefined)
      this.protocol = { ...protocol, next: { version: protocol.version + 1, height: this.height + noticeBlocks } };
    this.proposals.clear();
  }

  /** A node whose pod runs and that nobody fenced comes up. */
  start(name: string): void {
    const node = this.node(name);
    if (node.pod === undefined || node.ledgerNode.spec.fenced === true || node.pod.rebuild !== node.ledgerNode.spec.rebuild) return;
    node.state = 'serving';
    node.taken = node.certificate?.hash;
  }

  startAll(): void {
    for (const name of this.names()) this.start(name);
  }

  takeCertificates(): void {
    for (const node of this.#nodes.values()) if (node.pod !== undefined) node.taken = node.certificate?.hash;
  }

  ask(name: string, spec: Omit<LedgerOperationSpec, 'networkRef'>): void {
    const creationTimestamp = `2026-01-01T00:00:${String(this.operations.length % 60).padStart(2, '0')}Z`;
    const metadata = { name, namespace: 'jincheng', uid: `op-${name}`, resourceVersion: '1', generation: 1, creationTimestamp };
    this.operations.push({ apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerOperation', metadata, spec: { networkRef: 'city', ...spec } });
  }

  observe(): ObservedNetwork {
    const rollout = this.rollout === undefined ? {} : { rollout: this.rollout };
    const nodes = Object.fromEntries(this.names().map((name) => [name, this.#observeNode(name)]));
    return anObservation({
      nowUnixMs: this.nowUnixMs,
      network: aNetwork(this.spec, rollout),
      config: aCity({ engine: 'cometbft' }),
      agencies: AGENCIES,
      nodes,
      genesisRecord: this.#genesis,
      engineInForce: 'cometbft',
      authorities: this.generations,
      operations: this.operations,
      relayCertificate: this.relayCertificate,
      ...(this.catalog === undefined ? {} : { catalog: aCatalog(this.catalog) }),
    });
  }

  #observeNode(name: string): ObservedNode {
    const { ledgerNode, pod, state, certificate, taken, requested, volumeBytes, usedBytes } = this.node(name);
    const isUp = pod !== undefined && state !== 'crashed';
    const newest = this.newestOfImage.get(pod?.image ?? '') ?? 1;
    const isServing = state === 'serving' && !this.standsBefore(name);
    const answer: ObservedAnswer | undefined = isUp
      ? {
          ...{
            phase: this.standsBefore(name) ? 'AwaitingUpgrade' : isServing ? 'Serving' : 'AwaitingGrant',
            chainId: 'jincheng-city-1',
            genesisHash: '',
            genesisMismatch: false,
          },
          ...{ height: this.height, root: '', signing: isServing, caughtUp: true, peers: 3, version: '0.1.0', keys: undefined },
          ...{ certificateNotAfterUnixMs: 0, unwell: '', halted: false, engineVersion: '0.38.26', certificateSetHash: taken ?? '' },
          ...{ volumeBytes, volumeFreeBytes: volumeBytes - usedBytes },
          ...(this.protocol === undefined ? {} : { protocol: { ...this.protocol, newest } }),
        }
      : undefined;
    const status = { ...ledgerNode.status, podUID: pod?.uid ?? '' };
    const seen = pod === undefined ? undefined : { ...pod, ready: isServing };
    const volume = { requested, capacity: undefined, storageClass: undefined, problem: undefined };
    const place = { address: `10.0.0.${ledgerNode.spec.ordinal + 1}`, heard: true };
    return { ledgerNode: { ...ledgerNode, status }, certificate, pod: seen, answer, volume, ...place };
  }

  /**
   * One pass of an operator that dies after `deeds` actions.
   *
   * @returns what it did.
   */
  pass(deeds = Number.POSITIVE_INFINITY): readonly NetworkAction[] {
    this.nowUnixMs += 1000;
    this.height += 1;
    const next = this.protocol?.next;
    if (next !== undefined && this.height + 1 >= next.height) this.protocol = { version: next.version, next: undefined };
    const plan = planNetwork(this.observe(), this.#sha256);
    // As the controller does: which pod is ended stands on record before it is.
    if (deeds > 0) this.rollout = plan.rollout;
    const done = plan.actions.slice(0, Math.min(deeds, plan.actions.length));
    for (const action of done) this.perform(action);
    if (deeds <= plan.actions.length) return done;
    for (const { operation, facts, phase } of plan.operations) {
      const at = this.operations.findIndex(({ metadata }) => metadata.uid === operation.metadata.uid);
      this.operations[at] = { ...operation, status: { ...facts, phase } };
    }
    return done;
  }

  /** Does one action of a plan. */
  perform(action: NetworkAction): void {
    switch (action.type) {
      case 'createPod':
        return this.#createPod(action.manifest.metadata.name, action.manifest.metadata.annotations ?? {});
      case 'deletePod':
        this.node(action.name).pod = undefined;
        return;
      case 'stopPod':
        this.node(action.name).pod = undefined;
        return;
      case 'withdrawGrant':
        this.node(action.node).state = 'starting';
        return;
      case 'orderNode': {
        const node = this.node(action.node);
        const { restoreFrom, ...order } = action.order;
        const { restoreFrom: former, ...spec } = node.ledgerNode.spec;
        const from = restoreFrom === undefined ? former : (restoreFrom ?? undefined);
        node.ledgerNode = { ...node.ledgerNode, spec: { ...spec, ...order, ...(from === undefined ? {} : { restoreFrom: from }) } };
        return;
      }
      case 'setRelease':
        this.spec = { ...this.spec, release: { ...this.spec.release, version: action.version } };
        return;
      case 'proposeProtocol':
        this.proposals.add(action.kind);
        return;
      case 'issueCertificate':
        return this.#issue(action);
      case 'addAuthority':
        if (this.generations.every(({ generation }) => generation !== action.generation))
          this.generations = [...this.generations, { ...aGeneration(action.generation, 'Trusting', this.nowUnixMs), ...action }];
        return;
      case 'advanceAuthority':
        this.generations = this.generations.map((one) =>
          one.generation === action.generation ? { ...one, phase: action.to, sinceUnixMs: this.nowUnixMs } : one,
        );
        return;
      case 'dropAuthority':
        this.generations = this.generations.filter(({ generation }) => generation !== action.generation);
        return;
      case 'apply':
        if (action.manifest.kind === 'PersistentVolumeClaim') this.#grow(action.manifest.metadata.name, action.manifest['spec']);
        return;
      default:
        return;
    }
  }

  #createPod(name: string, annotations: Readonly<Record<string, string>>): void {
    const rebuild = annotations['civitas.dev/rebuild'];
    const node = this.node(name);
    node.state = 'starting';
    node.taken = node.certificate?.hash;
    node.pod = {
      ...{ name, uid: `pod-${++this.#made}`, ip: '127.0.0.9', running: true, ready: false, deleting: false, finished: false },
      ...{ configHash: annotations['civitas.dev/config-hash'], image: annotations['civitas.dev/image'] },
      ...(rebuild === undefined ? {} : { rebuild }),
    };
  }

  #issue({ secret, subject, issuer, trusted, dnsNames }: Extract<NetworkAction, { type: 'issueCertificate' }>): void {
    const life = { notAfterUnixMs: this.nowUnixMs + 2160 * HOUR_MS, renewAtUnixMs: this.nowUnixMs + 1440 * HOUR_MS };
    const made = { subject, dnsNames: dnsNames.join(','), issuedAtUnixMs: this.nowUnixMs, issuer, trusted: trusted.join(',') };
    const issuerHash = this.generations.find(({ generation }) => generation === issuer)?.certificateHash ?? '';
    const certificate = { ...life, ...made, issuerHash, hash: `set-${++this.#made}` };
    if (secret.startsWith('relay')) this.relayCertificate = certificate;
    else this.node(secret.slice(0, -'-tls'.length)).certificate = certificate;
  }

  #grow(claim: string, spec: unknown): void {
    const { storage } = (spec as { readonly resources: { readonly requests: { readonly storage: string } } }).resources.requests;
    this.node(claim.slice(0, -'-data'.length)).requested = storage;
  }
}

function aGeneration(generation: number, phase?: RollOverPhase, sinceUnixMs = 0): ObservedGeneration {
  return {
    generation,
    uid: `ca-${generation}`,
    certificateHash: `ca-${generation}`,
    phase,
    sinceUnixMs,
    overlapMs: 0,
    operationUID: undefined,
  };
}

function aCatalog(releases: ReleaseCatalog['spec']['releases']): ReleaseCatalog {
  const metadata = { name: 'stable', uid: 'catalog', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
  return { apiVersion: 'civitas.dev/v1alpha1', kind: 'ReleaseCatalog', metadata, spec: { releases } };
}
