import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { VOLUME_COUNT, VOLUME_SIZE } from './limits.ts';
import type { Places } from './places.ts';

/**
 * A default StorageClass, and volumes made ahead for it: there is no provisioner here. Each is a folder of this machine that both nodes
 * may mount, as a networked disk would be, so that a pod can follow its data to another node.
 */
export function storageObjects({ folder, nodes }: Places): readonly object[] {
  const storageClass = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'local', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: true,
  };
  const volumes = Array.from({ length: VOLUME_COUNT }, (_, index) => {
    const name = `volume-${String(index + 1).padStart(2, '0')}`;
    const path = join(folder, 'volumes', name);
    mkdirSync(path, { recursive: true });
    const hosts = { key: 'kubernetes.io/hostname', operator: 'In', values: nodes.map((node) => node.name) };
    return {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: {
        capacity: { storage: VOLUME_SIZE },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: 'local',
        local: { path },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hosts] }] } },
      },
    };
  });
  return [storageClass, ...volumes];
}
