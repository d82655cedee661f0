import type { BackupTarget } from '../resources/backup-target.ts';
import { DOMAINS, type LedgerNetworkSpec } from '../resources/ledger-network.ts';
import type { LedgerRestore, LedgerRestoreStatus } from '../resources/ledger-restore.ts';
import type { JobPlan } from './backup-job.ts';
import { type BackupFactsStatus, jobVerdicts } from './backup-plan.ts';
import { type Verdict, verdict } from './verdict.ts';

/** Conditions of a restore while its backup is being verified: a verified backup is not a network yet. */
export function restoreVerdicts({ node }: LedgerRestore['spec'], plan: JobPlan, facts: BackupFactsStatus | undefined): readonly Verdict[] {
  const verdicts = jobVerdicts(plan, facts);
  if (plan.outcome.type !== 'done' || facts === undefined) return verdicts;
  const founding =
    node === undefined
      ? verdict('Complete', false, 'Founding', 'the backup is verified; its network is being made')
      : verdict('Complete', false, 'CatchingUp', `the backup is verified; ${node.name} is to take it up`);
  return [founding, ...verdicts.filter(({ type }) => type !== 'Complete')];
}

/** Conditions of a restore of one node that waits, was refused, or is done. */
export function nodeVerdicts(
  { type, reason, message }: { readonly type: 'wait' | 'refuse' | 'done'; readonly reason: string; readonly message: string },
  status: LedgerRestoreStatus | undefined,
): readonly Verdict[] {
  const verified = verdict('Verified', true, 'RestoredIntoStore', 'the backup is verified');
  return [verdict('Complete', type === 'done', reason, message), ...(status?.verified === undefined ? [] : [verified])];
}

/** The LedgerNetwork of a restore; undefined where the backup's genesis names no domain of ours. */
export function restoredNetworkSpec(
  network: NonNullable<LedgerRestore['spec']['network']>,
  target: BackupTarget,
  status: LedgerRestoreStatus,
): LedgerNetworkSpec | undefined {
  const { folder, chainId, genesisHash, height, appHash } = status;
  const domain = DOMAINS.find((known) => known === status.domain);
  if (folder === undefined || chainId === undefined || genesisHash === undefined || height === undefined) return undefined;
  if (appHash === undefined || domain === undefined) return undefined;
  return {
    domain,
    chainId: network.chainId,
    genesis: { fromBackup: { target, folder, chainId, genesisHash, height, appHash } },
    ...(network.engine === undefined ? {} : { engine: network.engine }),
    ...(network.validators === undefined
      ? {}
      : { pools: [{ name: 'validators', role: 'validator' as const, replicas: network.validators }] }),
    ...(network.allowDowntime === undefined ? {} : { allowDowntime: network.allowDowntime }),
  };
}
