import type { Deferral } from './deferral.ts';
import type { EffectiveNetwork } from './effective-network.ts';
import type { NetworkAction } from './network-action.ts';
import type { ObservedNetwork, ObservedProtocol } from './observed-network.ts';
import { quorum } from './quorum.ts';
import { votersOf } from './replacement-plan.ts';
import { standsBeforeUpgrade } from './stands-before-upgrade.ts';

/** The step that a network is at which goes over to other rules of execution. */
export interface ProtocolStep extends Deferral {
  readonly action: NetworkAction | undefined;
}

/** The rules in force and decided, as the node with the highest block says; before one answers, as the status says last. */
export function protocolOf(observed: ObservedNetwork): Pick<ObservedProtocol, 'version' | 'next'> | undefined {
  let best: { readonly height: number; readonly protocol: ObservedProtocol } | undefined;
  for (const { answer } of Object.values(observed.nodes)) {
    if (answer?.protocol === undefined || (best !== undefined && best.height >= answer.height)) continue;
    best = { height: answer.height, protocol: answer.protocol };
  }
  if (best !== undefined) return best.protocol;
  const { version, next, nextHeight } = observed.network.status?.protocol ?? {};
  if (version === undefined) return undefined;
  return { version, next: next === undefined || nextHeight === undefined ? undefined : { version: next, height: nextHeight } };
}

/** The rules that are asked for: the spec's own word, else those of the release that it asks for; undefined: those in force. */
export function wantedVersion({ network, catalog }: ObservedNetwork, asked: string): number | undefined {
  const { protocolVersion, catalogRef } = network.spec.release ?? {};
  if (protocolVersion !== undefined || catalogRef === undefined || catalog?.metadata.name !== catalogRef) return protocolVersion;
  return catalog.spec.releases.find(({ version }) => version === asked)?.protocolVersion;
}

/**
 * How a born network goes over to other rules: its binaries first, then a proposal, then the height that the members' decision gives.
 *
 * @param isRolling A pod of it is yet to be made anew.
 */
export function planProtocol(observed: ObservedNetwork, network: EffectiveNetwork, isRolling: boolean): ProtocolStep | undefined {
  const protocol = protocolOf(observed);
  if (observed.genesisRecord === undefined || protocol === undefined) return undefined;
  const stood = network.nodes.find(
    ({ name }) => standsBeforeUpgrade(observed, name) && observed.nodes[name]?.pod?.image === network.nodeImage,
  );
  if (stood !== undefined)
    return step('AwaitingUpgrade', `${stood.name} waits for a newer release: ${observed.nodes[stood.name]?.answer?.unwell}`);
  const wanted = wantedVersion(observed, network.version);
  const { version, next } = protocol;
  if (next !== undefined) return scheduledStep(observed, wanted, next);
  if (wanted === undefined || wanted === version) return undefined;
  if (wanted < version)
    return step('ProtocolCannotGoBack', `protocol ${wanted} is asked for, and blocks are executed by ${version}: rules never go back`);
  const target = version + 1;
  const waits = isRolling ? 'pods are yet to be made anew' : notReady(observed, network, target);
  if (waits !== undefined) return step('ProtocolWaits', `protocol ${target} waits: ${waits}`);
  return proposing(observed, 'activateProtocol', target);
}

function scheduledStep(observed: ObservedNetwork, wanted: number | undefined, next: NonNullable<ObservedProtocol['next']>): ProtocolStep {
  const head = Math.max(0, ...Object.values(observed.nodes).map(({ answer }) => answer?.height ?? 0));
  if (wanted === undefined || wanted >= next.version)
    return step('ProtocolScheduled', `protocol ${next.version} is in force from height ${next.height} on, the chain is at ${head}`);
  return proposing(observed, 'cancelProtocol', next.version);
}

function proposing(observed: ObservedNetwork, kind: 'activateProtocol' | 'cancelProtocol', version: number): ProtocolStep {
  const { protocolProposal: said } = observed;
  const isAbout = said?.kind === kind && said.version === version;
  const isCancel = kind === 'cancelProtocol';
  const fresh = isCancel ? `taking protocol ${version} back is being proposed` : `protocol ${version} is being proposed to the members`;
  const reason = isCancel ? 'ProtocolCancelling' : 'AwaitingProtocolApproval';
  return { ...step(reason, isAbout ? said.message : fresh), action: { type: 'proposeProtocol', kind, version } };
}

/** Why the nodes are not all ready for rules yet: whoever answers must execute them, and those who do must be a quorum. */
function notReady(observed: ObservedNetwork, network: EffectiveNetwork, target: number): string | undefined {
  const newestOf = (name: string): number | undefined => observed.nodes[name]?.answer?.protocol?.newest;
  const older = network.nodes.find(({ name }) => observed.nodes[name]?.answer !== undefined && (newestOf(name) ?? 0) < target);
  if (older !== undefined) return `${older.name} executes up to ${newestOf(older.name) ?? 1}`;
  const voters = votersOf(observed, network);
  const ready = voters.filter(({ name, state }) => state === 'serving' && (newestOf(name) ?? 0) >= target).length;
  const needed = quorum(voters.length);
  return ready < needed ? `${ready} of ${voters.length} validators at the head execute it, ${needed} are needed` : undefined;
}

function step(reason: Deferral['reason'], message: string): ProtocolStep {
  return { reason, message, action: undefined };
}
