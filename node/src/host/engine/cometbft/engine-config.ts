import { type PeerDocument, PORTS } from '@civitas/deployment';
import { APP_SOCKET, RPC_SOCKET } from './engine-socket.ts';
import { MEMPOOL_BYTES_MAX, MEMPOOL_TRANSACTIONS_MAX } from './limits.ts';

export interface EngineConfig {
  readonly node: string;
  /** Address of the pod. */
  readonly address: string;
  readonly emptyBlockIntervalMs: number;
  /** The other nodes. */
  readonly peers: readonly PeerDocument[];
  /** The `[statesync]` table of a node that starts from a snapshot; '' otherwise. */
  readonly stateSync: string;
  /** `priv_validator_laddr` where a remote signer dials in; '' when the key is on the volume. */
  readonly remoteSignerAddress: string;
}

// CometBFT makes itself a key even where a remote signer holds the real one: kept apart, or it could be taken for it later.
const UNUSED_KEY_FILES = `priv_validator_key_file = "data/unused_validator_key.json"
priv_validator_state_file = "data/unused_validator_state.json"
`;

// JSON's escapes are TOML's.
const text = (value: string): string => JSON.stringify(value);

/**
 * CometBFT's config.toml; what is not named has its default.
 *
 * - `pex = false`: peers come from the operator alone. Addresses may be loopback, several nodes may share one.
 * - Time-outs and gossip pauses: measured for one machine and one data centre (design: CometBFT recipe).
 * - `create_empty_blocks = false` with an interval: a block's time never lags the clock by more than the interval.
 * - `double_sign_check_height = 0`: above it an idle chain could not start again; the signing grant fences keys instead.
 * - `unsafe = true`: for `dial_peers` (redial.ts); the socket is in a folder that only this pod's user reads.
 * - passthrough: gRPC's own reading of unix addresses takes no relative path.
 */
export function engineConfigToml(config: EngineConfig): string {
  const { node, address, emptyBlockIntervalMs, peers, stateSync, remoteSignerAddress } = config;
  const persistentPeers = peers.map(({ nodeId, host, p2pPort }) => `${nodeId}@${host}:${p2pPort}`).join(',');
  return `# Written by the node at each start.
proxy_app = "passthrough:///unix://${APP_SOCKET}"
abci = "grpc"
moniker = ${text(node)}
log_level = "error"
log_format = "json"
priv_validator_laddr = ${text(remoteSignerAddress)}
${remoteSignerAddress === '' ? '' : UNUSED_KEY_FILES}
[rpc]
laddr = "unix://${RPC_SOCKET}"
unsafe = true
pprof_laddr = ""

[p2p]
laddr = "tcp://${address}:${PORTS.p2p}"
external_address = "${address}:${PORTS.p2p}"
persistent_peers = ${text(persistentPeers)}
persistent_peers_max_dial_period = "5s"
pex = false
addr_book_strict = false
allow_duplicate_ip = true
max_num_inbound_peers = 256
flush_throttle_timeout = "5ms"
send_rate = 51200000
recv_rate = 51200000

[mempool]
recheck = false
size = ${MEMPOOL_TRANSACTIONS_MAX}
max_txs_bytes = ${MEMPOOL_BYTES_MAX}
cache_size = ${2 * MEMPOOL_TRANSACTIONS_MAX}

[consensus]
timeout_propose = "1s"
timeout_commit = "0s"
skip_timeout_commit = true
create_empty_blocks = false
create_empty_blocks_interval = "${emptyBlockIntervalMs}ms"
peer_gossip_sleep_duration = "5ms"
double_sign_check_height = 0

[storage]
discard_abci_responses = true

[tx_index]
indexer = "null"

[instrumentation]
prometheus = true
prometheus_listen_addr = "${address}:${PORTS.engineMetrics}"
${stateSync}`;
}
