import type { ProtocolRules } from '../protocol/rules.ts';
import type { RecordSource } from '../state/records.ts';
import { findOrganisation, type ProposalRecord } from './records.ts';

/** Whether a proposal may still be approved. One that has run out stays on record as it is: nothing changes by time alone. */
export function isLive(
  { status, proposedAtUnixMs }: Pick<ProposalRecord, 'status' | 'proposedAtUnixMs'>,
  { proposalLifeMs }: Pick<ProtocolRules, 'proposalLifeMs'>,
  timeUnixMs: number,
): boolean {
  return status === 'open' && (proposalLifeMs === undefined || timeUnixMs < proposedAtUnixMs + proposalLifeMs);
}

/** Approvals that count towards the threshold now. */
export function countedApprovals(
  records: RecordSource,
  { approvals }: Pick<ProposalRecord, 'approvals'>,
  { countsStandingFoundersOnly }: Pick<ProtocolRules, 'countsStandingFoundersOnly'>,
): number {
  if (!countsStandingFoundersOnly) return approvals.length;
  return approvals.filter((name) => {
    const founder = findOrganisation(records, name);
    return founder?.founder === true && founder.status === 'enrolled';
  }).length;
}
