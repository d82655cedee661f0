import type { NetworkAction } from '../../core/plan/network-action.ts';
import type { ActionContext } from './action-context.ts';
import { fetchIssued } from './optional-kinds.ts';
import { report } from './report.ts';

type RollAction = Extract<NetworkAction, { type: 'addAuthority' | 'advanceAuthority' | 'dropAuthority' }>;

/** One step of a roll-over of the network's authority; what it has come to stands on the authorities' own Secrets. */
export async function rollAuthority(scope: ActionContext, action: RollAction): Promise<boolean> {
  const { context, effective } = scope;
  if (!context.isLeader()) return false;
  const { authorities } = context;
  const nowUnixMs = context.clock.nowUnixMs();
  const { generation } = action;
  switch (action.type) {
    case 'addAuthority':
      return addAuthority(scope, action, nowUnixMs);
    case 'advanceAuthority':
      await authorities.advance(effective, { generation, phase: action.to, nowUnixMs });
      return action.to === 'Reissuing'
        ? report(scope, 'AuthorityIssues', `certificate authority ${generation} issues from now on; the one before is trusted still`)
        : report(scope, 'AuthorityDropping', `only certificate authority ${generation} is trusted from now on`);
    case 'dropAuthority':
      await authorities.drop(effective, action);
      return report(scope, 'AuthorityDropped', `certificate authority ${generation} and its key are deleted`);
  }
}

/** Where another one issues authorities, the next one is of it too: it is asked for, and taken up at a later look. */
async function addAuthority(
  scope: ActionContext,
  action: Extract<RollAction, { type: 'addAuthority' }>,
  nowUnixMs: number,
): Promise<boolean> {
  const { context, effective } = scope;
  const { generation } = action;
  const issued = effective.issuer === undefined ? undefined : await fetchIssued(scope, effective.issuer, generation);
  if (effective.issuer !== undefined && issued === undefined) return false;
  await context.authorities.add(effective, { ...action, nowUnixMs, ...(issued === undefined ? {} : { issued }) });
  return report(scope, 'AuthorityAdded', `certificate authority ${generation} is made, and trusted beside the one that issues`);
}
