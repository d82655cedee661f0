import { FORCE_REMOVAL } from '../desired/tombstone.ts';
import type { EffectiveNetwork } from './effective-network.ts';
import { CLOSING_SILENCE_MS } from './limits.ts';
import { drainText } from './network-status.ts';
import type { ObservedNetwork } from './observed-network.ts';

export interface ObservedRemoval {
  readonly observed: ObservedNetwork;
  readonly effective: EffectiveNetwork;
  readonly deletedAtUnixMs: number;
  readonly hasTombstone: boolean;
  /** Its namespace is going: nothing can be made there any more, and nobody's rights there last. */
  readonly isNamespaceEnding: boolean;
  /** LedgerBackups of the network, where the policy takes them along. */
  readonly backups: readonly { readonly name: string; readonly isDeleting: boolean }[];
}

/** The next thing to be done for a network that was deleted. */
export type RemovalStep =
  | { readonly type: 'wait'; readonly reason: 'Draining' | 'Closing' | 'RemovingBackups' | 'Stopping'; readonly message: string }
  /** The nodes come to rest and the tombstone is published, before anything of the chain is taken away. */
  | { readonly type: 'publishTombstone'; readonly forced: string }
  /** While nodes are left that their removal can be done beside. */
  | { readonly type: 'deleteBackups'; readonly names: readonly string[] }
  | { readonly type: 'deletePods'; readonly pods: readonly { readonly name: string; readonly uid: string }[] }
  /** Nothing runs any more: keys, volumes and records go or stay as the policy says. */
  | { readonly type: 'finish' };

/** Why links are not waited for; '' when they are. */
export function forcedBy({
  observed,
  effective,
  isNamespaceEnding,
}: Pick<ObservedRemoval, 'observed' | 'effective' | 'isNamespaceEnding'>): string {
  if (isNamespaceEnding) return `namespace ${effective.namespace} is being deleted`;
  const asked = observed.network.metadata.annotations?.[FORCE_REMOVAL];
  return asked === effective.chainId ? `${FORCE_REMOVAL} is set` : '';
}

/**
 * What a removal does next: links first, then the record of the chain's end, then pods, then what the policy says. Pure; every step can
 * be done again after a crash.
 */
export function planRemoval(input: ObservedRemoval): RemovalStep {
  const { observed, hasTombstone, isNamespaceEnding } = input;
  const forced = forcedBy(input);
  const isBorn = observed.genesisRecord !== undefined;
  if (isBorn && !hasTombstone) {
    if (observed.openLinks.length > 0 && forced === '') return { type: 'wait', reason: 'Draining', message: drainingText(input) };
    const silent = silentNodes(observed);
    const waitedMs = observed.nowUnixMs - input.deletedAtUnixMs;
    if (silent.length > 0 && waitedMs < CLOSING_SILENCE_MS && !isNamespaceEnding) {
      const message = `${silent.join(', ')} is asked for its last block and does not answer; its status is taken for it ${CLOSING_SILENCE_MS / 1000} s after the deletion`;
      return { type: 'wait', reason: 'Closing', message };
    }
    return { type: 'publishTombstone', forced };
  }
  // Whatever is in an ending namespace is deleted with it, and cannot be looked at for long.
  if (isNamespaceEnding) return { type: 'finish' };
  const backups = backupStep(input.backups, forced);
  if (backups !== undefined) return backups;
  const pods = Object.entries(observed.nodes).flatMap(([name, { pod }]) =>
    pod === undefined ? [] : [{ name, uid: pod.uid, deleting: pod.deleting }],
  );
  const running = pods.filter(({ deleting }) => !deleting);
  if (running.length > 0) return { type: 'deletePods', pods: running.map(({ name, uid }) => ({ name, uid })) };
  if (pods.length > 0) return { type: 'wait', reason: 'Stopping', message: `${pods.map(({ name }) => name).join(', ')} is being stopped` };
  return { type: 'finish' };
}

function backupStep(backups: ObservedRemoval['backups'], forced: string): RemovalStep | undefined {
  const asked = backups.filter(({ isDeleting }) => !isDeleting).map(({ name }) => name);
  if (asked.length > 0) return { type: 'deleteBackups', names: asked };
  if (backups.length === 0 || forced !== '') return undefined;
  return {
    type: 'wait',
    reason: 'RemovingBackups',
    message: `${backups.map(({ name }) => name).join(', ')} and what they hold are being removed`,
  };
}

function drainingText({ observed, effective }: ObservedRemoval): string {
  return `${drainText(observed.openLinks)}; to give up what is in flight: annotate ${FORCE_REMOVAL}=${effective.chainId}`;
}

/** Nodes that run and do not answer. */
function silentNodes({ nodes }: ObservedNetwork): readonly string[] {
  return Object.entries(nodes).flatMap(([name, { pod, answer }]) =>
    pod?.running === true && !pod.deleting && answer === undefined ? [name] : [],
  );
}
