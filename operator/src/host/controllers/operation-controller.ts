import { type Controller, createController, isApiError, type ReconcileResult } from '@civitas/kube';
import { unixMsOf } from '../../core/plan/time-text.ts';
import { verdict } from '../../core/plan/verdict.ts';
import type { LedgerOperation } from '../../core/resources/ledger-operation.ts';
import { createStatusWriter } from '../apply/status-writer.ts';
import { ledgerOperations } from '../observe/custom-resources.ts';
import { retryConflict } from './conflict.ts';
import { WHILE_SERVING_MS } from './limits.ts';
import type { OperatorContext } from './operator-context.ts';

/**
 * What becomes of operations apart from their network: one whose network is not there says so, one that ended long enough ago is
 * deleted. All else is done in the network's own pass, so that nothing is done to a node twice at once.
 */
export function createOperationController(context: OperatorContext): Controller {
  const writer = createStatusWriter(context.applierOf('operation'), context.clock);

  const reconcile = async (operation: LedgerOperation): Promise<ReconcileResult> => {
    const { metadata, spec, status } = operation;
    if (metadata.deletionTimestamp !== undefined) return undefined;
    if (status?.finishedAt !== undefined) return retire(context, operation);
    if (context.caches.networks.store.get(`${metadata.namespace}/${spec.networkRef}`) !== undefined) {
      context.wake('network');
      return undefined;
    }
    const message = `there is no LedgerNetwork ${spec.networkRef} in ${metadata.namespace}`;
    const verdicts = [verdict('Progressing', false, 'NetworkUnknown', message), verdict('Complete', false, 'NotYet', 'it has not begun')];
    await writer.write({ resource: ledgerOperations, object: operation, verdicts, phase: 'Waiting', facts: { message } });
    return { requeueAfterMs: WHILE_SERVING_MS };
  };

  return createController({
    name: 'operation',
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key) {
      const operation = context.caches.operations.store.get(key);
      return operation === undefined ? undefined : retryConflict(() => reconcile(operation));
    },
  });
}

/** Deletes an operation that has been over for as long as it asked to be kept. */
async function retire({ client, clock, isLeader }: OperatorContext, { metadata, spec, status }: LedgerOperation): Promise<ReconcileResult> {
  const { ttlSecondsAfterFinished } = spec;
  const finishedUnixMs = unixMsOf(status?.finishedAt);
  if (ttlSecondsAfterFinished === undefined || finishedUnixMs === undefined) return undefined;
  const leftMs = finishedUnixMs + ttlSecondsAfterFinished * 1000 - clock.nowUnixMs();
  if (leftMs > 0) return { requeueAfterMs: Math.min(leftMs, LONGEST_WAIT_MS) };
  if (!isLeader()) return { requeueAfterMs: WHILE_SERVING_MS };
  try {
    await client.delete(ledgerOperations, { namespace: metadata.namespace ?? '', name: metadata.name }, { uid: metadata.uid });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
  return undefined;
}

/** A timer of a month does not fit into 31 bits of milliseconds. */
const LONGEST_WAIT_MS = 3_600_000;
