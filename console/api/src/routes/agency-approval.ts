import type { ChangedApprovalPolicy } from '@civitas/console-contract';
import { audited } from '../audit/audited.ts';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { ProblemError } from '../http/problem-error.ts';
import { type Agency, agencies } from '../kube/kinds.ts';
import { agencyOf } from '../views/agency-view.ts';
import { differencesBetween } from '../views/differences.ts';
import { agencyFor } from './agencies.ts';
import { MANUAL_APPROVERS_MIN } from './limits.ts';
import { type PatchedAgency, patchAgency } from './patch-agency.ts';

const changedOf = ({ before, after }: PatchedAgency, dryRun: boolean): ChangedApprovalPolicy => ({
  dryRun,
  agency: agencyOf(after),
  differences: differencesBetween({ spec: before.spec }, { spec: after.spec }),
});

/** @throws ProblemError NOT_FOUND, APPROVERS_TOO_FEW where too few would be left for the approval policy. */
function withoutApprover({ approvers = [], approvalPolicy = 'manual' }: Agency['spec'], approver: string): Partial<Agency['spec']> {
  const left = approvers.filter(({ name }) => name !== approver);
  if (left.length === approvers.length) throw new ProblemError('NOT_FOUND', `the agency names no key ${approver}`);
  if (approvalPolicy === 'manual' && left.length < MANUAL_APPROVERS_MIN)
    throw new ProblemError('APPROVERS_TOO_FEW', `${left.length} would be left, a manual approval policy asks for ${MANUAL_APPROVERS_MIN}`);
  return { approvers: left };
}

/** Who approves for an agency: its gateway by itself, or persons, and with which keys. */
export function agencyApprovalHandlers(
  context: ConsoleContext,
): HandlersOf<'putAgencyApprover' | 'removeAgencyApprover' | 'putApprovalPolicy'> {
  return {
    putAgencyApprover: async ({ principal, params: { name: agency, approver }, body: { publicKey } }) => {
      await agencyFor(context, principal, agency);
      const facts = { approver, publicKey };
      const deed = { principal, action: 'putAgencyApprover', agency, resource: `Agency/${agency}`, facts };
      const { after } = await audited(context, deed, () =>
        patchAgency(context, { principal, name: agency }, ({ approvers = [] }) => ({
          approvers: [...approvers.filter(({ name }) => name !== approver), { name: approver, publicKey }],
        })),
      );
      return agencyOf(after);
    },
    removeAgencyApprover: async ({ principal, params: { name: agency, approver } }) => {
      await agencyFor(context, principal, agency);
      const { spec } = await context.acting.as(principal).get(agencies, { name: agency });
      const publicKey = spec.approvers?.find(({ name }) => name === approver)?.publicKey ?? '';
      const deed = { principal, action: 'removeAgencyApprover', agency, resource: `Agency/${agency}`, facts: { approver, publicKey } };
      await audited(context, deed, () => patchAgency(context, { principal, name: agency }, (now) => withoutApprover(now, approver)));
      return undefined;
    },
    putApprovalPolicy: async ({ principal, params: { name: agency }, query, body }) => {
      await agencyFor(context, principal, agency);
      const change = (dryRun: boolean) => patchAgency(context, { principal, name: agency, dryRun }, () => body);
      if (query.dryRun === true) return changedOf(await change(true), true);
      const deed = { principal, action: 'putApprovalPolicy', agency, resource: `Agency/${agency}`, facts: body };
      return changedOf(await audited(context, deed, () => change(false)), false);
    },
  };
}
