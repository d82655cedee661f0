import { PORTS } from '@civitas/deployment';
import { addFinalizer, type Controller, createController, hasFinalizer, namespaces, type ReconcileResult, secrets } from '@civitas/kube';
import { type BackupPodWanted, backupPod } from '../../core/desired/backup-pod.ts';
import { BACKUP_FINALIZER, backupTlsName, genesisName, networkNameOf } from '../../core/desired/names.ts';
import { type JobPlan, planJob } from '../../core/plan/backup-job.ts';
import {
  type BackupFactsStatus,
  backupPhase,
  chooseBackupNode,
  factsOfReport,
  isFinished,
  jobVerdicts,
  waitingVerdicts,
} from '../../core/plan/backup-plan.ts';
import { genesisFromText } from '../../core/plan/genesis-record.ts';
import { rfc3339 } from '../../core/plan/time-text.ts';
import type { Verdict } from '../../core/plan/verdict.ts';
import { API_VERSION } from '../../core/resources/kind.ts';
import type { LedgerBackup, LedgerBackupStatus } from '../../core/resources/ledger-backup.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import { ensureBackupCertificate } from '../apply/backup-certificate.ts';
import { clearJob, observeJob, performJob } from '../apply/backup-job.ts';
import { createStatusWriter } from '../apply/status-writer.ts';
import { ledgerBackups } from '../observe/custom-resources.ts';
import type { Workspace } from '../observe/workspace.ts';
import { release, retryConflict } from './conflict.ts';
import { foldersInUse } from './folders-in-use.ts';
import { AFTER_ACTION_MS, WHILE_SERVING_MS, WHILE_STARTING_MS } from './limits.ts';
import { findNodeImage } from './node-image.ts';
import { findGenesisRecord, type OperatorContext } from './operator-context.ts';

/** Takes backups: one pod a try, beside a node that serves; removes their files where a deletion asks for it. */
export function createBackupController(context: OperatorContext): Controller {
  const reconciler = new BackupReconciler(context);
  return createController({
    name: 'backup',
    workers: 2,
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key, { signal }) {
      const backup = context.caches.backups.store.get(key);
      return backup === undefined ? undefined : retryConflict(() => reconciler.reconcile(backup, signal));
    },
  });
}

/** Where a backup may be taken of now, or why it may not. */
type Source =
  | { readonly ok: true; readonly chainId: string; readonly node: string; readonly address: string; readonly image: string }
  | { readonly ok: false; readonly reason: string; readonly message: string };

class BackupReconciler {
  readonly #context: OperatorContext;
  readonly #applier: ReturnType<OperatorContext['applierOf']>;
  readonly #writer: ReturnType<typeof createStatusWriter>;

  constructor(context: OperatorContext) {
    this.#context = context;
    this.#applier = context.applierOf('backup');
    this.#writer = createStatusWriter(this.#applier, context.clock);
  }

  async reconcile(backup: LedgerBackup, signal: AbortSignal): Promise<ReconcileResult> {
    const namespace = backup.metadata.namespace ?? 'default';
    const workspace = await this.#context.workspaces.enter(namespace, signal);
    if (workspace === undefined) {
      if (backup.metadata.deletionTimestamp !== undefined)
        return this.#letGo(backup, 'FilesRetained', 'the namespace is no workspace any more');
      return this.#wait(backup, 'NotAWorkspace', `namespace ${namespace} does not carry the label civitas.dev/workspace=true`);
    }
    if (backup.metadata.deletionTimestamp !== undefined) return this.#remove(backup, workspace);
    if (backup.spec.deletionPolicy === 'Delete' && !hasFinalizer(backup, BACKUP_FINALIZER)) {
      await addFinalizer(this.#context.client, ledgerBackups, backup, BACKUP_FINALIZER);
      return { requeueAfterMs: AFTER_ACTION_MS };
    }
    return isFinished(backup) ? this.#clear(backup, workspace) : this.#take(backup, workspace);
  }

  async #take(backup: LedgerBackup, workspace: Workspace): Promise<ReconcileResult> {
    const context = this.#context;
    const base = `backup-${backup.metadata.name}`;
    const nowUnixMs = context.clock.nowUnixMs();
    const pods = observeJob(workspace, backup.metadata.uid, base);
    const plan = planJob({ base, status: backup.status?.job, pods, nowUnixMs });
    const { outcome } = plan;
    if (outcome.type === 'done' || outcome.type === 'failed') return this.#finish(backup, plan, nowUnixMs);
    const isIdle = pods.length === 0;
    const network = context.caches.networks.store.get(`${workspace.namespace}/${backup.spec.networkRef}`);
    const source = isIdle ? await this.#sourceOf(backup, network, workspace) : undefined;
    if (source?.ok === false) return this.#wait(backup, source.reason, source.message);
    const facts = { job: plan.status, startedAt: backup.status?.startedAt ?? rfc3339(nowUnixMs), ...nodeOf(backup, source) };
    await this.#write(backup, jobVerdicts(plan, undefined), facts);
    if (source?.ok === true && network !== undefined)
      await performJob(context, { namespace: workspace.namespace, plan }, (name) => backupPod(this.#podOf(backup, name, source)));
    else await performJob(context, { namespace: workspace.namespace, plan: { ...plan, create: undefined } }, () => neverMade());
    if (outcome.type === 'waiting') return { requeueAfterMs: Math.max(AFTER_ACTION_MS, outcome.untilUnixMs - nowUnixMs) };
    return { requeueAfterMs: WHILE_SERVING_MS };
  }

  async #sourceOf(backup: LedgerBackup, network: LedgerNetwork | undefined, workspace: Workspace): Promise<Source> {
    const context = this.#context;
    const { namespace } = workspace;
    if (network === undefined)
      return { ok: false, reason: 'NetworkUnknown', message: `there is no LedgerNetwork ${backup.spec.networkRef} in ${namespace}` };
    const id = networkNameOf(network.metadata);
    const genesis = findGenesisRecord(context, id);
    if (genesis === undefined) return { ok: false, reason: 'NotBorn', message: `${id.name} has no genesis yet` };
    const missing = await this.#missingSecret(backup, namespace);
    if (missing !== undefined) return { ok: false, reason: 'CredentialsMissing', message: missing };
    const node = chooseBackupNode(context.caches.nodes.store.list(namespace).filter(({ spec }) => spec.networkRef === id.name));
    const name = node?.metadata.name ?? '';
    const image = workspace.pods.store.get(`${namespace}/${name}`)?.spec?.containers[0]?.image;
    const address = workspace.services.store.get(`${namespace}/${name}`)?.spec?.clusterIP;
    if (node === undefined || image === undefined || address === undefined)
      return { ok: false, reason: 'NoNodeServes', message: `no node of ${id.name} serves at the head` };
    const { chainId } = genesisFromText(genesis);
    const hasCertificate = await ensureBackupCertificate(context, this.#applier, { id, network, chainId, workspace });
    if (!hasCertificate) return { ok: false, reason: 'AuthorityMissing', message: `${id.name} has no certificate authority yet` };
    return { ok: true, chainId, node: name, address: `${address}:${PORTS.grpc}`, image };
  }

  /** Says which Secret is missing: a pod without it would hang without a word. */
  async #missingSecret({ spec }: LedgerBackup, namespace: string): Promise<string | undefined> {
    const name = spec.target.s3?.credentialsSecretRef.name;
    if (name === undefined || (await this.#context.client.find(secrets, { namespace, name })) !== undefined) return undefined;
    return `there is no Secret ${name} in ${namespace}`;
  }

  #podOf(backup: LedgerBackup, name: string, source: Extract<Source, { ok: true }>): BackupPodWanted {
    const { chainId, node, address, image } = source;
    const { networkRef, target } = backup.spec;
    const task = { type: 'take', chainId, node, address } as const;
    return {
      ...this.#jobOf(backup, name, image),
      task,
      target,
      source: { tlsSecret: backupTlsName(networkRef), genesis: genesisName(networkRef) },
    };
  }

  #jobOf(backup: LedgerBackup, name: string, image: string): Omit<BackupPodWanted, 'task' | 'target'> {
    const { metadata, spec } = backup;
    const owner = {
      apiVersion: API_VERSION,
      kind: 'LedgerBackup',
      name: metadata.name,
      uid: metadata.uid,
      controller: true,
      blockOwnerDeletion: false,
    } as const;
    return { name, namespace: metadata.namespace ?? '', network: spec.networkRef, owner, image, id: metadata.uid, logLevel: 'info' };
  }

  async #finish(backup: LedgerBackup, plan: JobPlan, nowUnixMs: number): Promise<ReconcileResult> {
    const { outcome } = plan;
    const facts = outcome.type === 'done' ? factsOfReport(outcome.report, outcome.pod, nowUnixMs) : undefined;
    const verdicts = jobVerdicts(plan, facts);
    await this.#write(backup, verdicts, { ...factsOf(backup), ...facts, job: plan.status, finishedAt: rfc3339(nowUnixMs) });
    const [complete] = verdicts;
    const type = complete?.status === 'True' ? 'Normal' : 'Warning';
    this.#context.events.record(backup, {
      type,
      reason: type === 'Normal' ? 'BackupVerified' : 'BackupFailed',
      message: complete?.message ?? '',
    });
    return { requeueAfterMs: AFTER_ACTION_MS };
  }

  /** Its pods are kept until the outcome stands in its status. */
  async #clear(backup: LedgerBackup, workspace: Workspace): Promise<ReconcileResult> {
    const left = observeJob(workspace, backup.metadata.uid, `backup-${backup.metadata.name}`);
    return (await clearJob(this.#context, workspace.namespace, left)) ? undefined : { requeueAfterMs: WHILE_SERVING_MS };
  }

  async #remove(backup: LedgerBackup, workspace: Workspace): Promise<ReconcileResult> {
    if (!hasFinalizer(backup, BACKUP_FINALIZER)) return undefined;
    const context = this.#context;
    const folder = backup.status?.folder;
    if (backup.spec.deletionPolicy !== 'Delete' || folder === undefined) return this.#letGo(backup, 'FilesRetained', 'its files stay');
    if (isShared(context, backup)) return this.#letGo(backup, 'FilesRetained', `another LedgerBackup or network needs ${folder}`);
    const home = await context.client.find(namespaces, { name: workspace.namespace });
    // No pod can be made there any more, and a namespace that goes is no reason to lose the backups of what was in it.
    if (home?.metadata.deletionTimestamp !== undefined) return this.#letGo(backup, 'FilesRetained', 'the namespace is being deleted');
    const image = findNodeImage(workspace);
    const base = `removal-${backup.metadata.name}`;
    const nowUnixMs = context.clock.nowUnixMs();
    const plan = planJob({ base, status: backup.status?.removal, pods: observeJob(workspace, backup.metadata.uid, base), nowUnixMs });
    if (plan.outcome.type === 'done') return this.#letGo(backup, 'FilesRemoved', `${folder} is removed`);
    const failed = plan.status.failure;
    const message = `removing ${folder}${failed === undefined ? '' : `; a try failed: ${failed.code} ${failed.message}`}`;
    const reason = plan.outcome.type === 'failed' ? 'RemovalFailed' : 'Removing';
    await this.#write(backup, waitingVerdicts(reason, message), { ...factsOf(backup), removal: plan.status });
    if (plan.outcome.type === 'failed' || image === undefined) return { requeueAfterMs: WHILE_SERVING_MS };
    await performJob(context, { namespace: workspace.namespace, plan }, (name) =>
      backupPod({ ...this.#jobOf(backup, name, image), task: { type: 'remove', folder }, target: backup.spec.target }),
    );
    return { requeueAfterMs: WHILE_STARTING_MS };
  }

  async #letGo(backup: LedgerBackup, reason: string, message: string): Promise<ReconcileResult> {
    this.#context.events.record(backup, { type: 'Normal', reason, message });
    await release(this.#context.client, ledgerBackups, backup, BACKUP_FINALIZER);
    return undefined;
  }

  async #wait(backup: LedgerBackup, reason: string, message: string): Promise<ReconcileResult> {
    await this.#write(backup, waitingVerdicts(reason, message), factsOf(backup));
    return { requeueAfterMs: WHILE_SERVING_MS };
  }

  #write(backup: LedgerBackup, verdicts: readonly Verdict[], facts: Partial<LedgerBackupStatus>): Promise<boolean> {
    return this.#writer.write({ resource: ledgerBackups, object: backup, verdicts, phase: backupPhase(verdicts), facts });
  }
}

function neverMade(): never {
  throw new Error('no pod is made without a node to ask');
}

function nodeOf(backup: LedgerBackup, source: Source | undefined): { readonly node?: string } {
  const node = source?.ok === true ? source.node : backup.status?.node;
  return node === undefined ? {} : { node };
}

/** What its status says besides the conditions. */
function factsOf({ status }: LedgerBackup): BackupFactsStatus & Partial<LedgerBackupStatus> {
  const { conditions: _, phase: __, observedGeneration: ___, ...facts } = status ?? {};
  return facts;
}

/** Equal states share a folder, and a network may have been born from it. */
function isShared({ caches }: OperatorContext, backup: LedgerBackup): boolean {
  const place = JSON.stringify(backup.spec.target);
  const folder = backup.status?.folder;
  const twins = caches.backups.store.list().filter(({ metadata, spec, status }) => {
    const isOther = metadata.uid !== backup.metadata.uid && metadata.deletionTimestamp === undefined;
    return (
      isOther && metadata.namespace === backup.metadata.namespace && status?.folder === folder && JSON.stringify(spec.target) === place
    );
  });
  return twins.length > 0 || foldersInUse(caches).includes(folder ?? '');
}
