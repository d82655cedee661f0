import type { Agency, AgencyStatus } from '../resources/agency.ts';
import { type Verdict, verdict } from './network-status.ts';

export type MembershipState = NonNullable<AgencyStatus['memberships']>[number];
export type ClientState = NonNullable<AgencyStatus['clients']>[number];

/** Conditions of an agency from where each of its memberships stands. */
export function agencyVerdicts(
  agency: Agency,
  memberships: readonly MembershipState[],
  clients: readonly ClientState[],
): readonly Verdict[] {
  const open = memberships.filter(({ state }) => state !== 'Enrolled');
  const waiting = open.map(({ network, message }) => `${network}: ${message ?? 'pending'}`).join('; ');
  const policy = agency.spec.approvalPolicy === 'auto' ? 'its gateway approves every proposal by itself' : 'persons approve';
  const refused = clients.filter(({ problem }) => problem !== undefined);
  return [
    open.length === 0
      ? verdict('Approved', true, 'ByFounders', `founders of its networks approved it; approval policy: ${policy}`)
      : verdict('Approved', false, 'WaitingForApproval', waiting),
    open.length === 0
      ? verdict('Enrolled', true, 'OnLedger', `${memberships.length} networks hold it with its keys`)
      : verdict('Enrolled', false, 'Pending', waiting),
    refused.length === 0
      ? verdict('ClientsCertified', true, 'Issued', `${clients.length} clients`)
      : verdict('ClientsCertified', false, 'RequestRefused', refused.map(({ name, problem }) => `${name}: ${problem}`).join('; ')),
    verdict(
      'IdentityReady',
      false,
      'IdentityNotInstalled',
      'no identity provider is installed; agencies act with certificates and keys alone',
    ),
  ];
}

export function agencyPhase(verdicts: readonly Verdict[]): string {
  return verdicts.some(({ type, status }) => type === 'Enrolled' && status === 'True') ? 'Enrolled' : 'Enrolling';
}
