import type { Genesis } from '@civitas/deployment';
import type { Agency } from '../resources/agency.ts';
import type { CityConfig } from '../resources/city-config.ts';
import type { LedgerNetwork } from '../resources/ledger-network.ts';
import type { LedgerNode, ReportedOrganisation } from '../resources/ledger-node.ts';
import type { LedgerOperation } from '../resources/ledger-operation.ts';
import type { ReleaseCatalog } from '../resources/release-catalog.ts';
import type { ObservedGeneration } from './authority-state.ts';
import type { ObservedBackups } from './backup-health.ts';

/** A leaf certificate as its Secret holds it. */
export interface ObservedCertificate {
  readonly notAfterUnixMs: number;
  /** Two thirds of its life. */
  readonly renewAtUnixMs: number;
  /** URI it was issued for. */
  readonly subject: string;
  /** DNS names that it holds besides, by comma. */
  readonly dnsNames?: string;
  readonly issuedAtUnixMs?: number;
  /** Generation of the authority that issued it, and those that its Secret trusts, by comma; 1 where it does not say. */
  readonly issuer?: number;
  readonly trusted?: string;
  /** Hash of that authority's certificate; left out where its Secret does not say. */
  readonly issuerHash?: string;
  /** SHA-256 of chain and authorities, base64url, as the node reports it once it has taken them up. */
  readonly hash?: string;
}

/** A node's volume as the API server has it. */
export interface ObservedVolume {
  /** Quantities such as 10Gi; a cluster that keeps no account of sizes gives no capacity. */
  readonly requested: string | undefined;
  readonly capacity: string | undefined;
  readonly storageClass: string | undefined;
  /** Why it did not grow when it was asked to last. */
  readonly problem: string | undefined;
}

export interface ObservedPod {
  readonly name: string;
  readonly uid: string;
  readonly ip: string | undefined;
  /** Its containers run and it has an address. */
  readonly running: boolean;
  readonly ready: boolean;
  readonly deleting: boolean;
  readonly finished: boolean;
  readonly configHash: string | undefined;
  readonly image: string | undefined;
  /** Word that its configuration tells the node to rebuild its ledger for. */
  readonly rebuild?: string;
  /** What its kubelet was last told to look for, how often and when (mount-refresh.ts). */
  readonly mountRefresh?: string;
}

/** Public halves of what a node keeps on its volume. */
export interface ReportedKeys {
  readonly consensusPublicKey: string;
  /** The one that it is to go on under. */
  readonly nextConsensusPublicKey?: string;
  /** Empty where there is no engine beside the node. */
  readonly engineNodeId: string;
  readonly organisations: readonly ReportedOrganisation[];
  /** Before its genesis: the newest rules that one may name to it; absent of a release that takes none there. */
  readonly bornProtocolMax?: number;
}

/** A ConsensusKeyReservation. */
export interface ObservedReservation {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** `namespace/node`. */
  readonly holder: string;
  readonly nodeUID: string;
  readonly podUID: string;
  /** Neither its LedgerNode nor its pod is there any more. */
  readonly isHolderGone: boolean;
}

/** Rules that blocks are executed by, as a node has it. */
export interface ObservedProtocol {
  /** Of the next block. */
  readonly version: number;
  /** The newest that its release executes. */
  readonly newest: number;
  /** What the members have decided on, and its first block. */
  readonly next: { readonly version: number; readonly height: number } | undefined;
}

/** What a node said when it was asked in this pass; undefined when it could not be reached. */
export interface ObservedAnswer {
  readonly phase: string;
  readonly chainId: string;
  readonly genesisHash: string;
  readonly genesisMismatch: boolean;
  readonly height: number;
  readonly root: string;
  readonly signing: boolean;
  readonly caughtUp: boolean;
  readonly peers: number;
  readonly version: string;
  readonly certificateNotAfterUnixMs: number;
  /** Which part is unwell and why; empty when none is. */
  readonly unwell: string;
  /** Whether an embedded chain goes on from a backup, without the blocks before it. */
  readonly lacksFirstBlocks?: boolean;
  /** No block for longer than the network may rest. */
  readonly halted: boolean;
  /** Empty with the embedded engine. */
  readonly engineVersion: string;
  readonly certificateSetHash?: string;
  /** Size of the file system of its volume, and what is left of it. */
  readonly volumeBytes?: number;
  readonly volumeFreeBytes?: number;
  /** Undefined before its genesis, and of a release that knows no versions. */
  readonly protocol?: ObservedProtocol | undefined;
  /** It is its turn to propose the next block. */
  readonly proposing?: boolean;
  /** Asked only while the LedgerNode does not hold them for this pod. */
  readonly keys: ReportedKeys | undefined;
}

export interface ObservedNode {
  readonly ledgerNode: LedgerNode | undefined;
  readonly certificate: ObservedCertificate | undefined;
  readonly pod: ObservedPod | undefined;
  readonly answer: ObservedAnswer | undefined;
  /** Address of the node's own Service, which outlives its pods. */
  readonly address: string | undefined;
  readonly volume?: ObservedVolume;
  /** Whether it has answered this operator process at all: before that, silence says nothing of the node. */
  readonly heard: boolean;
  /** Since when its pod, which voted at the head before, cannot be told to; undefined for one that does, that is known not to, or that never did. */
  readonly doubtedSinceUnixMs?: number;
}

/** A link of the network that still carries something or could. */
export interface OpenLink {
  readonly name: string;
  /** Packets without a final acknowledgement, both directions, as last seen. */
  readonly inFlight: number;
}

/** The city network as every other network pins it. */
export type CityClient = NonNullable<Genesis['appState']['cityClient']>;

/** A key that is or was in the validator set, as the ledger has it. */
export interface ObservedStanding {
  readonly publicKey: string;
  readonly node: string;
  readonly standing: 'joining' | 'active' | 'leaving' | 'removed';
  /** First block that it signs, and first that it no longer signs; 0 while not known. */
  readonly sinceHeight?: number;
  readonly untilHeight?: number;
}

/** Where the proposal to add a validator stands, as last looked at. */
export interface ObservedJoin {
  readonly node: string;
  readonly state: 'open' | 'waiting' | 'refused';
  readonly message: string;
}

/** Where the last proposal about the protocol version stands, as last looked at. */
export interface ObservedProtocolProposal {
  readonly kind: 'activateProtocol' | 'cancelProtocol';
  readonly version: number;
  readonly message: string;
}

/** A proposal to the members as the ledger has it. */
export interface ObservedProposal {
  /** Over: nobody decided it in its time, or it was taken back. */
  readonly status: 'absent' | 'open' | 'over' | 'applied' | 'failed';
  readonly approvals: number;
  /** Why it could not be applied; '' otherwise. */
  readonly failure: string;
}

export type ObservedSnapshot = 'pending' | 'ready' | { readonly problem: string };

/** All the planner knows of one network at one moment. */
export interface ObservedNetwork {
  readonly nowUnixMs: number;
  readonly network: LedgerNetwork;
  readonly config: CityConfig;
  readonly agencies: readonly Agency[];
  readonly hasAuthority: boolean;
  readonly relayCertificate: ObservedCertificate | undefined;
  /** By node name. */
  readonly nodes: Readonly<Record<string, ObservedNode>>;
  /** Reservations that its nodes hold and those of the keys they report, by the hash of the key. */
  readonly reservations: Readonly<Record<string, ObservedReservation>>;
  /** The genesis as recorded in the operator's namespace, and as mounted; canonical text. */
  readonly genesisRecord: string | undefined;
  readonly genesisMounted: string | undefined;
  readonly peersMounted?: string | undefined;
  /** Name of the tombstone of an earlier network of this chain id whose data are gone. */
  readonly endedBy?: string | undefined;
  /** Consensus keys of the validators as the ledger has them, as last read; undefined while none of its nodes was asked. */
  readonly validatorSet: readonly string[] | undefined;
  /** Everyone who is or was in that set. */
  readonly standings: readonly ObservedStanding[];
  /** The last proposal of a validator; undefined when this process has made none. */
  readonly join: ObservedJoin | undefined;
  /** The last proposal of a protocol version; undefined when this process has made none. */
  readonly protocolProposal?: ObservedProtocolProposal | undefined;
  /** Nodes whose removal from the set stands proposed: the members may decide it at any moment. */
  readonly leavingProposed?: readonly string[];
  /** Nodes that a ValidatorChange has proposed as validators. */
  readonly joiningProposed?: readonly string[];
  /** Nodes for which another key stands proposed: from the decision until they run with it they do not vote. */
  readonly rekeyProposed?: readonly string[];
  /** Engine that the record of the genesis names; undefined before birth. */
  readonly engineInForce: 'embedded' | 'cometbft' | undefined;
  readonly city: CityClient | undefined;
  readonly platformKey: string;
  readonly relayKey: string | undefined;
  readonly gatewayAddress: string | undefined;
  /** LedgerLinks that name this network and are not drained. */
  readonly openLinks: readonly OpenLink[];
  /** Undefined where nobody looked. */
  readonly backups?: ObservedBackups;
  /** LedgerOperations that name this network. */
  readonly operations?: readonly LedgerOperation[];
  /** The one that the spec names. */
  readonly catalog?: ReleaseCatalog;
  /** Generations of its certificate authority, oldest first. */
  readonly authorities?: readonly ObservedGeneration[];
  /** Kinds of others that were asked for and that the cluster does not serve. */
  readonly absentKinds?: readonly string[];
  /** Why an authority that another one issued cannot be used. */
  readonly authorityProblem?: string | undefined;
  /** VolumeSnapshots before upgrades as last looked at, by name. */
  readonly snapshots?: Readonly<Record<string, ObservedSnapshot>>;
  /** Height at which the city's registry held this chain; undefined while it does not. */
  readonly registered: boolean;
}
