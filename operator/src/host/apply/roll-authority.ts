import type { NetworkAction } from '../../core/plan/network-action.ts';
import type { ActionContext } from './action-context.ts';
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
      await authorities.add(effective, { ...action, nowUnixMs });
      return report(scope, 'AuthorityAdded', `certificate authority ${generation} is made, and trusted beside the one that issues`);
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
