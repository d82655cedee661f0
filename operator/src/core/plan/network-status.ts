import type { Sha256 } from '@civitas/canon';
import { PORTS } from '@civitas/deployment';
import { budgetName } from '../desired/names.ts';
import type { LedgerNetworkStatus } from '../resources/ledger-network.ts';
import { backupVerdicts, lastVerifiedBackup } from './backup-health.ts';
import { dayTwoFacts, dayTwoVerdicts } from './day-two-status.ts';
import { genesisHashOf } from './genesis-record.ts';
import { GROWTH_REASONS } from './growth-plan.ts';
import type { NetworkPlan } from './network-plan.ts';
import type { ObservedNetwork, ObservedNode, OpenLink } from './observed-network.ts';
import { optionalVerdicts } from './optional-kinds.ts';
import { faultTolerance, quorum } from './quorum.ts';
import type { Voter } from './quorum-gate.ts';
import { signerVerdicts } from './remote-signers.ts';
import { votersOf } from './replacement-plan.ts';
import { rfc3339, unixMsOf } from './time-text.ts';
import { type Verdict, verdict } from './verdict.ts';
import { countsAsVoting } from './voter-doubt.ts';
import { awayText, startText } from './voter-texts.ts';

export { rfc3339 } from './time-text.ts';
export { type Verdict, verdict } from './verdict.ts';

/** Nodes or links that one message names; the rest are counted. */
const NAMED_MAX = 8;

type Counts = NonNullable<LedgerNetworkStatus['validators']>;

/** Counts of the chain's validators as the nodes themselves answered in this pass, or just before it. */
export function countValidators(observed: ObservedNetwork, plan: NetworkPlan): Counts {
  const voters = votersOf(observed, plan.effective);
  const inSet = voters.length;
  const ready = voters.filter((voter) => isServing(observed.nodes[voter.name]) || countsAsVoting(voter, observed)).length;
  const caughtUp = voters.filter((voter) => countsAsVoting(voter, observed)).length;
  const spareFaults = Math.max(0, caughtUp - quorum(inSet));
  return {
    inSet,
    ready,
    caughtUp,
    quorum: quorum(inSet),
    faultTolerance: faultTolerance(inSet),
    spareFaults,
    summary: `${ready}/${inSet}`,
  };
}

function isServing(node: ObservedNode | undefined): boolean {
  return node?.answer?.signing === true && node.answer.phase === 'Serving' && node.pod?.ready === true;
}

/** Everything about the network in words; `phase` is read off these alone. */
export function networkVerdicts(observed: ObservedNetwork, plan: NetworkPlan): readonly Verdict[] {
  const counts = countValidators(observed, plan);
  const { problems, effective } = plan;
  const problem = problems[0];
  const serving = counts.caughtUp >= counts.quorum;
  const verdicts: Verdict[] = [
    ...availability(observed, plan, counts),
    progress(observed, plan, serving),
    certificates(observed, plan),
    ...dayTwoVerdicts(observed, plan),
    update(plan),
    pools(plan),
    problem === undefined
      ? verdict('Degraded', false, 'NoProblem', 'nothing is wrong')
      : verdict('Degraded', true, problem.reason, problem.message),
    verdict(
      'Registered',
      observed.registered,
      observed.registered ? 'InRegistry' : 'NotYet',
      observed.registered ? 'city.registry names this chain and its genesis' : 'city.registry does not name this chain yet',
    ),
  ];
  verdicts.push(...signerVerdicts(observed, effective), ...optionalVerdicts(observed, effective), ...backupVerdicts(observed.backups));
  if (effective.paused) verdicts.push(verdict('Paused', true, 'AskedFor', 'spec.paused is set: the operator changes nothing'));
  return verdicts;
}

/** Available, QuorumHealthy and FullRedundancy: what the validators say, and what their silence means. */
function availability(observed: ObservedNetwork, plan: NetworkPlan, counts: Counts): readonly Verdict[] {
  const atHead = `${counts.caughtUp} of ${counts.inSet} validators at the head, quorum ${counts.quorum}`;
  const redundancy = redundancyText(counts, plan.effective.engine);
  const full =
    counts.caughtUp === counts.inSet ? verdict('FullRedundancy', true, 'AllServing', redundancy) : missing(observed, plan, redundancy);
  if (counts.caughtUp >= counts.quorum) {
    const serving = `blocks are being made by ${counts.ready} of ${counts.inSet} validators`;
    return [verdict('Available', true, 'Serving', serving), verdict('QuorumHealthy', true, 'Quorum', atHead), full];
  }
  const silence = plan.waiting === undefined ? silenceOf(observed, plan, counts) : { status: 'False' as const, ...plan.waiting };
  if (silence.status === 'Unknown') return ['Available', 'QuorumHealthy', 'FullRedundancy'].map((type) => ({ type, ...silence }));
  const lost = `${atHead}: ${awayTexts(observed, plan).join(', ')}`;
  return [{ type: 'Available', ...silence }, verdict('QuorumHealthy', false, 'NoQuorum', lost), full];
}

/** Why too few validators serve: not asked yet, still starting, or lost. An operator that has just started knows of none of them. */
function silenceOf(observed: ObservedNetwork, plan: NetworkPlan, counts: Counts): Omit<Verdict, 'type'> {
  const missing = votersAway(observed, plan);
  if (observed.network.metadata.deletionTimestamp !== undefined)
    return { status: 'False', reason: 'BeingRemoved', message: 'the network is being removed' };
  if (plan.effective.hibernated) return { status: 'False', reason: 'Hibernated', message: 'spec.hibernated is set: no node runs' };
  const starting = missing.flatMap(({ name }) => startText(name, observed.nodes[name]) ?? []);
  const isHalted = missing.some(({ name }) => observed.nodes[name]?.answer?.halted === true);
  if (starting.length > 0 && !isHalted)
    return { status: 'False', reason: 'NodeStarting', message: starting.slice(0, NAMED_MAX).join('; ') };
  const unheard = missing.filter(({ name }) => observed.nodes[name]?.heard !== true).map(({ name }) => name);
  if (unheard.length > 0 && !isHalted) {
    const message = `${unheard.slice(0, NAMED_MAX).join(', ')} has not answered this operator since it started`;
    return { status: 'Unknown', reason: 'NotObserved', message };
  }
  const counted = `${counts.caughtUp} of ${counts.inSet} validators serve, ${counts.quorum} are needed`;
  return { status: 'False', reason: 'NoQuorum', message: [counted, ...awayTexts(observed, plan)].join('; ') };
}

function votersAway(observed: ObservedNetwork, { effective }: NetworkPlan): readonly Voter[] {
  return votersOf(observed, effective).filter((voter) => !countsAsVoting(voter, observed));
}

/** Each validator that does not count, and why not. */
function awayTexts(observed: ObservedNetwork, plan: NetworkPlan): readonly string[] {
  return votersAway(observed, plan)
    .slice(0, NAMED_MAX)
    .map(({ name }) => `${name} ${awayText(observed.nodes[name])}`);
}

/**
 * While a validator is missing the PodDisruptionBudget lets nobody take another (`validatorBudget`), and a drain that it holds up names
 * neither the ledger nor the reason. So once a step would be late, it is said here that drains wait, and for what.
 */
function missing({ network, nowUnixMs }: ObservedNetwork, { effective }: NetworkPlan, redundancy: string): Verdict {
  const before = network.status?.conditions?.find(({ type }) => type === 'FullRedundancy');
  const since = before?.status === 'False' ? unixMsOf(before.lastTransitionTime) : undefined;
  if (since === undefined || nowUnixMs - since < effective.updates.stepTimeoutMs)
    return verdict('FullRedundancy', false, 'ValidatorsMissing', redundancy);
  const message = `${redundancy}; until all are back PodDisruptionBudget ${budgetName(network.metadata.name)} refuses evictions, so drains of machines wait`;
  return verdict('FullRedundancy', false, 'DrainsWait', message);
}

function redundancyText(counts: Counts, engine: string): string {
  if (engine === 'embedded') return `${counts.caughtUp} of 1 validator; the embedded engine survives no fault`;
  return `${counts.caughtUp} of ${counts.inSet} validators; ${counts.spareFaults} more may fail`;
}

/** Whether something waits to be done to a node, and for what. */
function update({ pending }: NetworkPlan): Verdict {
  if (pending === undefined) return verdict('UpdatePending', false, 'NothingWaits', 'nothing waits to be done to a node');
  return verdict('UpdatePending', true, pending.reason, pending.message);
}

/** Whether the ledger's validators are those that the pools ask for. Only members take one away, whatever a pool says. */
function pools({ running: { unasked, shutOut, joiner }, effective }: NetworkPlan): Verdict {
  const [one] = unasked;
  if (one !== undefined) {
    const command = `civitas network propose-validator remove -n ${effective.name} --as <founder> --node ${one}`;
    const message = `${named(unasked)} stays: the members of the ledger let a validator go, not the size of a pool: ${command}`;
    return verdict('PoolsMatchLedger', false, 'RemoveByProposal', message);
  }
  if (shutOut.length > 0) {
    const message = `the pools ask for ${named(shutOut)}, which the members removed or whose key is another one by now`;
    return verdict('PoolsMatchLedger', false, 'NotInTheSet', `${message}: ask for fewer replicas, or propose it anew`);
  }
  if (joiner !== undefined) return verdict('PoolsMatchLedger', false, 'Growing', `${joiner.name} is to become a validator`);
  return verdict('PoolsMatchLedger', true, 'Match', 'the validators of the ledger are those that the pools ask for');
}

function named(names: readonly string[]): string {
  const rest = names.length - NAMED_MAX;
  return `${names.slice(0, NAMED_MAX).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function progress(observed: ObservedNetwork, plan: NetworkPlan, serving: boolean): Verdict {
  if (observed.network.metadata.deletionTimestamp !== undefined)
    return observed.openLinks.length === 0
      ? verdict('Progressing', true, 'Removing', 'links are drained; pods are being removed, volumes and keys as deletionPolicy says')
      : verdict('Progressing', true, 'Draining', drainText(observed.openLinks));
  if (plan.effective.hibernated) return hibernation(observed, plan);
  if (plan.waiting !== undefined) return verdict('Progressing', true, plan.waiting.reason, plan.waiting.message);
  if (plan.growth !== undefined) return verdict('Progressing', true, plan.growth.reason, plan.growth.message);
  const moving = plan.actions.find(
    (action) => action.type === 'deletePod' || action.type === 'createPod' || action.type === 'grantSigning',
  );
  if (moving?.type === 'deletePod') return verdict('Progressing', true, 'ReplacingPod', `${moving.name}: ${moving.reason}`);
  if (moving !== undefined || !serving) return verdict('Progressing', true, 'Starting', 'nodes are starting');
  const before = observed.network.status?.conditions?.find(({ type }) => type === 'Progressing')?.reason ?? '';
  if (!GROWTH_REASONS.includes(before)) return verdict('Progressing', false, 'Settled', 'nothing is under way');
  const { inSet, faultTolerance: faults } = countValidators(observed, plan);
  return verdict('Progressing', false, 'Grown', `${inSet} validators sign blocks; ${faults === 0 ? 'none' : faults} may fail`);
}

function hibernation(observed: ObservedNetwork, { effective }: NetworkPlan): Verdict {
  const isAsleep = effective.nodes.every(({ name }) => observed.nodes[name]?.pod === undefined);
  return isAsleep
    ? verdict('Progressing', false, 'Settled', 'nothing is under way')
    : verdict('Progressing', true, 'FallingAsleep', 'pods are being ended');
}

/** Links that are waited for, with what they carry; bounded, however many there are. */
export function drainText(links: readonly OpenLink[]): string {
  const named = links.slice(0, NAMED_MAX).map(({ name, inFlight }) => `${name} (${inFlight} in flight)`);
  const rest = links.length - named.length;
  return `waiting for links to drain: ${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function certificates(observed: ObservedNetwork, plan: NetworkPlan): Verdict {
  const expired = plan.effective.nodes.filter(
    (node) => (observed.nodes[node.name]?.certificate?.notAfterUnixMs ?? 0) <= observed.nowUnixMs,
  );
  if (expired.length === 0) return verdict('CertificatesValid', true, 'Valid', 'every node holds a certificate that has not ended');
  return verdict('CertificatesValid', false, 'Missing', `no valid certificate: ${expired.map((node) => node.name).join(', ')}`);
}

/** Reasons of Progressing on a network that was deleted. */
const REMOVAL_PHASES: readonly string[] = ['Draining', 'Closing', 'RemovingBackups', 'Stopping', 'Removing'];

/** One word for `kubectl get`, from the conditions alone. */
export function networkPhase(verdicts: readonly Verdict[]): string {
  const holds = (type: string): Verdict | undefined => verdicts.find((entry) => entry.type === type && entry.status === 'True');
  const progress = holds('Progressing')?.reason;
  if (progress !== undefined && REMOVAL_PHASES.includes(progress)) return progress;
  if (holds('Paused') !== undefined) return 'Paused';
  if (holds('Degraded') !== undefined) return 'Degraded';
  if (verdicts.some(({ type }) => type === 'Hibernated')) return 'Hibernated';
  if (holds('Available') !== undefined) return 'Available';
  return verdicts.find((entry) => entry.type === 'Available')?.reason ?? 'Pending';
}

/** The status fields besides the conditions. */
export function networkFacts(
  observed: ObservedNetwork,
  plan: NetworkPlan,
  sha256: Sha256,
): Omit<LedgerNetworkStatus, 'conditions' | 'phase' | 'observedGeneration'> {
  const answers = plan.effective.nodes.flatMap((node) => observed.nodes[node.name]?.answer ?? []);
  const head = answers.reduce<(typeof answers)[number] | undefined>(
    (best, answer) => (best === undefined || answer.height > best.height ? answer : best),
    undefined,
  );
  const previous = observed.network.status;
  const first = observed.nodes[plan.effective.nodes[0]?.name ?? ''];
  const grpc = observed.gatewayAddress;
  return {
    engine: plan.effective.engine,
    ...optional(
      'genesisHash',
      observed.genesisRecord === undefined ? previous?.genesisHash : genesisHashOf(observed.genesisRecord, sha256),
    ),
    ...optional('height', head === undefined || head.height === 0 ? previous?.height : head.height),
    ...optional('root', head === undefined || head.root === '' ? previous?.root : head.root),
    validators: countValidators(observed, plan),
    ...optional('release', head?.version ?? previous?.release),
    ...optional('endpoints', grpc === undefined ? previous?.endpoints : { grpc, metrics: `${first?.pod?.ip ?? ''}:${PORTS.metrics}` }),
    ...optional('certificates', earliest(observed, plan)),
    ...optional('lastVerifiedBackup', lastVerifiedBackup(observed.backups)),
    ...dayTwoFacts(observed, plan),
  };
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]: Value });
}

function earliest(observed: ObservedNetwork, plan: NetworkPlan): LedgerNetworkStatus['certificates'] {
  let first: { readonly node: string; readonly notAfterUnixMs: number } | undefined;
  for (const { name } of plan.effective.nodes) {
    const certificate = observed.nodes[name]?.certificate;
    if (certificate === undefined || (first !== undefined && first.notAfterUnixMs <= certificate.notAfterUnixMs)) continue;
    first = { node: name, notAfterUnixMs: certificate.notAfterUnixMs };
  }
  return first === undefined ? undefined : { earliestExpiry: rfc3339(first.notAfterUnixMs), node: first.node };
}
