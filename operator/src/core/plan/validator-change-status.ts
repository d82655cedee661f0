import type { ValidatorChangeStatus } from '../resources/validator-change.ts';
import { type Verdict, verdict } from './network-status.ts';
import { type ChangePlan, type ChangeReason, PHASES } from './validator-change-plan.ts';

const UNSAFE: readonly ChangeReason[] = ['QuorumWouldBreak', 'FewerThanFour', 'LastValidator', 'PowerStep'];
const UNAPPROVED: readonly ChangeReason[] = ['AwaitingPerson', 'AwaitingMembers', 'MembersRefused'];

/** Conditions of a change: whether it is complete, whether its steps keep a quorum, whether those who decide have agreed. */
export function changeVerdicts({ reason, message, steps }: ChangePlan): readonly Verdict[] {
  const fewest = steps.reduce((least, step) => Math.min(least, step.mayFailAfter), Number.MAX_SAFE_INTEGER);
  const isSafe = !UNSAFE.includes(reason);
  const survives = steps.length === 0 ? 'nothing is planned yet' : `after each step at least ${fewest} may fail`;
  const isAgreed = reason === 'Decided' || reason === 'Completed';
  const unapproved = UNAPPROVED.includes(reason) ? reason : 'NotDecided';
  return [
    verdict('Complete', reason === 'Completed', reason, message),
    verdict('QuorumSafe', isSafe, isSafe ? 'StepsKeepQuorum' : reason, isSafe ? survives : message),
    isAgreed
      ? verdict('Approved', true, 'ByMembers', 'the members of the ledger decided it')
      : verdict('Approved', false, unapproved, message),
  ];
}

export function changePhase(verdicts: readonly Verdict[]): string {
  const reason = verdicts.find(({ type }) => type === 'Complete')?.reason;
  return Object.entries(PHASES).find(([known]) => known === reason)?.[1] ?? 'Pending';
}

/** The status fields besides the conditions. */
export function changeFacts(
  { steps, reason }: ChangePlan,
  approvals: { readonly given: number; readonly needed: number } | undefined,
): Pick<ValidatorChangeStatus, 'progress' | 'steps' | 'approvals'> {
  const done = steps.filter(({ state }) => state === 'Done').length;
  return {
    progress: `${done}/${steps.length}`,
    ...(steps.length === 0 ? {} : { steps: [...steps] }),
    ...(reason === 'AwaitingMembers' && approvals !== undefined ? { approvals } : {}),
  };
}
