import { base64urlDecode, base64urlEncode, canonicalString, type JsonObject, type Sha256, utf8Encode } from '@civitas/canon';
import type { GenesisOrganisation } from '@civitas/deployment';

/** An organisation as a ledger holds it now. */
export interface OnLedgerOrganisation {
  readonly roles: readonly string[];
  readonly hpkePublicKey: string;
  readonly status: string;
  /** Public keys among the wanted ones that the ledger knows, by whether they still hold. */
  readonly keys: Readonly<Record<string, 'active' | 'revoked'>>;
}

/** Change of network.members@v1 that members are to approve. */
export type MembershipChange = JsonObject & { readonly kind: string };

/**
 * The one change to propose next so that a ledger comes to hold an organisation as its Agency says; undefined when it does.
 * Nothing is ever taken away here: removal is a decision of its own.
 */
export function planMembership(wanted: GenesisOrganisation, current: OnLedgerOrganisation | undefined): MembershipChange | undefined {
  if (current === undefined || current.status !== 'enrolled') return { kind: 'enrolOrganisation', organisation: enrolmentOf(wanted) };
  const missing = wanted.keys.filter((key) => current.keys[key.publicKey] === undefined);
  if (missing.length > 0)
    return { kind: 'addKeys', organisation: wanted.name, keys: missing.map(({ publicKey, use, label }) => ({ publicKey, use, label })) };
  const roles = wanted.roles.filter((role) => role !== 'member');
  if (roles.some((role) => !current.roles.includes(role))) {
    return {
      kind: 'setRoles',
      organisation: wanted.name,
      roles: [...new Set([...current.roles.filter((role) => role !== 'member'), ...roles])],
    };
  }
  if (wanted.hpkePublicKey !== '' && wanted.hpkePublicKey !== current.hpkePublicKey) {
    return { kind: 'setHpkeKey', organisation: wanted.name, hpkePublicKey: wanted.hpkePublicKey };
  }
  return undefined;
}

function enrolmentOf({ name, displayName, roles, keys, hpkePublicKey, approvalPolicy }: GenesisOrganisation): JsonObject {
  return {
    name,
    displayName: { zh: displayName.zh, en: displayName.en },
    roles: [...roles],
    keys: keys.map(({ publicKey, use, label }) => ({ publicKey, use, label })),
    hpkePublicKey,
    approvalPolicy,
  };
}

/** Proposal id that follows from what is proposed: after a crash the same change is found rather than proposed twice. */
export function proposalId(change: JsonObject, attempt: number, sha256: Sha256): string {
  return `${base64urlEncode(sha256(utf8Encode(canonicalString(change)))).slice(0, 22)}-${attempt}`;
}

/** Key id as membership has it: base64url of SHA-256 of the raw key. */
export function memberKeyId(publicKey: string, sha256: Sha256): string {
  return base64urlEncode(sha256(base64urlDecode(publicKey) ?? new Uint8Array(0)));
}
