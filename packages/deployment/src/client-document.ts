/**
 * `<network>.json` of the ConfigMap `client-<name>` in an agency's namespace, beside `<network>.crt` (leaf, then CA): all that a
 * credential profile needs to call a network, except its private keys. Written by the operator, read by the CLI.
 */
export interface ClientDocument {
  readonly schemaVersion: 1;
  /** Name of the LedgerNetwork, such as `health`. */
  readonly network: string;
  readonly chainId: string;
  /** SHA-256 of the genesis document, base64url. */
  readonly genesisHash: string;
  /** The genesis document itself, canonical JSON text: clients start their trust in headers from its validators. */
  readonly genesis: string;
  /** `host:port` of the network's gateway Service. */
  readonly grpc: string;
  /** `host:port` of the node that hosts the organisations' vaults: sealed calls go there, everything else to any node. */
  readonly vault: string;
  /** Organisation the certificate speaks for, and its roles on this network. */
  readonly organisation: string;
  readonly roles: readonly string[];
}
