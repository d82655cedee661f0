import { canonicalString, type Json } from '@civitas/canon';
import { type BackupConfig, type BackupTargetConfig, type BackupTask, PATHS } from '@civitas/deployment';
import type { BackupTarget } from '../resources/backup-target.ts';
import { LABELS, MANAGED_BY } from './names.ts';
import { folderOf } from './network-objects.ts';
import { CONTAINER_SECURITY, POD_ENVIRONMENT, POD_SECURITY } from './pod-defaults.ts';
import type { Manifest, OwnerReference } from './render.ts';

/** A try that takes longer is ended and counts as failed, seconds: 32 GiB at 4 MiB/s. */
const ACTIVE_SECONDS_MAX = 10_800;
/** Room of a trial restore. */
const SCRATCH = PATHS.scratch;

export interface BackupPodWanted {
  readonly name: string;
  readonly namespace: string;
  /** LedgerNetwork it works for. */
  readonly network: string;
  readonly owner: OwnerReference;
  readonly image: string;
  /** Of the backup, over all its tries. */
  readonly id: string;
  readonly task: BackupTask;
  readonly target: BackupTarget;
  readonly logLevel: BackupConfig['logLevel'];
  /** Where the task asks a node: its certificate's Secret and the genesis' ConfigMap. */
  readonly source?: { readonly tlsSecret: string; readonly genesis: string };
}

/** A target as the node's command takes it. */
export function targetConfigOf({ s3, volume }: BackupTarget): BackupTargetConfig {
  if (s3 === undefined) return { kind: 'volume', path: volume?.path ?? '' };
  const { endpoint, bucket, prefix = '', region = 'us-east-1', forcePathStyle = true } = s3;
  return { kind: 's3', endpoint, bucket, prefix, region, forcePathStyle };
}

/** The command's configuration; it holds no secret, so it stands in the pod itself and is the try's for ever. */
export function backupConfigText(wanted: Pick<BackupPodWanted, 'id' | 'task' | 'target' | 'logLevel'>): string {
  const { id, task, target, logLevel } = wanted;
  const config: BackupConfig = { schemaVersion: 1, role: 'backup', id, task, target: targetConfigOf(target), logLevel };
  return canonicalString(config as object as Json);
}

/** Volumes of a target: the claim, or the credentials. */
export function targetVolumes({ s3, volume }: BackupTarget, readOnly: boolean): { volumes: object[]; mounts: object[] } {
  if (s3 !== undefined)
    return {
      volumes: [{ name: 'credentials', secret: { secretName: s3.credentialsSecretRef.name, defaultMode: 0o440 } }],
      mounts: [{ name: 'credentials', mountPath: PATHS.backupCredentials, readOnly: true }],
    };
  return {
    volumes: [{ name: 'backups', persistentVolumeClaim: { claimName: volume?.claimName ?? '' } }],
    mounts: [{ name: 'backups', mountPath: PATHS.backups, ...(readOnly ? { readOnly: true } : {}) }],
  };
}

/** One try of a backup's task: it ends, and its last words are what came of it. */
export function backupPod(wanted: BackupPodWanted): Manifest {
  const { name, namespace, network, owner, image, source, target, task } = wanted;
  const place = targetVolumes(target, task.type === 'verify');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { ...MANAGED_BY, [LABELS.backup]: network }, ownerReferences: [owner] },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: ACTIVE_SECONDS_MAX,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 5,
      securityContext: POD_SECURITY,
      containers: [
        {
          name: 'backup',
          image,
          args: ['backup', backupConfigText(wanted)],
          env: POD_ENVIRONMENT,
          securityContext: CONTAINER_SECURITY,
          resources: { requests: { cpu: '50m', memory: '128Mi' } },
          volumeMounts: [
            { name: 'scratch', mountPath: SCRATCH },
            ...place.mounts,
            ...(source === undefined
              ? []
              : [
                  { name: 'tls', mountPath: PATHS.tls, readOnly: true },
                  { name: 'genesis', mountPath: folderOf(PATHS.genesis), readOnly: true },
                ]),
          ],
        },
      ],
      volumes: [
        { name: 'scratch', emptyDir: {} },
        ...place.volumes,
        ...(source === undefined
          ? []
          : [
              { name: 'tls', secret: { secretName: source.tlsSecret, defaultMode: 0o440 } },
              { name: 'genesis', configMap: { name: source.genesis } },
            ]),
      ],
    },
  };
}
