import { podMonitor, upgradeSnapshotName } from '../desired/optional-objects.ts';
import type { Deferral } from './deferral.ts';
import type { EffectiveNetwork } from './effective-network.ts';
import type { NetworkAction } from './network-action.ts';
import type { ObservedNetwork } from './observed-network.ts';
import type { StalePod } from './replacement-plan.ts';
import { type Verdict, verdict } from './verdict.ts';

/** Kinds of others that a network may use, with who brings them. */
export const OPTIONAL_KINDS = {
  PodMonitor: 'the Prometheus operator',
  Certificate: 'cert-manager',
  VolumeSnapshot: 'the CSI snapshot controller',
} as const;

export type OptionalKind = keyof typeof OPTIONAL_KINDS;

const absentText = (kind: OptionalKind): string =>
  `the cluster serves no ${kind}: install ${OPTIONAL_KINDS[kind]}, or take the field out of the spec`;

const isAbsent = ({ absentKinds }: ObservedNetwork, kind: OptionalKind): boolean => absentKinds?.includes(kind) === true;

/** Applies the PodMonitor where it is asked for, and takes it away where it was. */
export function planMonitor(observed: ObservedNetwork, network: EffectiveNetwork): readonly NetworkAction[] {
  if (network.podMonitor !== undefined) return [{ type: 'applyOptional', manifest: podMonitor(network, network.podMonitor) }];
  const stood = observed.network.status?.conditions?.some(({ type }) => type === 'Monitored') ?? false;
  return stood ? [{ type: 'dropMonitor' }] : [];
}

/** Why the authority is not there yet where another one issues it. */
export function issuedAuthorityWait(observed: ObservedNetwork, issuer: NonNullable<EffectiveNetwork['issuer']>) {
  if (isAbsent(observed, 'Certificate')) return { reason: 'KindNotServed', message: absentText('Certificate') };
  if (observed.authorityProblem !== undefined) return { reason: 'AuthorityUnusable', message: observed.authorityProblem };
  const message = `${issuer.kind} ${issuer.name} is asked for the certificate authority; kubectl -n civitas-system describe certificate shows how far it is`;
  return { reason: 'AuthorityRequested', message };
}

export interface SnapshotStep {
  readonly action: NetworkAction | undefined;
  /** Why the pod is not ended yet. */
  readonly pending: Deferral | undefined;
}

/** What comes before the end of a pod that is to come back on another release. Where no snapshots can be had, nothing. */
export function planSnapshot(observed: ObservedNetwork, network: EffectiveNetwork, next: StalePod | undefined): SnapshotStep {
  const nothing = { action: undefined, pending: undefined };
  if (network.snapshots === undefined) return nothing;
  const image = next === undefined ? undefined : observed.nodes[next.node.name]?.pod?.image;
  if (next === undefined || image === undefined || image === network.nodeImage) return { ...nothing, action: lookAgain(observed, network) };
  const { name: node } = next.node;
  const name = upgradeSnapshotName(node, network.nodeImage);
  const state = observed.snapshots?.[name];
  if (state === 'ready') return nothing;
  const action: NetworkAction = { type: 'snapshotVolume', node, name };
  // It is asked for all the same: the controller may have been installed since.
  if (isAbsent(observed, 'VolumeSnapshot')) return { action, pending: undefined };
  if (state === undefined || state === 'pending')
    return { action, pending: { reason: 'SnapshotPending', message: `${node} waits for VolumeSnapshot ${name}` } };
  return { action, pending: { reason: 'SnapshotFailed', message: `VolumeSnapshot ${name}: ${state.problem}` } };
}

/** Whoever installs the controller is to see it in the condition, not only at the next upgrade. */
function lookAgain(observed: ObservedNetwork, { nodes: [first] }: EffectiveNetwork): NetworkAction | undefined {
  return first !== undefined && isAbsent(observed, 'VolumeSnapshot') ? { type: 'probeSnapshots', node: first.name } : undefined;
}

/** One condition for each optional kind that the spec asks for. */
export function optionalVerdicts(observed: ObservedNetwork, network: EffectiveNetwork): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  if (network.podMonitor !== undefined)
    verdicts.push(
      isAbsent(observed, 'PodMonitor')
        ? verdict('Monitored', false, 'KindNotServed', absentText('PodMonitor'))
        : verdict('Monitored', true, 'MonitorStands', `PodMonitor ${network.name} names its nodes`),
    );
  if (network.snapshots !== undefined)
    verdicts.push(
      isAbsent(observed, 'VolumeSnapshot')
        ? verdict('SnapshotsPossible', false, 'KindNotServed', `${absentText('VolumeSnapshot')}; upgrades go on without`)
        : verdict('SnapshotsPossible', true, 'SnapshotsTaken', 'a volume is snapshotted before another release writes to it'),
    );
  return verdicts;
}
