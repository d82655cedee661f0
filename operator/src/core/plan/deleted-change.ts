import { FORCE_REMOVAL } from '../desired/tombstone.ts';
import type { ObservedChange } from './observed-change.ts';
import { protocolOf } from './protocol-plan.ts';
import { type ChangePlan, WITHDRAWAL_PROTOCOL } from './validator-change-plan.ts';

/** Finalizer of a ValidatorChange: what it proposed is taken back before it goes, for nobody else would know of it then. */
export const CHANGE_FINALIZER = 'civitas.dev/withdraw';

/**
 * What is still to be done for a ValidatorChange that was deleted.
 *
 * @returns undefined once it may go: members can decide nothing of it any more, or nobody can keep them from it.
 */
export function planDeletedChange({ change, network, proposal, hasLedger }: ObservedChange): ChangePlan | undefined {
  const { metadata, status } = change;
  const steps = status?.steps ?? [];
  const id = steps.find(({ state }) => state === 'Proposed')?.proposal;
  const isForced = metadata.annotations?.[FORCE_REMOVAL] === metadata.name;
  if (id === undefined || isForced || network === undefined) return undefined;
  const { observed } = network;
  if (observed.network.metadata.deletionTimestamp !== undefined) return undefined;
  if ((protocolOf(observed)?.version ?? 1) < WITHDRAWAL_PROTOCOL) return undefined;
  const otherwise = `to leave it to the members: annotate ${FORCE_REMOVAL}=${metadata.name}`;
  if (!hasLedger)
    return {
      ...{ reason: 'NetworkSilent', steps, action: undefined },
      message: `it is deleted once proposal ${id} is taken back, and no node answers; ${otherwise}`,
    };
  if (proposal?.status !== 'open') return undefined;
  return {
    ...{ reason: 'Withdrawing', steps, action: { type: 'withdraw', id } },
    message: `it is deleted: proposal ${id} is being taken back; ${otherwise}`,
  };
}
