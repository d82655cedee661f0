/** Nodes of one network that a peers document may name. */
export const PEERS_MAX = 256;

/**
 * `peers.json` of the ConfigMap `<network>-peers`: every node of a network, the reader among them. Written by the operator from the
 * node ids that the nodes report, read by a node at each start: a newcomer dials those before it, so that they need not start again.
 */
export interface PeersDocument {
  readonly schemaVersion: 1;
  readonly peers: readonly PeerDocument[];
}

export interface PeerDocument {
  /** Name of the LedgerNode, such as `health-0`. */
  readonly node: string;
  /** First 20 bytes of SHA-256 of its p2p public key, hex: whoever answers elsewhere with another key is not taken for it. */
  readonly nodeId: string;
  /** Name or address at which its ports answer. */
  readonly host: string;
  readonly p2pPort: number;
  readonly grpcPort: number;
}
