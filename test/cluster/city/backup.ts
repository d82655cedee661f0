import type { MachineCluster } from '../machine/machine-cluster.ts';
import { until } from '../machine/until.ts';
import { CITY_NAMESPACE } from './sample-city.ts';

const COMPLETE_MS_MAX = 180_000;
const POLL_MS = 2000;
const CLAIM = 'backups';
const BACKUP = 'nightly';

/** A volume of the platform's own: it does not go with the network. */
export function backupVolume(): object {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: CLAIM, namespace: CITY_NAMESPACE }, spec };
}

export function backupOf(network: string): object {
  const spec = { networkRef: network, target: { volume: { claimName: CLAIM } } };
  return { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerBackup', metadata: { name: BACKUP, namespace: CITY_NAMESPACE }, spec };
}

/** A network of one validator from a backup on that volume: with the records of the old one, under another chain id. */
export function restoreAs(name: string, folder: string): object {
  const network = { name, chainId: `jincheng-${name}-1`, engine: 'embedded', validators: 1 };
  const spec = { source: { target: { volume: { claimName: CLAIM } }, folder }, network };
  return { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerRestore', metadata: { name, namespace: CITY_NAMESPACE }, spec };
}

/** The restored ledger has members of its own: somebody must found it. A JSON patch of an Agency. */
export function foundingOf(network: string): readonly object[] {
  return [{ op: 'add', path: '/spec/memberships/-', value: { network, roles: ['police', 'rulemaker'] } }];
}

export interface Finished {
  readonly appHash: string;
  /** Where it lies at its target. */
  readonly folder: string;
  readonly height: number;
}

/** @throws Error that says how far it came. */
export function untilComplete(cluster: MachineCluster, kind: 'ledgerbackup' | 'ledgerrestore', name: string): Promise<Finished> {
  return until(
    `${kind} ${name} is complete`,
    async () => {
      const { status } = JSON.parse(await cluster.kubectl(['get', kind, name, '-n', CITY_NAMESPACE, '-o', 'json'])) as {
        readonly status?: Finished & {
          readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[];
        };
      };
      const complete = status?.conditions?.find(({ type }) => type === 'Complete');
      if (status === undefined || complete?.status !== 'True') throw new Error(complete?.message ?? 'no status yet');
      const { appHash, folder, height } = status;
      return { appHash, folder, height };
    },
    COMPLETE_MS_MAX,
    POLL_MS,
  );
}
