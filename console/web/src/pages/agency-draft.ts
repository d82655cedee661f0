import type { NewAgency, NewInvitation } from '@civitas/console-contract';

/** What the onboarding wizard is filled with, as text fields hold it. */
export interface AgencyDraft {
  readonly name: string;
  readonly zh: string;
  readonly en: string;
  readonly approvalPolicy: string;
  /** Each as `network` or `network:role,role`. */
  readonly memberships: readonly string[];
  readonly pods: string;
  readonly ownerEmail: string;
  readonly ownerFirstName: string;
  readonly ownerLastName: string;
}

export const FIRST_AGENCY_DRAFT: AgencyDraft = {
  name: '',
  zh: '',
  en: '',
  approvalPolicy: 'manual',
  memberships: [],
  pods: '',
  ownerEmail: '',
  ownerFirstName: '',
  ownerLastName: '',
};

/** RFC 1123 label, as Kubernetes takes it. */
export function isName(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text);
}

export function isEmail(text: string): boolean {
  return /^[^@\s]+@[^@\s]+$/.test(text) && text.length <= 254;
}

export function rolesIn(memberships: readonly string[], network: string): readonly string[] | undefined {
  const found = memberships.find((entry) => entry === network || entry.startsWith(`${network}:`));
  if (found === undefined) return undefined;
  return found
    .slice(network.length + 1)
    .split(',')
    .filter((role) => role !== '');
}

/** The memberships with those of one network set; undefined takes it out. */
export function withRoles(memberships: readonly string[], network: string, roles: readonly string[] | undefined): readonly string[] {
  const others = memberships.filter((entry) => entry !== network && !entry.startsWith(`${network}:`));
  if (roles === undefined) return others;
  return [...others, roles.length === 0 ? network : `${network}:${roles.join(',')}`].sort();
}

export function agencyOf(draft: AgencyDraft): NewAgency {
  const memberships = draft.memberships.map((entry) => {
    const network = entry.split(':')[0] ?? '';
    return { network, roles: [...(rolesIn(draft.memberships, network) ?? [])] };
  });
  return {
    name: draft.name,
    displayName: { zh: draft.zh, en: draft.en },
    approvalPolicy: draft.approvalPolicy === 'auto' ? 'auto' : 'manual',
    memberships,
    ...(draft.pods === '' ? {} : { quotas: { pods: Number(draft.pods) } }),
  };
}

/** The invitation of the agency's first owner; undefined when none is asked for. */
export function ownerInvitationOf(draft: AgencyDraft): NewInvitation | undefined {
  if (draft.ownerEmail === '') return undefined;
  return { email: draft.ownerEmail, firstName: draft.ownerFirstName, lastName: draft.ownerLastName, roles: ['owner'] };
}

export function isOwnerComplete(draft: AgencyDraft): boolean {
  return draft.ownerEmail === '' || (isEmail(draft.ownerEmail) && draft.ownerFirstName.trim() !== '' && draft.ownerLastName.trim() !== '');
}
