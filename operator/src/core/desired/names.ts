import type { ObjectMeta } from '../resources/object.ts';

/** Namespace of the operator itself: authorities, genesis records and the platform's key live here and nowhere else. */
export const SYSTEM_NAMESPACE = 'civitas-system';
export const NODE_IMAGE = 'civitas.dev/node';
export const RELAY_POD = 'relay-0';
export const PLATFORM_KEY_SECRET = 'platform-key';
export const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'civitas-operator' } as const;
export const MANAGED_SELECTOR = 'app.kubernetes.io/managed-by=civitas-operator';

export const LABELS = {
  network: 'civitas.dev/network',
  node: 'civitas.dev/node',
  role: 'civitas.dev/role',
  agency: 'civitas.dev/agency',
  /** On a backup's pods, in place of `network`: they are nobody's gateway. */
  backup: 'civitas.dev/backup',
  /** On a LedgerBackup: the schedule that made it. */
  schedule: 'civitas.dev/schedule',
  /** On a LedgerNetwork: uid of the LedgerRestore that made it. */
  restore: 'civitas.dev/restore',
  /** Set by whoever makes the namespace: without it the operator does not act there. */
  workspace: 'civitas.dev/workspace',
} as const;

export const ANNOTATIONS = {
  configHash: 'civitas.dev/config-hash',
  /** On the genesis record: the engine that orders the chain's operations now. Without it: embedded. */
  engine: 'civitas.dev/engine',
  renewAt: 'civitas.dev/renew-at',
  notAfter: 'civitas.dev/not-after',
  subject: 'civitas.dev/subject',
  /** On a certificate's Secret: what the node is to report once it has taken it up, when and by whom it was issued, whom it trusts. */
  setHash: 'civitas.dev/set-hash',
  issuedAt: 'civitas.dev/issued-at',
  issuer: 'civitas.dev/issuer',
  issuerHash: 'civitas.dev/issuer-hash',
  trusted: 'civitas.dev/trusted',
  dnsNames: 'civitas.dev/dns-names',
  /** On an authority's Secret: where its roll-over stands, since when, for which operation, how long both are trusted. */
  phase: 'civitas.dev/roll-over',
  since: 'civitas.dev/roll-over-since',
  overlapSeconds: 'civitas.dev/roll-over-overlap-seconds',
  operation: 'civitas.dev/operation',
  /** On a pod: image and rebuild that were asked for. */
  image: 'civitas.dev/image',
  rebuild: 'civitas.dev/rebuild',
  /** On a pod: changed to have its kubelet look at its mounted files at once. */
  mountRefresh: 'civitas.dev/mount-refresh',
  /** On a VolumeSnapshot: the consensus key lies in it, `true` or `false`. */
  holdsKey: 'civitas.dev/holds-consensus-key',
  /** On what is applied: digest of what was applied last. */
  applied: 'civitas.dev/applied',
} as const;

/** Holds a deleted network until its links are drained and its pods are gone. */
export const NETWORK_FINALIZER = 'civitas.dev/drain-links';
/** Holds a deleted link until nothing of it is in flight. */
export const LINK_FINALIZER = 'civitas.dev/drain';

/** Holds a deleted LedgerBackup until its files are gone, where its deletionPolicy says so. */
export const BACKUP_FINALIZER = 'civitas.dev/backup-files';

export interface NetworkName {
  readonly namespace: string;
  readonly name: string;
}

export function networkNameOf(metadata: Pick<ObjectMeta, 'name' | 'namespace'>): NetworkName {
  return { namespace: metadata.namespace ?? 'default', name: metadata.name };
}

/** Secret of the network's certificate authority, in the operator's namespace. */
export const authorityName = ({ namespace, name }: NetworkName): string => `ca.${namespace}.${name}`;
/** The authority's Secret of a generation; the first one carries no number. */
export const authorityGenerationName = (network: NetworkName, generation: number): string =>
  generation === 1 ? authorityName(network) : `${authorityName(network)}.${generation}`;
/** ConfigMap with the genesis as it was first written, in the operator's namespace; it outlives the LedgerNetwork. */
export const genesisRecordName = ({ namespace, name }: NetworkName): string => `genesis.${namespace}.${name}`;
/** The node that hosts the organisations' vaults, sealed calls and automatic approvers; they are on one volume, so on one node. */
export const VAULT_ORDINAL = 0;
export const nodeName = (network: string, ordinal: number): string => `${network}-${ordinal}`;
export const nodeConfigName = (node: string): string => `${node}-config`;
export const nodeTlsName = (node: string): string => `${node}-tls`;
export const nodeDataName = (node: string): string => `${node}-data`;
export const genesisName = (network: string): string => `${network}-genesis`;
export const peersName = (network: string): string => `${network}-peers`;
export const budgetName = (network: string): string => `${network}-validators`;
export const networkPolicyName = (network: string): string => `${network}-nodes`;
export const gatewayName = (network: string): string => `${network}-gateway`;
export const relayTlsName = (network: string): string => `${RELAY_POD}-${network}-tls`;
export const backupTlsName = (network: string): string => `${network}-backup-tls`;
export const agencyNamespace = (agency: string): string => `agency-${agency}`;
export const clientConfigName = (client: string): string => `client-${client}`;
