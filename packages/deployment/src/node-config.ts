/** How long state roots stay provable, days of header time, 1 … 3653; an archive keeps all of them. */
export interface Retention {
  readonly days: number;
  readonly archive: boolean;
}

/** `config.json` of a `node serve` pod, canonical or pretty JSON; written by the operator, checked field by field by the node. */
export interface NodeConfig {
  readonly schemaVersion: 1;
  readonly role: 'serve';
  /** Name of the LedgerNetwork, and the chain id it is bound to. */
  readonly network: string;
  readonly chainId: string;
  readonly city: string;
  readonly domain: string;
  /** Name of this node (LedgerNode and pod), such as `health-0`, and the organisation it belongs to. */
  readonly node: string;
  readonly organisation: string;
  readonly engine: 'embedded' | 'cometbft';
  /** Organisations that have an operation key here, each once; the node's own bundles go out under one of them. */
  readonly gateways: readonly GatewayConfig[];
  /** Longest pause between blocks when there is nothing to order, ms, 1000 … 60000. */
  readonly emptyBlockIntervalMs: number;
  /** How long an operation waits for company while one bundle is being ordered, ms, 2 … 40; twice as long for each more, up to 40. */
  readonly bundleWaitMs: number;
  /** Operations that may wait for their receipt, 2 … 8192 (default); half of them for one organisation. Fewer need less memory. */
  readonly queueOperationsMax?: number;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  /** Default: seven days, no archive. */
  readonly retention?: Retention;
  /** A fresh node of a cometbft network starts from a snapshot of its peers instead of the first block. Default false. */
  readonly stateSync?: boolean;
  /** Cometbft only: a node that has not done so under this word drops its ledger once and takes it from its peers; keys, vaults and what it has signed stay. */
  readonly rebuild?: string;
  /** Cometbft only: a node that has not done so under this word makes itself another consensus key, and goes on under it once the members have decided it. */
  readonly rekey?: string;
  /** Blocks between two snapshots, 0 (none) … 1000000; default 2000. */
  readonly snapshotIntervalBlocks?: number;
  /** Block time between two snapshots, ms, 0 (every interval) … a day; default half an hour. */
  readonly snapshotPeriodMs?: number;
  /** The consensus key is held by a signer of its own, which dials the engine; cometbft only. */
  readonly remoteSigner?: {
    /** Ed25519, base64url. */
    readonly publicKey: string;
    /** `socket` (default): `engine/signer.sock`, from beside the engine. `tcp`: `PORTS.signer` of the pod, from anywhere that may. */
    readonly dials?: 'socket' | 'tcp';
  };
  /** Where spans of operations go; without it nothing is traced. */
  readonly tracing?: TracingConfig;
  /** Whose tokens people act with through the gateways here; without it nobody does. */
  readonly persons?: PersonsConfig;
}

/** A collector of traces. */
export interface TracingConfig {
  /** Takes OTLP over HTTP, such as `http://collector:4318/v1/traces`. */
  readonly endpoint: string;
  /** Of a thousand operations, how many are traced, 0 … 1000; the same on every node of a network. */
  readonly samplePerMille: number;
}

/** The identity provider of the city, as a gateway needs it. */
export interface PersonsConfig {
  /** Exactly as `iss` of its tokens says. */
  readonly issuer: string;
  /** Where it publishes its keys, as this pod reaches it; default below the issuer. */
  readonly keysUrl?: string;
}

/** What a node keeps for an organisation. */
export interface GatewayConfig {
  readonly organisation: string;
  readonly approvalPolicy: 'manual' | 'auto';
  /** False: nothing but an operation key for bundles; vault, sealed calls and approver are another node's. Default true. */
  readonly vault?: boolean;
}

/** `config.json` of a `node relay` pod. */
export interface RelayConfig {
  readonly schemaVersion: 1;
  readonly role: 'relay';
  readonly city: string;
  readonly name: string;
  /** One entry a network it serves; certificates below `PATHS.tls/<network>`. */
  readonly networks: readonly RelayNetwork[];
  /** Pairs of networks, by name; each is served in both directions. */
  readonly links: readonly { readonly name: string; readonly from: string; readonly to: string; readonly paused: boolean }[];
  /** Poll interval with all events lost, ms. */
  readonly pollMs: number;
  /** How often every network and link is tried with a synthetic operation and packet, ms, 1000 … 600000; default never. */
  readonly probeIntervalMs?: number;
  readonly tracing?: TracingConfig;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
}

export interface RelayNetwork {
  readonly network: string;
  readonly chainId: string;
  readonly genesisHash: string;
  /** `host:port` of the network's gateway Service (its cluster IP). */
  readonly grpc: string;
}
