import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuiltPrograms, findPrograms, type GoPrograms, programsFolder } from '../go/go-programs.ts';

export const KUBERNETES_VERSION = '1.36.3';
export const ETCD_VERSION = '3.6.16';
export const HELM_VERSION = '3.22.0';

/** `kube` is every Kubernetes program in one; the links below are its names. */
export const KUBE_PROGRAMS = ['kube', 'etcd', 'helm'] as const;
export type KubeProgram = (typeof KUBE_PROGRAMS)[number];

/** Names under which `kube` is that program. */
export const KUBE_LINKS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'kubelet', 'kubectl'] as const;

/** Folder of the Go modules, one a program: kubernetes, etcd and helm do not agree on versions. */
export const KUBE_SOURCES = dirname(fileURLToPath(import.meta.url));

export const KUBE_BUILD: GoPrograms<KubeProgram> = {
  name: 'kube',
  version: KUBERNETES_VERSION,
  sources: KUBE_SOURCES,
  programs: KUBE_PROGRAMS,
};

export interface KubeTools extends Pick<BuiltPrograms<KubeProgram>, 'folder'> {
  /** Absolute path of a program or of one of kube's names. */
  path(program: KubeProgram | (typeof KUBE_LINKS)[number]): string;
}

/** Kubernetes, etcd and helm as `npm run kube:install` built them; undefined when it has not run for these sources. */
export function findKubeTools(folder: string = programsFolder(KUBE_BUILD)): KubeTools | undefined {
  const found = findPrograms(KUBE_BUILD, folder);
  return found && { folder, path: (program) => join(folder, 'bin', program) };
}
