import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BackupPodWanted, backupPod } from '../../operator/src/core/desired/backup-pod.ts';
import { parseObjects, ROOT, renderText, VALUE_SETS } from './helm.ts';
import type { PodSpec } from './pod-security.ts';

/** A pod, or what pods are made from, with where it comes from. */
export interface PodSource {
  readonly from: string;
  readonly spec: PodSpec;
}

/** Every pod template of the chart, with every set of values. */
export function chartPods(): readonly PodSource[] {
  return VALUE_SETS.flatMap((set) =>
    parseObjects(renderText(set)).flatMap(({ kind, metadata, spec }) => {
      const { template } = (spec ?? {}) as { readonly template?: { readonly spec?: PodSpec } };
      return template?.spec === undefined ? [] : [{ from: `${set}: ${kind} ${metadata.name}`, spec: template.spec }];
    }),
  );
}

const BACKUP: Omit<BackupPodWanted, 'target'> = {
  ...{ name: 'backup', namespace: 'jincheng', network: 'city', id: 'id', image: 'civitas.dev/node:0.1.0', logLevel: 'info' },
  owner: { apiVersion: 'v1', kind: 'LedgerBackup', name: 'b', uid: 'u', controller: true, blockOwnerDeletion: true },
  task: { type: 'verify', folder: 'f' },
  source: { tlsSecret: 'tls', genesis: 'genesis' },
};

/** Pods of backups to either kind of place. */
function backupPods(): readonly PodSource[] {
  const s3 = { endpoint: 'https://s3.example', bucket: 'backups', credentialsSecretRef: { name: 's3' } };
  return [{ s3 }, { volume: { claimName: 'backups' } }].map((target) => ({
    from: `a backup to ${Object.keys(target).join()}`,
    spec: backupPod({ ...BACKUP, target })['spec'] as PodSpec,
  }));
}

/** Every pod that the operator makes, as its golden manifests have it, those of backups, and its own on the laptop. */
export function operatorPods(): readonly PodSource[] {
  const folder = join(ROOT, 'test/vectors/operator');
  const files = [...readdirSync(folder).map((name) => join(folder, name)), join(ROOT, 'charts/civitas/laptop/operator.yaml')];
  const golden = files.flatMap((path) =>
    parseObjects(readFileSync(path, 'utf8'))
      .filter(({ kind }) => kind === 'Pod')
      .map(({ metadata, spec }) => ({ from: `${path.slice(ROOT.length + 1)}: ${metadata.name}`, spec: spec as PodSpec })),
  );
  return [...golden, ...backupPods()];
}
