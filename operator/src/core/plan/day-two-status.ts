import type { LedgerNetworkStatus } from '../resources/ledger-network.ts';
import { authorityState, trustedText } from './authority-state.ts';
import type { EffectiveNetwork } from './effective-network.ts';
import type { NetworkPlan } from './network-plan.ts';
import type { ObservedNetwork } from './observed-network.ts';
import { protocolOf } from './protocol-plan.ts';
import { storageFindings } from './storage-plan.ts';
import { type Verdict, verdict } from './verdict.ts';

/** StorageHealthy, and Hibernated where it is asked for. */
export function dayTwoVerdicts(observed: ObservedNetwork, { effective }: NetworkPlan): readonly Verdict[] {
  return [storageVerdict(observed, effective), ...(effective.hibernated ? [hibernated(observed, effective)] : [])];
}

function storageVerdict(observed: ObservedNetwork, network: EffectiveNetwork): Verdict {
  const { problem, resizing, fullest } = storageFindings(observed, network);
  if (problem !== undefined) return verdict('StorageHealthy', false, problem.reason, problem.message);
  if (resizing.length > 0)
    return verdict('StorageHealthy', true, 'Resizing', `the volume of ${resizing[0]} grows${resizing.length > 1 ? ', others too' : ''}`);
  const used =
    fullest === undefined ? 'no node has said how full its volume is' : `${fullest.node}: ${fullest.usedPercent} % in use, the most of any`;
  return verdict('StorageHealthy', true, 'RoomEnough', used);
}

function hibernated(observed: ObservedNetwork, { nodes }: EffectiveNetwork): Verdict {
  const awake = nodes.filter(({ name }) => observed.nodes[name]?.pod !== undefined);
  if (awake.length === 0) return verdict('Hibernated', true, 'Asleep', 'spec.hibernated is set: no pods, volumes and keys stay');
  return verdict('Hibernated', false, 'FallingAsleep', `${awake.length} of ${nodes.length} pods are being ended`);
}

/** Fields of the status that day-two work reads or shows. */
export function dayTwoFacts(
  observed: ObservedNetwork,
  plan: NetworkPlan,
): Pick<LedgerNetworkStatus, 'rollout' | 'authority' | 'storage' | 'image' | 'protocol'> {
  const { effective, rollout, problems } = plan;
  const { fullest, problem } = storageFindings(observed, effective);
  const state = authorityState(observed.authorities ?? []);
  const hasRelease = problems.length === 0 && observed.genesisRecord !== undefined;
  const image = hasRelease ? effective.nodeImage : observed.network.status?.image;
  return {
    ...(rollout === undefined ? {} : { rollout }),
    ...(observed.authorities === undefined ? {} : { authority: { issuer: state.issuer, trusted: trustedText(state), phase: state.phase } }),
    ...(fullest === undefined
      ? {}
      : { storage: { ...fullest, ...(problem === undefined ? {} : { problem: problem.message.slice(0, PROBLEM_CHARS) }) } }),
    ...(image === undefined ? {} : { image }),
    ...protocolFact(observed, plan),
  };
}

function protocolFact(observed: ObservedNetwork, { protocol: step }: NetworkPlan): Pick<LedgerNetworkStatus, 'protocol'> {
  const protocol = protocolOf(observed);
  if (protocol === undefined) return {};
  const { version, next } = protocol;
  const decided = next === undefined ? {} : { next: next.version, nextHeight: next.height };
  return { protocol: { version, ...decided, ...(step === undefined ? {} : { step: step.reason }) } };
}

/** Bound of `status.storage.problem`. */
const PROBLEM_CHARS = 256;
