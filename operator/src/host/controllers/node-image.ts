import { NODE_IMAGE } from '../../core/desired/names.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import type { Workspace } from '../observe/workspace.ts';
import { findCity, type OperatorContext } from './operator-context.ts';

/**
 * Image for a backup's pods: the one that the network's nodes run, by digest where a catalog names it so; else that of any node beside it;
 * else the city's.
 */
export function nodeImageFor(context: OperatorContext, workspace: Workspace, network: LedgerNetwork | undefined): string {
  const release = findCity(context.caches)?.spec.release;
  return network?.status?.image ?? findNodeImage(workspace) ?? `${release?.image ?? NODE_IMAGE}:${release?.version ?? ''}`;
}

/** Any image of a node in the namespace knows the command. */
export function findNodeImage(workspace: Workspace): string | undefined {
  const images = workspace.pods.store.list(workspace.namespace).flatMap(({ spec }) => spec?.containers ?? []);
  return images.find(({ name }) => name === 'node')?.image;
}
