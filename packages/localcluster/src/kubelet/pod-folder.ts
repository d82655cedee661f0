/** A pod's place on disk: its volumes, and a root below which its programs see them at their mount paths. */

import { existsSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { writeAtomically } from './atomic-writer.ts';
import { claimsResource, type Pod, serviceAccountsResource, type Volume, type VolumeMount } from './pod.ts';
import { serviceAccountFiles, type VolumeContent, type VolumeContext, volumeContentOf } from './volume-files.ts';

export interface PodFolder {
  /** Value of CIVITAS_ROOT. */
  readonly root: string;
  /** Folder of container logs. */
  readonly logs: string;
  /**
   * Brings volumes and mounts up to date with the objects they come from.
   *
   * @returns In words what is missing; undefined when everything is in place.
   */
  materialise(context: VolumeContext): string | undefined;
  /** Removes everything but what claims hold. */
  remove(): void;
}

const accountMountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const accountVolume = 'kube-api-access';

/** @param home The kubelet's home; nothing is written before `materialise`. */
export function podFolderOf(home: string, pod: Pod): PodFolder {
  const { namespace = 'default', name, uid } = pod.metadata;
  const folder = join(home, 'pods', `${namespace}_${name}_${uid}`);
  const root = join(folder, 'root');

  const folderOf = (volume: Volume): string =>
    volume.persistentVolumeClaim === undefined
      ? join(folder, 'volumes', volume.name)
      : claimFolderOf(home, namespace, volume.persistentVolumeClaim.claimName);

  const fill = (volume: Volume, context: VolumeContext): string | undefined => {
    if (volume.hostPath !== undefined) return `volume "${volume.name}": hostPath is refused on this machine; use a claim or emptyDir`;
    const claim = volume.persistentVolumeClaim;
    if (claim !== undefined && context.port.find(claimsResource, namespace, claim.claimName) === undefined) {
      return `volume "${volume.name}": persistentvolumeclaim "${claim.claimName}" not found`;
    }
    const content = volumeContentOf(volume, context);
    if (content === undefined) {
      mkdirSync(folderOf(volume), { recursive: true, mode: 0o700 });
      return undefined;
    }
    return write(folderOf(volume), volume.name, content);
  };

  return {
    root,
    logs: join(folder, 'logs'),
    materialise(context) {
      mkdirSync(root, { recursive: true, mode: 0o700 });
      mkdirSync(join(root, 'tmp'), { recursive: true, mode: 0o700 });
      const folders = new Map<string, string>();
      for (const volume of context.pod.spec.volumes ?? []) {
        const missing = fill(volume, context);
        if (missing !== undefined) return missing;
        folders.set(volume.name, folderOf(volume));
      }
      const mounts = mountsOf(context.pod);
      if (wantsAccount(context, mounts)) {
        const accountFolder = join(folder, 'volumes', accountVolume);
        const missing = write(accountFolder, accountVolume, serviceAccountFiles(context));
        if (missing !== undefined) return missing;
        folders.set(accountVolume, accountFolder);
        mounts.push({ name: accountVolume, mountPath: accountMountPath });
      }
      // Outer mounts first, so that a nested one is placed inside what the outer one shows.
      for (const mount of mounts.sort((left, right) => left.mountPath.length - right.mountPath.length)) {
        const missing = place(root, mount, folders.get(mount.name));
        if (missing !== undefined) return missing;
      }
      return undefined;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Folder that holds a claim's data; it outlives pods. */
export function claimFolderOf(home: string, namespace: string, claimName: string): string {
  return join(home, 'volumes', `${namespace}_${claimName}`);
}

function write(folder: string, name: string, content: VolumeContent): string | undefined {
  if (!content.ok) return `volume "${name}": ${content.missing}`;
  writeAtomically(folder, content.files);
  return undefined;
}

function mountsOf({ spec }: Pod): VolumeMount[] {
  return [...(spec.initContainers ?? []), ...spec.containers].flatMap((container) => container.volumeMounts ?? []);
}

function wantsAccount({ port, pod }: VolumeContext, mounts: readonly VolumeMount[]): boolean {
  if (mounts.some((mount) => normalize(mount.mountPath) === accountMountPath)) return false;
  if (pod.spec.automountServiceAccountToken !== undefined) return pod.spec.automountServiceAccountToken;
  const account = port.find(serviceAccountsResource, pod.metadata.namespace, pod.spec.serviceAccountName ?? 'default');
  return account?.['automountServiceAccountToken'] !== false;
}

/** Shows a volume at its mount path by a symlink, which stands in for a bind mount. */
function place(root: string, mount: VolumeMount, folder: string | undefined): string | undefined {
  if (folder === undefined) return `container mounts volume "${mount.name}", which the pod does not define`;
  const link = join(root, normalize(`/${mount.mountPath}`));
  const target = mount.subPath === undefined ? folder : join(folder, normalize(`/${mount.subPath}`));
  if (link === root) return `volume "${mount.name}" cannot be mounted at /`;
  // A subPath of a plain folder is made when it is not there; one of files is a key and has to be.
  if (mount.subPath !== undefined && !existsSync(target) && !existsSync(join(folder, '..data'))) mkdirSync(target, { recursive: true });
  const present = lstatSync(link, { throwIfNoEntry: false });
  if (present === undefined) {
    mkdirSync(dirname(link), { recursive: true, mode: 0o755 });
    symlinkSync(target, link);
    return undefined;
  }
  if (present.isSymbolicLink() && readlinkSync(link) === target) return undefined;
  const held = present.isSymbolicLink() ? 'another volume is mounted there' : 'something is there already';
  return `volume "${mount.name}" cannot be mounted at /${relative(root, link)}: ${held}`;
}
