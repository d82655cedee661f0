import { type Applier, isApiError } from '@civitas/kube';
import type { OperationUpdate } from '../../core/plan/operation-plan.ts';
import type { OperatorContext } from '../controllers/operator-context.ts';
import { ledgerOperations } from '../observe/custom-resources.ts';
import { createStatusWriter } from './status-writer.ts';

/** Writes what operations have come to; one that was deleted meanwhile needs no status. */
export function createOperationStatusWriter(
  { events, clock }: OperatorContext,
  applier: Applier,
): (updates: readonly OperationUpdate[]) => Promise<void> {
  const writer = createStatusWriter(applier, clock);
  return async (updates) => {
    for (const { operation, verdicts, phase, facts, turn } of updates) {
      if (operation.metadata.deletionTimestamp !== undefined) continue;
      try {
        await writer.write({ resource: ledgerOperations, object: operation, verdicts, phase, facts });
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
      }
      if (turn !== undefined) events.record(operation, { type: phase === 'Refused' ? 'Warning' : 'Normal', ...turn });
    }
  };
}
