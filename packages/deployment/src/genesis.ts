import type { BackupIdentity } from './backup-config.ts';

/**
 * Birth certificate of a network: canonical JSON, written once by the operator from the public keys the nodes report
 * (trust.md, "Birth of a network"). Its SHA-256 over the canonical bytes is the genesis hash that every operation names.
 */
export interface Genesis {
  readonly schemaVersion: 1;
  readonly chainId: string;
  readonly genesisTimeUnixMs: number;
  readonly validators: readonly GenesisValidator[];
  readonly appState: GenesisAppState;
}

export interface GenesisValidator {
  /** Ed25519 consensus public key, base64url. */
  readonly publicKey: string;
  /** Always 10 (trust.md, "Power"). */
  readonly power: number;
  readonly node: string;
  readonly organisation: string;
}

export interface GenesisAppState {
  readonly city: string;
  readonly domain: string;
  /** The city network's client, pinned everywhere but on the city network itself, where it is null. */
  readonly cityClient: { readonly chainId: string; readonly genesisHash: string; readonly validators: readonly GenesisValidator[] } | null;
  readonly founders: readonly GenesisOrganisation[];
  /** Approvals a proposal needs: 1 … number of founders. */
  readonly approvalThreshold: number;
  /** `name@vN`, activated from height 1. */
  readonly contracts: readonly string[];
  readonly limits: { readonly operationsPerSecondPerOrganisation: number; readonly linkPacketsPerMinute: number };
  /** Protocol version that its first block is executed by, 2 … 1000; absent: 1, as every chain was born before versions stood here. */
  readonly protocolVersion?: number;
  /**
   * The state this chain is born with, where it is not an empty one: that of a backup of another chain, but for that chain's members,
   * validators, links and executed operations. Only whoever holds that backup can found the chain, and everyone sees where it comes from.
   */
  readonly origin?: BackupIdentity;
}

/** An organisation with its keys as the membership contract keeps it. */
export interface GenesisOrganisation {
  readonly name: string;
  readonly displayName: { readonly zh: string; readonly en: string };
  /** Roles the organisation may act in on this ledger: `platform`, `relay`, `member`, `custodian`, `reviewer` … */
  readonly roles: readonly string[];
  readonly keys: readonly MemberKey[];
  /** X25519 public key, base64url, or '' when the organisation runs no vault. */
  readonly hpkePublicKey: string;
  /** `auto`: its gateway approves every proposal by itself, and status says so. */
  readonly approvalPolicy: 'manual' | 'auto';
  readonly founder: boolean;
}

export interface MemberKey {
  /** Ed25519 public key, base64url; its key id is base64url(SHA-256(key)). */
  readonly publicKey: string;
  /** `operation` signs operations, `approver` co-signs as a person, `relay` may use only the five relay verbs. */
  readonly use: 'operation' | 'approver' | 'relay';
  /** Shown beside it: gateway, cli, auto-approver … */
  readonly label: string;
}
