import type { Agency, AgencyStatus } from '../resources/agency.ts';
import { type AgencyIdentity, identityVerdict } from './agency-identity.ts';
import { type Verdict, verdict } from './network-status.ts';

export type MembershipState = NonNullable<AgencyStatus['memberships']>[number];
export type ClientState = NonNullable<AgencyStatus['clients']>[number];

/** Where the memberships and the clients of an agency stand. */
export interface AgencyProgress {
  readonly memberships: readonly MembershipState[];
  readonly clients: readonly ClientState[];
  /** Networks of its memberships that do not exist. */
  readonly unknownNetworks: readonly string[];
  /** What its namespace has used up, such as `pods 4 of 4`. */
  readonly usedUp?: readonly string[];
  /** Where it stands with the identity provider; undefined before that was asked. */
  readonly identity?: AgencyIdentity | undefined;
}

/** Quantities that are counted whole, as quotas of ours are. */
export function usedUpOf(
  status: { readonly hard?: Readonly<Record<string, string>>; readonly used?: Readonly<Record<string, string>> } | undefined,
): readonly string[] {
  return Object.entries(status?.hard ?? {}).flatMap(([what, hard]) => {
    const used = status?.used?.[what] ?? '0';
    return Number(used) >= Number(hard) ? [`${what} ${used} of ${hard}`] : [];
  });
}

/** Conditions of an agency from where each of its memberships stands. */
export function agencyVerdicts(
  agency: Agency,
  { memberships, clients, unknownNetworks, usedUp = [], identity }: AgencyProgress,
): readonly Verdict[] {
  const open = memberships.filter(({ state }) => state !== 'Enrolled');
  const waiting = open.map(({ network, message }) => `${network}: ${message ?? 'pending'}`).join('; ');
  const policy = agency.spec.approvalPolicy === 'auto' ? 'its gateway approves every proposal by itself' : 'persons approve';
  const refused = clients.filter(({ problem }) => problem !== undefined);
  const isOnlyUnknown = open.length > 0 && open.every(({ network }) => unknownNetworks.includes(network));
  return [
    open.length === 0
      ? verdict('Approved', true, 'ByFounders', `founders of its networks approved it; approval policy: ${policy}`)
      : verdict('Approved', false, isOnlyUnknown ? 'NetworkUnknown' : 'WaitingForApproval', waiting),
    enrolment(memberships, waiting, unknownNetworks),
    refused.length === 0
      ? verdict('ClientsCertified', true, 'Issued', `${clients.length} clients`)
      : verdict('ClientsCertified', false, 'RequestRefused', refused.map(({ name, problem }) => `${name}: ${problem}`).join('; ')),
    usedUp.length === 0
      ? verdict('QuotaExceeded', false, 'RoomLeft', 'its namespace has room')
      : verdict(
          'QuotaExceeded',
          true,
          'QuotaUsedUp',
          `${usedUp.join(', ')} are used in its namespace: more are refused until quotas are raised`,
        ),
    identityVerdict(identity),
  ];
}

function enrolment(memberships: readonly MembershipState[], waiting: string, unknownNetworks: readonly string[]): Verdict {
  if (memberships.every(({ state }) => state === 'Enrolled'))
    return verdict('Enrolled', true, 'OnLedger', `${memberships.length} networks hold it with its keys`);
  return verdict('Enrolled', false, unknownNetworks.length > 0 ? 'NetworkUnknown' : 'Pending', waiting);
}

export function agencyPhase(verdicts: readonly Verdict[]): string {
  return verdicts.some(({ type, status }) => type === 'Enrolled' && status === 'True') ? 'Enrolled' : 'Enrolling';
}
