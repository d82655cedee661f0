import { type Bytes, base64urlDecode, invariant, type JsonObject } from '@civitas/canon';
import type { GenesisOrganisation } from '@civitas/deployment';
import { recordKey } from '../state/keys.ts';
import type { RecordSource } from '../state/records.ts';

export const MEMBERS = 'network.members';
export const SETTINGS_KEY = `${MEMBERS}/settings/network`;
export const ORGANISATIONS_PREFIX = `${MEMBERS}/organisations/`;
export const KEYS_PREFIX = `${MEMBERS}/keys/`;
export const PROPOSALS_PREFIX = `${MEMBERS}/proposals/`;

export const INSTALLED_PREFIX = `${MEMBERS}/contracts/`;

export const organisationKey = (name: string): string => recordKey(MEMBERS, 'organisations', name);
export const memberKeyKey = (keyId: string): string => recordKey(MEMBERS, 'keys', keyId);
export const proposalKey = (id: string): string => recordKey(MEMBERS, 'proposals', id);

export const installedContractKey = (name: string): string => recordKey(MEMBERS, 'contracts', name);
export const packKey = (name: string): string => recordKey(MEMBERS, 'packs', name);

/** `network.members/organisations/<name>`. */
export type OrganisationRecord = {
  readonly name: string;
  readonly displayName: { readonly zh: string; readonly en: string };
  readonly roles: readonly string[];
  readonly hpkePublicKey: string;
  readonly approvalPolicy: 'manual' | 'auto';
  readonly founder: boolean;
  readonly status: 'enrolled' | 'removed';
};

/** `network.members/keys/<key id>`; never deleted, so that a key id means one key for ever. */
export type KeyRecord = {
  readonly publicKey: string;
  readonly use: 'operation' | 'approver' | 'relay';
  readonly label: string;
  readonly organisation: string;
  readonly status: 'active' | 'revoked';
};

/** `network.members/proposals/<id>`. */
export type ProposalRecord = {
  readonly id: string;
  readonly change: JsonObject;
  readonly proposer: string;
  /** Founders that approved, in order. */
  readonly approvals: readonly string[];
  readonly status: 'open' | 'applied' | 'failed' | 'withdrawn';
  /** Why it could not be applied when it had its approvals; '' otherwise. */
  readonly failure: string;
  readonly proposedAtUnixMs: number;
};

/** `network.members/contracts/<name>`: a contract that members took up after the birth of their ledger. */
export type InstalledContract = {
  /** `name@vN`. */
  readonly contract: string;
  readonly pack: string;
  /** First block in which it is called. */
  readonly sinceHeight: number;
};

/** `network.members/packs/<name>`: the pack of that name that was installed last. */
export type InstalledPack = {
  readonly name: string;
  readonly version: string;
  readonly contracts: readonly string[];
  /** Public key that signed it, base64url. */
  readonly publisher: string;
  readonly sinceHeight: number;
};

/** `network.members/settings/network`. */
export type SettingsRecord = {
  readonly approvalThreshold: number;
  /** Chain id of the city network whose registry this ledger believes; '' on the city network itself. */
  readonly cityChainId: string;
  readonly contracts: readonly string[];
  readonly limits: { readonly operationsPerSecondPerOrganisation: number; readonly linkPacketsPerMinute: number };
};

// The casts below hold because records under this prefix are written by this module and genesis alone.

export function findOrganisation(records: RecordSource, name: string): OrganisationRecord | undefined {
  return records.get(organisationKey(name)) as OrganisationRecord | undefined;
}

export function findKey(records: RecordSource, keyId: string): KeyRecord | undefined {
  return records.get(memberKeyKey(keyId)) as KeyRecord | undefined;
}

// The same record is handed out while it stays as it is, and each operation asks for its key.
const publicKeys = new WeakMap<KeyRecord, Bytes>();

/** The public key of an enrolled key, 32 bytes. */
export function publicKeyOf(key: KeyRecord): Bytes {
  const known = publicKeys.get(key);
  if (known !== undefined) return known;
  const publicKey = base64urlDecode(key.publicKey);
  invariant(publicKey !== undefined, 'an enrolled key is not base64url');
  publicKeys.set(key, publicKey);
  return publicKey;
}

export function findProposal(records: RecordSource, id: string): ProposalRecord | undefined {
  return records.get(proposalKey(id)) as ProposalRecord | undefined;
}

export function findInstalledContract(records: Pick<RecordSource, 'get'>, name: string): InstalledContract | undefined {
  return records.get(installedContractKey(name)) as InstalledContract | undefined;
}

export function installedContractsOf(records: RecordSource): InstalledContract[] {
  return [...recordsBelow(records, INSTALLED_PREFIX)].map((record) => record as InstalledContract);
}

export function settingsOf(records: RecordSource): SettingsRecord {
  const settings = records.get(SETTINGS_KEY) as SettingsRecord | undefined;
  invariant(settings !== undefined, 'state has no network settings: genesis was not applied');
  return settings;
}

/** Every record below a prefix, in pages of 256. */
export function* recordsBelow(records: RecordSource, prefix: string): Generator<JsonObject> {
  let after: string | undefined;
  for (;;) {
    const page = records.scan({ prefix, limit: 256, ...(after === undefined ? {} : { after }) });
    for (const { record } of page) yield record;
    after = page.at(-1)?.key;
    if (page.length < 256 || after === undefined) return;
  }
}

export function organisationsOf(records: RecordSource): OrganisationRecord[] {
  return [...recordsBelow(records, ORGANISATIONS_PREFIX)].map((record) => record as OrganisationRecord);
}

export function keysOf(records: RecordSource): KeyRecord[] {
  return [...recordsBelow(records, KEYS_PREFIX)].map((record) => record as KeyRecord);
}

export function proposalsOf(records: RecordSource): ProposalRecord[] {
  return [...recordsBelow(records, PROPOSALS_PREFIX)].map((record) => record as ProposalRecord);
}

/** The organisation as genesis and the LedgerHost show it, keys that still hold included. */
export function organisationView(organisation: OrganisationRecord, keys: readonly KeyRecord[]): GenesisOrganisation {
  const { status: _, ...rest } = organisation;
  const own = keys.filter((key) => key.organisation === organisation.name && key.status === 'active');
  return { ...rest, keys: own.map(({ publicKey, use, label }) => ({ publicKey, use, label })) };
}
