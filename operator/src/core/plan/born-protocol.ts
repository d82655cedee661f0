import type { EffectiveNetwork } from './effective-network.ts';
import type { ObservedNetwork } from './observed-network.ts';
import { wantedVersion } from './protocol-plan.ts';

/** Version of a genesis that names none. */
const UNNAMED = 1;

/**
 * Rules that a network is born with: the newest that every node of it could be born with, or older ones that the spec or its catalog asks
 * for. A genesis is written once, so what counts is what each node said with its keys; one of a release that knows no genesis with a
 * version said nothing.
 */
export function bornProtocol(observed: ObservedNetwork, network: EffectiveNetwork): number {
  const possible = network.nodes.map(({ name }) => observed.nodes[name]?.ledgerNode?.status?.bornProtocolMax ?? UNNAMED);
  return Math.min(wantedVersion(observed, network.version) ?? Number.MAX_SAFE_INTEGER, ...possible);
}
