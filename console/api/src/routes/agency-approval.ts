import type { ChangedApprovalPolicy } from '@civitas/console-contract';
import { audited } from '../audit/audited.ts';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { agencyOf } from '../views/agency-view.ts';
import { differencesBetween } from '../views/differences.ts';
import { agencyFor } from './agencies.ts';
import { type PatchedAgency, patchAgency } from './patch-agency.ts';

const changedOf = ({ before, after }: PatchedAgency, dryRun: boolean): ChangedApprovalPolicy => ({
  dryRun,
  agency: agencyOf(after),
  differences: differencesBetween({ spec: before.spec }, { spec: after.spec }),
});

/** Who approves for an agency: its gateway by itself, or persons, and with which keys. */
export function agencyApprovalHandlers(context: ConsoleContext): HandlersOf<'putAgencyApprover' | 'putApprovalPolicy'> {
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
    putApprovalPolicy: async ({ principal, params: { name: agency }, query, body }) => {
      await agencyFor(context, principal, agency);
      const change = (dryRun: boolean) => patchAgency(context, { principal, name: agency, dryRun }, () => body);
      if (query.dryRun === true) return changedOf(await change(true), true);
      const deed = { principal, action: 'putApprovalPolicy', agency, resource: `Agency/${agency}`, facts: body };
      return changedOf(await audited(context, deed, () => change(false)), false);
    },
  };
}
