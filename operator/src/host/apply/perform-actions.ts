import { isApiError } from '@civitas/kube';
import type { NetworkAction } from '../../core/plan/network-action.ts';
import type { ActionContext } from './action-context.ts';
import { performNetworkAction } from './network-actions.ts';

/** What gives one node back what it lacks, and takes nothing from any other. */
const RESTORING: ReadonlySet<NetworkAction['type']> = new Set([
  ...(['createPod', 'refreshMounts', 'recordKeys', 'reserveKey', 'passReservation', 'grantSigning'] as const),
]);

export interface Performed {
  /** Something was written or called besides what is applied at each look. */
  readonly acted: boolean;
  /** The first that went wrong. */
  readonly failure: { readonly error: unknown } | undefined;
}

/**
 * Does the actions of a plan in their order. A node for which the API server refuses something keeps no other from what it lacks; but
 * nothing is taken from a chain in a pass in which something went wrong, and what depends on an object is not done without it.
 */
export async function performActions(scope: ActionContext, actions: readonly NetworkAction[]): Promise<Performed> {
  let acted = false;
  let failure: Performed['failure'];
  for (const action of actions) {
    const isRestoring = RESTORING.has(action.type);
    if (failure !== undefined && !isRestoring) continue;
    try {
      const done = await performNetworkAction(scope, action);
      acted ||= done && action.type !== 'apply';
    } catch (error) {
      failure ??= { error };
      if (!isRestoring || !isAnswer(error)) break;
    }
  }
  return { acted, failure };
}

function isAnswer(error: unknown): boolean {
  return isApiError(error) && error.status > 0;
}

/** What the API server does not take as it is, in its words; undefined of what the next look may see gone. */
export function refusalText({ failure }: Performed): string | undefined {
  const error = failure?.error;
  return isApiError(error, 'Forbidden') || isApiError(error, 'Invalid') || isApiError(error, 'BadRequest') ? error.message : undefined;
}
