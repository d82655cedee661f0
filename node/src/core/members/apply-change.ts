import { base64urlDecode, hexEncode, isSoundPublicKey, keyIdOf } from '@civitas/canon';
import { done, type Outcome, refused } from '@civitas/contracts';
import { addressOf } from '@civitas/proofs';
import type { Execution } from '../ledger/execution.ts';
import { rulesAt } from '../protocol/rules.ts';
import { findValidator, validatorsOf } from '../validators/records.ts';
import type { MembershipChange } from './change.ts';
import { KEYS_PER_ORGANISATION_MAX, ORGANISATIONS_MAX } from './limits.ts';
import {
  findKey,
  findOrganisation,
  keysOf,
  memberKeyKey,
  type OrganisationRecord,
  organisationKey,
  organisationsOf,
  settingsOf,
} from './records.ts';

// Genesis alone gives these; a member that could grant them could speak for the platform or for the relay.
const RESERVED_ROLES: ReadonlySet<string> = new Set(['platform', 'relay']);

type NewKey = Extract<MembershipChange, { kind: 'addKeys' }>['keys'][number];

function checkRoles(roles: readonly string[]): Outcome {
  const reserved = roles.find((role) => RESERVED_ROLES.has(role));
  return reserved === undefined ? done() : refused('NOT_AUTHORISED', { reason: 'reserved-role', role: reserved });
}

function addKeys(execution: Execution, organisation: string, keys: readonly NewKey[]): Outcome {
  const held = keysOf(execution.records).filter((key) => key.organisation === organisation && key.status === 'active').length;
  if (held + keys.length > KEYS_PER_ORGANISATION_MAX) return refused('LIMIT', { limit: 'keys', keysMax: KEYS_PER_ORGANISATION_MAX });
  for (const key of keys) {
    const publicKey = base64urlDecode(key.publicKey);
    if (publicKey === undefined || !isSoundPublicKey(publicKey)) return refused('MALFORMED', { field: 'publicKey', label: key.label });
    const keyId = keyIdOf(execution.ledger.crypto.sha256, publicKey);
    const known = findKey(execution.records, keyId);
    if (known !== undefined && (known.organisation !== organisation || known.status === 'revoked' || known.use !== key.use)) {
      return refused('DUPLICATE', { keyId, organisation: known.organisation, status: known.status });
    }
    const validator = findValidator(execution.records, hexEncode(addressOf(execution.ledger.crypto.sha256, publicKey)));
    // A key that signs blocks must sign no operations: whoever holds one would hold both.
    if (validator !== undefined) return refused('DUPLICATE', { keyId, node: validator.node });
    execution.put(memberKeyKey(keyId), { ...key, organisation, status: 'active' });
  }
  return done();
}

function enrol(execution: Execution, given: Extract<MembershipChange, { kind: 'enrolOrganisation' }>['organisation']): Outcome {
  const { keys, ...organisation } = given;
  const roles = checkRoles(organisation.roles);
  if (!roles.ok) return roles;
  const known = findOrganisation(execution.records, organisation.name);
  if (known?.status === 'enrolled') return refused('DUPLICATE', { organisation: organisation.name });
  if (organisationsOf(execution.records).length >= ORGANISATIONS_MAX)
    return refused('LIMIT', { limit: 'organisations', organisationsMax: ORGANISATIONS_MAX });
  const withMember = organisation.roles.includes('member') ? organisation.roles : ['member', ...organisation.roles];
  const record: OrganisationRecord = { ...organisation, roles: withMember, founder: false, status: 'enrolled' };
  execution.put(organisationKey(record.name), record);
  return addKeys(execution, record.name, keys);
}

function changeOrganisation(
  execution: Execution,
  name: string,
  change: (record: OrganisationRecord) => OrganisationRecord | Outcome,
): Outcome {
  const record = findOrganisation(execution.records, name);
  if (record === undefined || record.status !== 'enrolled') return refused('STATE', { reason: 'absent', organisation: name });
  const changed = change(record);
  if ('ok' in changed) return changed;
  execution.put(organisationKey(name), changed);
  return done();
}

function setRoles(execution: Execution, name: string, roles: readonly string[]): Outcome {
  const allowed = checkRoles(roles);
  if (!allowed.ok) return allowed;
  return changeOrganisation(execution, name, (record) => {
    const kept = record.roles.filter((role) => RESERVED_ROLES.has(role));
    return { ...record, roles: [...new Set([...kept, 'member', ...roles])] };
  });
}

/** Founders that could approve a change: an operation of theirs carries it, and one of their approvers co-signs it. */
function ableFounders({ records }: Execution): number {
  const uses = new Map<string, Set<string>>();
  for (const { organisation, use, status } of keysOf(records)) {
    if (status !== 'active') continue;
    uses.set(organisation, (uses.get(organisation) ?? new Set()).add(use));
  }
  return organisationsOf(records).filter(
    ({ name, founder, status, roles }) =>
      founder &&
      status === 'enrolled' &&
      !roles.includes('platform') &&
      uses.get(name)?.has('operation') &&
      uses.get(name)?.has('approver'),
  ).length;
}

/** Refuses what leaves fewer founders able to approve than it takes: nothing could be decided any more, not even to mend that. */
function governably(execution: Execution, change: () => Outcome): Outcome {
  if (!rulesAt(execution.records, execution.block.height).staysGovernable) return change();
  const before = ableFounders(execution);
  const changed = change();
  const [able, needed] = [ableFounders(execution), settingsOf(execution.records).approvalThreshold];
  if (!changed.ok || able >= needed || able >= before) return changed;
  return refused('RULE_UNMET', { reason: 'threshold', founders: able, approvalThreshold: needed });
}

function removeOrganisation(execution: Execution, name: string): Outcome {
  const nodes = validatorsOf(execution.records).filter(({ organisation, status }) => organisation === name && status === 'active');
  if (nodes.length > 0)
    return refused('RULE_UNMET', { reason: 'has-validators', organisation: name, nodes: nodes.map(({ node }) => node) });
  const removed = changeOrganisation(execution, name, (record) => {
    const founders = organisationsOf(execution.records).filter((other) => other.founder && other.status === 'enrolled').length;
    const needed = settingsOf(execution.records).approvalThreshold;
    // Below the threshold nobody could decide anything any more.
    if (record.founder && founders - 1 < needed) return refused('RULE_UNMET', { reason: 'threshold', founders, approvalThreshold: needed });
    return { ...record, status: 'removed' };
  });
  if (!removed.ok) return removed;
  for (const key of keysOf(execution.records)) {
    if (key.organisation === name && key.status === 'active') revoke(execution, key.publicKey);
  }
  return done();
}

function revoke(execution: Execution, publicKeyText: string): void {
  const publicKey = base64urlDecode(publicKeyText);
  const keyId = keyIdOf(execution.ledger.crypto.sha256, publicKey ?? new Uint8Array(0));
  const key = findKey(execution.records, keyId);
  if (key !== undefined) execution.put(memberKeyKey(keyId), { ...key, status: 'revoked' });
}

function revokeKey(execution: Execution, keyId: string): Outcome {
  const key = findKey(execution.records, keyId);
  if (key === undefined || key.status === 'revoked') return refused('STATE', { reason: 'absent', keyId });
  execution.put(memberKeyKey(keyId), { ...key, status: 'revoked' });
  return done();
}

/** Applies a decided change of membership; refuses where the records no longer allow it. */
export function applyMembershipChange(execution: Execution, change: MembershipChange): Outcome {
  switch (change.kind) {
    case 'enrolOrganisation':
      return enrol(execution, change.organisation);
    case 'addKeys': {
      const target = findOrganisation(execution.records, change.organisation);
      if (target?.status !== 'enrolled') return refused('STATE', { reason: 'absent', organisation: change.organisation });
      return addKeys(execution, change.organisation, change.keys);
    }
    case 'revokeKey':
      return governably(execution, () => revokeKey(execution, change.keyId));
    case 'setRoles':
      return setRoles(execution, change.organisation, change.roles);
    case 'setHpkeKey':
      return changeOrganisation(execution, change.organisation, (record) => ({ ...record, hpkePublicKey: change.hpkePublicKey }));
    case 'removeOrganisation':
      return governably(execution, () => removeOrganisation(execution, change.organisation));
  }
}
