import type { KubeObject } from '@civitas/kube';
import { AGENCY_CONDITIONS, LINK_CONDITIONS, NETWORK_CONDITIONS } from '@civitas/telemetry';
import type { Verdict } from '../../core/plan/verdict.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import type { OperatorMetrics } from './operator-metrics.ts';

export interface NamedNetwork {
  readonly spec: Pick<LedgerNetwork['spec'], 'chainId'>;
  readonly metadata: Pick<KubeObject['metadata'], 'namespace' | 'name'>;
}

/** Labels of every series about a network. */
export function networkLabels({ spec, metadata }: NamedNetwork): { readonly network: string; readonly resource: string } {
  return { network: spec.chainId, resource: resourceOf(metadata) };
}

function resourceOf({ namespace = '', name }: Pick<KubeObject['metadata'], 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

/** What a status says at this moment, by type; a condition that it no longer has is no longer reported. */
function report(
  types: readonly string[],
  verdicts: readonly Verdict[],
  series: { set: (condition: string, value: number) => void; forget: (condition: string) => void },
): void {
  const told = new Map(verdicts.map(({ type, status }) => [type, status]));
  for (const type of types) {
    const status = told.get(type);
    if (status === undefined) series.forget(type);
    else series.set(type, status === 'True' ? 1 : 0);
  }
}

export function reportNetworkConditions(metrics: OperatorMetrics, network: NamedNetwork, verdicts: readonly Verdict[]): void {
  const labels = networkLabels(network);
  report(NETWORK_CONDITIONS, verdicts, {
    set: (condition, value) => metrics.networkCondition.set({ ...labels, condition }, value),
    forget: (condition) => metrics.networkCondition.forget({ ...labels, condition }),
  });
}

export function reportLinkConditions(metrics: OperatorMetrics, { metadata }: KubeObject, verdicts: readonly Verdict[]): void {
  const link = resourceOf(metadata);
  report(LINK_CONDITIONS, verdicts, {
    set: (condition, value) => metrics.linkCondition.set({ link, condition }, value),
    forget: (condition) => metrics.linkCondition.forget({ link, condition }),
  });
}

export function reportAgencyConditions(metrics: OperatorMetrics, { metadata }: KubeObject, verdicts: readonly Verdict[]): void {
  const agency = metadata.name;
  report(AGENCY_CONDITIONS, verdicts, {
    set: (condition, value) => metrics.agencyCondition.set({ agency, condition }, value),
    forget: (condition) => metrics.agencyCondition.forget({ agency, condition }),
  });
}

/** A network that is gone has no condition, no height and no certificate. @param resource `namespace/name`. */
export function forgetNetwork(metrics: OperatorMetrics, resource: string): void {
  for (const family of [
    metrics.networkCondition,
    metrics.networkHeight,
    metrics.validatorsServing,
    metrics.validatorsInSet,
    metrics.spareFaults,
    metrics.certificateNotAfter,
  ])
    family.forget({ resource });
}
