import type { Sha256 } from '@civitas/canon';
import { PORTS } from '@civitas/deployment';
import type { LedgerNetworkStatus } from '../resources/ledger-network.ts';
import { genesisHashOf, type NetworkPlan } from './network-plan.ts';
import type { ObservedNetwork, ObservedNode } from './observed-network.ts';
import { faultTolerance, quorum } from './quorum.ts';

/** A condition before the API server's clock and generation are added. */
export interface Verdict {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

type Counts = NonNullable<LedgerNetworkStatus['validators']>;

/** Condition with a Boolean for its status. */
export function verdict(type: string, holds: boolean, reason: string, message: string): Verdict {
  return { type, status: holds ? 'True' : 'False', reason, message };
}

/** Counts of the chain's validators as the nodes themselves answered in this pass. */
export function countValidators(observed: ObservedNetwork, plan: NetworkPlan): Counts {
  const validators = plan.effective.nodes.filter((node) => node.role === 'validator').map((node) => observed.nodes[node.name]);
  const members = validators.length;
  const ready = validators.filter(isServing).length;
  const caughtUp = validators.filter((node) => isServing(node) && node?.answer?.caughtUp === true).length;
  const spareFaults = Math.max(0, caughtUp - quorum(members));
  return {
    members,
    ready,
    caughtUp,
    quorum: quorum(members),
    faultTolerance: faultTolerance(members),
    spareFaults,
    summary: `${ready}/${members}`,
  };
}

function isServing(node: ObservedNode | undefined): boolean {
  return node?.answer?.signing === true && node.answer.phase === 'Serving';
}

/** Everything about the network in words; `phase` is read off these alone. */
export function networkVerdicts(observed: ObservedNetwork, plan: NetworkPlan): readonly Verdict[] {
  const counts = countValidators(observed, plan);
  const { waiting, problems, effective } = plan;
  const problem = problems[0];
  const serving = counts.caughtUp >= counts.quorum;
  const notYet = waiting ?? {
    reason: 'NoQuorum',
    message: `${counts.ready} of ${counts.members} validators serve, ${counts.quorum} are needed`,
  };
  const verdicts: Verdict[] = [
    serving
      ? verdict('Available', true, 'Serving', `blocks are being made by ${counts.ready} of ${counts.members} validators`)
      : verdict('Available', false, notYet.reason, notYet.message),
    verdict(
      'QuorumHealthy',
      serving,
      serving ? 'Quorum' : 'NoQuorum',
      `${counts.caughtUp} of ${counts.members} validators at the head, quorum ${counts.quorum}`,
    ),
    verdict(
      'FullRedundancy',
      counts.caughtUp === counts.members,
      counts.caughtUp === counts.members ? 'AllServing' : 'ValidatorsMissing',
      redundancyText(counts, effective.engine),
    ),
    progress(observed, plan, serving),
    certificates(observed, plan),
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
  if (effective.paused) verdicts.push(verdict('Paused', true, 'AskedFor', 'spec.paused is set: the operator changes nothing'));
  return verdicts;
}

function redundancyText(counts: Counts, engine: string): string {
  if (engine === 'embedded') return `${counts.caughtUp} of 1 validator; the embedded engine survives no fault`;
  return `${counts.caughtUp} of ${counts.members} validators; ${counts.spareFaults} more may fail`;
}

function progress(observed: ObservedNetwork, plan: NetworkPlan, serving: boolean): Verdict {
  if (observed.network.metadata.deletionTimestamp !== undefined) return verdict('Progressing', true, 'Draining', drainText(observed));
  if (plan.waiting !== undefined) return verdict('Progressing', true, plan.waiting.reason, plan.waiting.message);
  const moving = plan.actions.find(
    (action) => action.type === 'deletePod' || action.type === 'createPod' || action.type === 'grantSigning',
  );
  if (moving?.type === 'deletePod') return verdict('Progressing', true, 'ReplacingPod', `${moving.name}: ${moving.reason}`);
  if (moving !== undefined || !serving) return verdict('Progressing', true, 'Starting', 'nodes are starting');
  return verdict('Progressing', false, 'Settled', 'nothing is under way');
}

function drainText({ linkNames }: ObservedNetwork): string {
  return linkNames.length === 0 ? 'links are drained; pods are being removed' : `waiting for links ${linkNames.join(', ')} to drain`;
}

function certificates(observed: ObservedNetwork, plan: NetworkPlan): Verdict {
  const expired = plan.effective.nodes.filter(
    (node) => (observed.nodes[node.name]?.certificate?.notAfterUnixMs ?? 0) <= observed.nowUnixMs,
  );
  if (expired.length === 0) return verdict('CertificatesValid', true, 'Valid', 'every node holds a certificate that has not ended');
  return verdict('CertificatesValid', false, 'Missing', `no valid certificate: ${expired.map((node) => node.name).join(', ')}`);
}

/** One word for `kubectl get`, from the conditions alone. */
export function networkPhase(verdicts: readonly Verdict[]): string {
  const holds = (type: string): Verdict | undefined => verdicts.find((entry) => entry.type === type && entry.status === 'True');
  if (holds('Progressing')?.reason === 'Draining') return 'Draining';
  if (holds('Paused') !== undefined) return 'Paused';
  if (holds('Degraded') !== undefined) return 'Degraded';
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

/** Civil date from days since 1970 (H. Hinnant, "chrono-compatible low-level date algorithms"): pure rooms have no Date. */
export function rfc3339(unixMs: number): string {
  const seconds = Math.floor(unixMs / 1000);
  const days = Math.floor(seconds / 86_400);
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const second = seconds - days * 86_400;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)}T${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}Z`;
}
