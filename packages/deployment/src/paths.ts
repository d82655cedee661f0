/**
 * Where a pod of ours finds what the operator mounts. Absolute inside the pod; on the process kubelet every path is below
 * the folder that the environment variable CIVITAS_ROOT names.
 */
export const PATHS = {
  /** ConfigMap with `config.json` (NodeConfig or RelayConfig). */
  config: '/etc/civitas/config/config.json',
  /** Optional ConfigMap with `genesis.json`; appears once the operator has collected the keys. */
  genesis: '/etc/civitas/genesis/genesis.json',
  /**
   * Secret of type kubernetes.io/tls: `tls.crt` (leaf, then CA), `tls.key`, `ca.crt`. A relay has one folder a
   * network below, by the network's name, and `admin` for its own admin listener: that one is issued by the city's authority for
   * `spiffe.relay(city)`, and the listener accepts `spiffe.operator(city)`.
   */
  tls: '/etc/civitas/tls',
  /** Optional ConfigMap with `peers.json` (PeersDocument); a node of a network with several validators waits for it. */
  peers: '/etc/civitas/peers/peers.json',
  /** Volume with keys, blocks, state and vaults. */
  data: '/var/lib/civitas',
  /** Volume that backups are written to or read from. */
  backups: '/var/lib/civitas-backups',
  /** Secret with `accessKeyId`, `secretAccessKey`, optional `sessionToken` and `ca.crt` of an S3 server. */
  backupCredentials: '/etc/civitas/backup-credentials',
  /** Room of a backup's trial restore; gone with the pod. */
  scratch: '/var/lib/civitas-scratch',
  /** Where the kubelet looks for a container's last words. */
  termination: '/dev/termination-log',
} as const;

/**
 * Ports of every pod of ours, on the pod's own address; the last three are the engine's, on a pod that has one; `signer` is dialled
 * by a signer of its own that holds the consensus key, where there is one.
 */
export const PORTS = { grpc: 7070, admin: 7071, metrics: 9464, p2p: 26656, engineMetrics: 26660, signer: 26659 } as const;
