import { type Controller, createController, isApiError, isConditionTrue, type ReconcileResult } from '@civitas/kube';
import { backupPod } from '../../core/desired/backup-pod.ts';
import { LABELS } from '../../core/desired/names.ts';
import { planJob } from '../../core/plan/backup-job.ts';
import { backupPhase, factsOfReport, isVerified } from '../../core/plan/backup-plan.ts';
import { mayRestoreNode, stepOfNodeRestore } from '../../core/plan/node-restore.ts';
import { nodeVerdicts, restoredNetworkSpec, restoreVerdicts } from '../../core/plan/restore-plan.ts';
import { rfc3339 } from '../../core/plan/time-text.ts';
import { type Verdict, verdict } from '../../core/plan/verdict.ts';
import type { BackupTarget } from '../../core/resources/backup-target.ts';
import { API_VERSION } from '../../core/resources/kind.ts';
import type { LedgerRestore, LedgerRestoreStatus } from '../../core/resources/ledger-restore.ts';
import { clearJob, observeJob, performJob } from '../apply/backup-job.ts';
import { createStatusWriter } from '../apply/status-writer.ts';
import { ledgerNetworks, ledgerRestores } from '../observe/custom-resources.ts';
import type { Workspace } from '../observe/workspace.ts';
import { retryConflict } from './conflict.ts';
import { AFTER_ACTION_MS, WHILE_SERVING_MS } from './limits.ts';
import { nodeImageFor } from './node-image.ts';
import type { OperatorContext } from './operator-context.ts';
import { observeNodeRestore, orderRestore } from './restore-node.ts';

type NewNetwork = NonNullable<LedgerRestore['spec']['network']>;
type Place = { readonly target: BackupTarget; readonly folder: string };

/** Verifies a backup in a pod of its own, founds a network from it or has a fenced node rebuilt from it, and waits until that serves. */
export function createRestoreController(context: OperatorContext): Controller {
  const reconciler = new RestoreReconciler(context);
  return createController({
    name: 'restore',
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key, { signal }) {
      const restore = context.caches.restores.store.get(key);
      return restore === undefined ? undefined : retryConflict(() => reconciler.reconcile(restore, signal));
    },
  });
}

class RestoreReconciler {
  readonly #context: OperatorContext;
  readonly #writer: ReturnType<typeof createStatusWriter>;

  constructor(context: OperatorContext) {
    this.#context = context;
    this.#writer = createStatusWriter(context.applierOf('restore'), context.clock);
  }

  async reconcile(restore: LedgerRestore, signal: AbortSignal): Promise<ReconcileResult> {
    const { metadata, status } = restore;
    const namespace = metadata.namespace ?? 'default';
    if (metadata.deletionTimestamp !== undefined) return undefined;
    const workspace = await this.#context.workspaces.enter(namespace, signal);
    if (workspace === undefined)
      return this.#wait(restore, 'NotAWorkspace', `namespace ${namespace} does not carry the label civitas.dev/workspace=true`);
    if (status?.finishedAt !== undefined) {
      const left = observeJob(workspace, metadata.uid, `restore-${metadata.name}`);
      return (await clearJob(this.#context, namespace, left)) ? undefined : { requeueAfterMs: WHILE_SERVING_MS };
    }
    const { node, network } = restore.spec;
    if (node !== undefined) return this.#restoreNode(restore, workspace, node);
    if (network === undefined)
      return this.#end(restore, [verdict('Complete', false, 'BackupUnreadable', 'it names nothing to restore')], {});
    const refused = this.#refusal(restore, namespace, network);
    if (refused !== undefined) return this.#end(restore, [verdict('Complete', false, refused.reason, refused.message)], status ?? {});
    return status?.verified === undefined ? this.#verify(restore, workspace, network.name) : this.#found(restore, namespace, network);
  }

  /** Nothing that is there is written over. */
  #refusal(
    { metadata, status }: LedgerRestore,
    namespace: string,
    { name, chainId }: NewNetwork,
  ): { readonly reason: string; readonly message: string } | undefined {
    const held = this.#context.caches.networks.store.get(`${namespace}/${name}`);
    if (held !== undefined && held.metadata.labels?.[LABELS.restore] !== metadata.uid)
      return {
        reason: 'NetworkExists',
        message: `LedgerNetwork ${name} is there: a restore founds a new network and never writes over one`,
      };
    const twin = this.#context.caches.networks.store.list().find((network) => network.spec.chainId === chainId && network !== held);
    if (twin !== undefined)
      return {
        reason: 'ChainExists',
        message: `${twin.metadata.namespace}/${twin.metadata.name} is chain ${chainId}: take a new chain id`,
      };
    if (status?.chainId !== undefined && status.chainId === chainId)
      return {
        reason: 'SameChain',
        message: `the backup is of ${chainId}: a second chain of one name would sign other blocks at its heights`,
      };
    return undefined;
  }

  #place({ spec, metadata }: LedgerRestore): Place | { readonly missing: string } {
    const { backupRef, target, folder } = spec.source;
    if (target !== undefined && folder !== undefined) return { target, folder };
    const backup = this.#context.caches.backups.store.get(`${metadata.namespace}/${backupRef?.name}`);
    if (backup === undefined) return { missing: `there is no LedgerBackup ${backupRef?.name}` };
    const held = backup.status?.folder;
    return isVerified(backup) && held !== undefined
      ? { target: backup.spec.target, folder: held }
      : { missing: `LedgerBackup ${backupRef?.name} is not verified` };
  }

  async #verify(restore: LedgerRestore, workspace: Workspace, network: string): Promise<ReconcileResult> {
    const context = this.#context;
    const { metadata } = restore;
    const place = this.#place(restore);
    if ('missing' in place) return this.#wait(restore, 'BackupMissing', place.missing);
    const base = `restore-${metadata.name}`;
    const nowUnixMs = context.clock.nowUnixMs();
    const plan = planJob({ base, status: restore.status?.job, pods: observeJob(workspace, metadata.uid, base), nowUnixMs });
    const { outcome } = plan;
    const facts = outcome.type === 'done' ? factsOfReport(outcome.report, outcome.pod, nowUnixMs) : undefined;
    const verdicts = restoreVerdicts(restore.spec, plan, facts);
    if (outcome.type === 'failed') return this.#end(restore, verdicts, { job: plan.status });
    await this.#write(restore, verdicts, { ...facts, job: plan.status });
    const own = context.caches.networks.store.get(`${workspace.namespace}/${network}`);
    const image = nodeImageFor(context, workspace, own);
    const owner = {
      apiVersion: API_VERSION,
      kind: 'LedgerRestore',
      name: metadata.name,
      uid: metadata.uid,
      controller: true,
      blockOwnerDeletion: false,
    } as const;
    await performJob(context, { namespace: workspace.namespace, plan }, (name) =>
      backupPod({
        ...{ name, namespace: workspace.namespace, network, owner, image, id: metadata.uid, logLevel: 'info' as const },
        task: { type: 'verify', folder: place.folder },
        target: place.target,
      }),
    );
    if (outcome.type === 'waiting') return { requeueAfterMs: Math.max(AFTER_ACTION_MS, outcome.untilUnixMs - nowUnixMs) };
    return { requeueAfterMs: outcome.type === 'done' ? AFTER_ACTION_MS : WHILE_SERVING_MS };
  }

  async #restoreNode(
    restore: LedgerRestore,
    workspace: Workspace,
    node: NonNullable<LedgerRestore['spec']['node']>,
  ): Promise<ReconcileResult> {
    const context = this.#context;
    const { metadata, status } = restore;
    const observed = observeNodeRestore(context, workspace, { uid: metadata.uid, node });
    const may = mayRestoreNode(observed);
    if (status?.verified === undefined && may.type === 'go') return this.#verify(restore, workspace, node.networkRef);
    const place = this.#place(restore);
    if ('missing' in place) return this.#wait(restore, 'BackupMissing', place.missing);
    const step = status?.verified === undefined ? may : stepOfNodeRestore(observed, place.target, status);
    const isTold = observed.nodes.some((one) => one.metadata.name === node.name && one.spec.rebuild === metadata.uid);
    const facts = {
      ...factsOf(restore),
      ...(isTold && status?.orderedAt === undefined ? { orderedAt: rfc3339(context.clock.nowUnixMs()) } : {}),
    };
    switch (step.type) {
      case 'go':
        return { requeueAfterMs: AFTER_ACTION_MS };
      case 'order':
        await orderRestore(context, observed, step.order);
        context.events.record(restore, { type: 'Normal', reason: 'RestoreOrdered', message: `${node.name} is to drop its ledger` });
        return { requeueAfterMs: AFTER_ACTION_MS };
      case 'wait':
        await this.#write(restore, nodeVerdicts(step, status), facts);
        return { requeueAfterMs: WHILE_SERVING_MS };
      default:
        return this.#end(restore, nodeVerdicts(step, status), facts);
    }
  }

  /** The network carries the restore's uid, so that a crash after its making finds it again. */
  async #found(restore: LedgerRestore, namespace: string, network: NewNetwork): Promise<ReconcileResult> {
    const context = this.#context;
    const { metadata, status } = restore;
    const place = this.#place(restore);
    const held = context.caches.networks.store.get(`${namespace}/${network.name}`);
    if (held === undefined) {
      if ('missing' in place) return this.#wait(restore, 'BackupMissing', place.missing);
      const wanted = status === undefined ? undefined : restoredNetworkSpec(network, place.target, status);
      if (wanted === undefined)
        return this.#end(restore, [verdict('Complete', false, 'BackupUnreadable', 'the backup names no domain of ours')], {});
      const made = { name: network.name, namespace, labels: { [LABELS.restore]: metadata.uid } };
      if (!context.isLeader()) return { requeueAfterMs: WHILE_SERVING_MS };
      try {
        await context.client.create(ledgerNetworks, {
          apiVersion: API_VERSION,
          kind: 'LedgerNetwork',
          metadata: made,
          ...{ spec: wanted },
        });
        context.events.record(restore, { type: 'Normal', reason: 'NetworkMade', message: network.name });
      } catch (error) {
        if (isApiError(error, 'Invalid'))
          return this.#end(restore, [verdict('Complete', false, 'NetworkRefused', error.message)], status ?? {});
        if (!isApiError(error, 'AlreadyExists')) throw error;
      }
      return { requeueAfterMs: WHILE_SERVING_MS };
    }
    const facts = { ...factsOf(restore), networkUID: held.metadata.uid };
    if (isConditionTrue(held.status?.conditions, 'Available')) {
      const message = `${network.name} serves the records of ${status?.chainId} after block ${status?.height}, root ${status?.appHash}`;
      return this.#end(
        restore,
        [verdict('Complete', true, 'Complete', message), verdict('Verified', true, 'RestoredIntoStore', message)],
        facts,
      );
    }
    const said = held.status?.conditions ?? [];
    const waits =
      said.find(({ type, status: holds }) => type === 'Degraded' && holds === 'True') ?? said.find(({ type }) => type === 'Available');
    const message = `${network.name} is being born: ${waits?.message ?? 'it was just made'}`;
    await this.#write(
      restore,
      [verdict('Complete', false, 'Founding', message), verdict('Verified', true, 'RestoredIntoStore', 'the backup is verified')],
      facts,
    );
    return { requeueAfterMs: WHILE_SERVING_MS };
  }

  async #end(restore: LedgerRestore, verdicts: readonly Verdict[], facts: Partial<LedgerRestoreStatus>): Promise<ReconcileResult> {
    const [complete] = verdicts;
    const finishedAt = rfc3339(this.#context.clock.nowUnixMs());
    await this.#write(restore, verdicts, { ...factsOf(restore), ...withoutHead(facts), finishedAt });
    const type = complete?.status === 'True' ? 'Normal' : 'Warning';
    this.#context.events.record(restore, { type, reason: complete?.reason ?? '', message: complete?.message ?? '' });
    return { requeueAfterMs: AFTER_ACTION_MS };
  }

  async #wait(restore: LedgerRestore, reason: string, message: string): Promise<ReconcileResult> {
    await this.#write(restore, [verdict('Complete', false, reason, message)], factsOf(restore));
    return { requeueAfterMs: WHILE_SERVING_MS };
  }

  #write(restore: LedgerRestore, verdicts: readonly Verdict[], facts: Partial<LedgerRestoreStatus>): Promise<boolean> {
    return this.#writer.write({ resource: ledgerRestores, object: restore, verdicts, phase: backupPhase(verdicts), facts });
  }
}

function withoutHead(status: Partial<LedgerRestoreStatus>): Partial<LedgerRestoreStatus> {
  const { conditions: _, phase: __, observedGeneration: ___, ...facts } = status;
  return facts;
}

function factsOf({ status }: LedgerRestore): Partial<LedgerRestoreStatus> {
  return withoutHead(status ?? {});
}
