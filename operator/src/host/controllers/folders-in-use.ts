import type { Caches } from './operator-context.ts';

/** Folders of backups that something was born from, or is being restored from now: no retention takes them. */
export function foldersInUse({ networks, nodes, restores }: Pick<Caches, 'networks' | 'nodes' | 'restores'>): readonly string[] {
  return [
    ...networks.store.list().flatMap(({ spec }) => spec.genesis?.fromBackup?.folder ?? []),
    ...nodes.store.list().flatMap(({ spec }) => spec.restoreFrom?.folder ?? []),
    ...restores.store.list().flatMap(({ status }) => (status?.finishedAt === undefined ? (status?.folder ?? []) : [])),
  ];
}
