import { type Controller, createController, type ReconcileResult } from '@civitas/kube';
import { grantVerdict } from '../../core/plan/link-grants.ts';
import type { LedgerLinkGrant } from '../../core/resources/ledger-link-grant.ts';
import { createStatusWriter } from '../apply/status-writer.ts';
import { ledgerLinkGrants } from '../observe/custom-resources.ts';
import { retryConflict } from './conflict.ts';
import { SETTLED_RECHECK_MS } from './limits.ts';
import type { OperatorContext } from './operator-context.ts';

/** Says of each grant whether it is in force; what it does is done by the link controller, which reads all of them. */
export function createLinkGrantController(context: OperatorContext): Controller {
  const writer = createStatusWriter(context.applierOf('linkgrant'), context.clock);

  const reconcile = async (grant: LedgerLinkGrant): Promise<ReconcileResult> => {
    const now = context.clock.nowUnixMs();
    const expiresAtUnixMs = grant.spec.expiresAt === undefined ? undefined : Date.parse(grant.spec.expiresAt);
    const networks = context.caches.networks.store.list(grant.metadata.namespace).map(({ metadata }) => metadata.name);
    const held = grantVerdict({ grant, expiresAtUnixMs }, networks, now);
    await writer.write({ resource: ledgerLinkGrants, object: grant, verdicts: [held], phase: held.reason, facts: {} });
    const leftMs = (expiresAtUnixMs ?? Number.POSITIVE_INFINITY) - now;
    return { requeueAfterMs: leftMs > 0 ? Math.min(SETTLED_RECHECK_MS, leftMs) : SETTLED_RECHECK_MS };
  };

  return createController({
    name: 'linkgrant',
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key) {
      const grant = context.caches.linkGrants.store.get(key);
      return grant === undefined || grant.metadata.deletionTimestamp !== undefined ? undefined : retryConflict(() => reconcile(grant));
    },
  });
}
