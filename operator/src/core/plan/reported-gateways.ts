import { VAULT_ORDINAL } from '../desired/names.ts';
import type { LedgerNode, ReportedOrganisation } from '../resources/ledger-node.ts';

/** Keys that one node reported for one organisation. */
export interface ReportedGateway extends ReportedOrganisation {
  readonly node: string;
}

/**
 * What the nodes of a network reported, in order. A node speaks for its own organisation alone; only the node of the vaults speaks for
 * all. What one says beyond that is nobody's.
 */
export function reportedGateways(nodes: readonly LedgerNode[]): readonly ReportedGateway[] {
  return [...nodes]
    .sort((left, right) => left.spec.ordinal - right.spec.ordinal)
    .flatMap(({ metadata, spec, status }) =>
      (status?.organisations ?? [])
        .filter(({ organisation }) => spec.ordinal === VAULT_ORDINAL || organisation === spec.organisation)
        .map((reported) => ({ ...reported, node: metadata.name })),
    );
}
