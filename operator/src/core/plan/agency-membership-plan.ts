import type { JsonObject } from '@civitas/canon';
import type { AgencyMembershipObject } from '../resources/agency-membership.ts';
import type { ObservedProposal } from './observed-network.ts';

/** Why a membership stands where it does, with the phase that follows. */
export const MEMBERSHIP_PHASES = {
  AgencyMissing: 'Pending',
  NetworkMissing: 'Pending',
  NetworkSilent: 'Pending',
  Enrolling: 'Enrolling',
  Enrolled: 'Enrolled',
  EndProposed: 'Enrolled',
  HasValidators: 'Leaving',
  AlsoInAgency: 'Leaving',
  Leaving: 'Leaving',
  EndRefused: 'Leaving',
  NeverEnrolled: 'Removed',
  Removed: 'Removed',
} as const;

export type MembershipReason = keyof typeof MEMBERSHIP_PHASES;

export interface ObservedMembership {
  readonly membership: AgencyMembershipObject;
  readonly isEnding: boolean;
  readonly hasAgency: boolean;
  readonly hasNetwork: boolean;
  /** The Agency's own list names the network too. */
  readonly isNamedByAgency: boolean;
  /** What the ledger says of the organisation; undefined while it cannot be asked. */
  readonly onLedger: 'absent' | 'enrolled' | 'removed' | undefined;
  /** How far the enrolment is, in words; undefined when nothing is known. */
  readonly enrolment: string | undefined;
  /** Validators of the ledger that the organisation runs. */
  readonly validators: readonly string[];
  /** The proposal to end it that the status names. */
  readonly proposal: ObservedProposal | undefined;
  readonly approvalThreshold: number;
}

/** At most one thing to be done. */
export type MembershipAction =
  /** An id is written into the status before anything is proposed. */
  | { readonly type: 'recordProposal'; readonly change: JsonObject }
  | { readonly type: 'propose'; readonly id: string; readonly change: JsonObject };

export interface MembershipPlan {
  readonly reason: MembershipReason;
  readonly message: string;
  readonly action: MembershipAction | undefined;
  /** Nothing keeps a deleted object any more. */
  readonly isReleased: boolean;
}

const IRREVERSIBLE = 'its keys are revoked for ever: to come back it is enrolled anew, with new keys, by the members';

/** What is to be done for a membership now. Enrolling is the membership controller's work; here it is looked at, and ended. */
export function planMembershipObject(input: ObservedMembership): MembershipPlan {
  const { membership, isEnding, onLedger, enrolment } = input;
  const { agencyRef, networkRef } = membership.spec;
  const at = (reason: MembershipReason, message: string, action?: MembershipAction): MembershipPlan => ({
    ...{ reason, message, action },
    isReleased: RELEASING.includes(reason) && isEnding,
  });
  if (!input.hasNetwork) return at('NetworkMissing', `there is no LedgerNetwork ${networkRef} here`);
  if (isEnding) return planEnd(input, at);
  if (!input.hasAgency) return at('AgencyMissing', `there is no Agency ${agencyRef}`);
  if (onLedger === undefined) return at('NetworkSilent', `the ledger of ${networkRef} cannot be asked now`);
  if (onLedger !== 'enrolled') return at('Enrolling', enrolment ?? 'it is being proposed to the members');
  if (input.proposal?.status === 'open')
    return at(
      'EndProposed',
      `${endText(input)}. Its end was taken back: nothing more is proposed, and should they approve this one it holds`,
    );
  return at('Enrolled', `${networkRef} holds ${agencyRef} with its keys and roles`);
}

const RELEASING: readonly MembershipReason[] = ['NetworkMissing', 'AlsoInAgency', 'NeverEnrolled', 'Removed'];

function planEnd(
  input: ObservedMembership,
  at: (reason: MembershipReason, message: string, action?: MembershipAction) => MembershipPlan,
): MembershipPlan {
  const { membership, onLedger, validators, proposal } = input;
  const { agencyRef, networkRef } = membership.spec;
  const id = membership.status?.proposal;
  if (input.isNamedByAgency)
    return at('AlsoInAgency', `Agency ${agencyRef} names ${networkRef} in its own memberships: take it out there first`);
  if (onLedger === undefined) return at('NetworkSilent', `the ledger of ${networkRef} cannot be asked now`);
  if (onLedger === 'absent') return at('NeverEnrolled', `${networkRef} never held ${agencyRef}`);
  if (onLedger === 'removed') return at('Removed', `${networkRef} holds ${agencyRef} no more; ${IRREVERSIBLE}`);
  if (validators.length > 0) {
    const message = `${agencyRef} runs ${validators.join(', ')}: a ValidatorChange removes validators first, an organisation leaves after them`;
    return at('HasValidators', message);
  }
  const change = { kind: 'removeOrganisation', organisation: agencyRef };
  if (id === undefined) return at('Leaving', 'its end is being proposed', { type: 'recordProposal', change });
  if (proposal === undefined) return at('NetworkSilent', `the ledger of ${networkRef} cannot be asked about proposal ${id}`);
  switch (proposal.status) {
    case 'absent':
      return at('Leaving', 'its end is being proposed', { type: 'propose', id, change });
    case 'open':
      return at('Leaving', `${endText(input)}; until then it can be taken back with ended: false, after that ${IRREVERSIBLE}`);
    case 'applied':
    case 'over':
      // Removed once and enrolled again since, or never decided: what was proposed then does not bring this end about.
      return at('Leaving', 'its end is being proposed anew', { type: 'recordProposal', change });
    case 'failed':
      return at(
        'EndRefused',
        `proposal ${id} could not be carried out: ${proposal.failure}. Take ended back and set it again to propose it anew`,
      );
  }
}

function endText({ membership, proposal, approvalThreshold }: ObservedMembership): string {
  return `proposal ${membership.status?.proposal ?? ''} has ${proposal?.approvals ?? 0} of ${approvalThreshold} approvals of founders`;
}
