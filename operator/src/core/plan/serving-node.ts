import type { LedgerNode } from '../resources/ledger-node.ts';

/** A node as one that could be asked about its ledger. */
export interface Askable {
  readonly node: LedgerNode;
  readonly isReady: boolean;
}

/**
 * The node that a ledger is read and written through: of the lowest ordinal, so that what was written through it is read through it. One
 * that is fenced stands still, and one that lags does not know yet what its members decided: they are asked only where no other is.
 *
 * @param nodes Those that have a pod.
 */
export function chooseServingNode(nodes: readonly Askable[]): LedgerNode | undefined {
  const rank = ({ node, isReady }: Askable): number => {
    if (!isReady) return 3;
    if (node.spec.fenced === true) return 2;
    return isCaughtUp(node) ? 0 : 1;
  };
  const [best] = [...nodes].sort((left, right) => rank(left) - rank(right) || left.node.spec.ordinal - right.node.spec.ordinal);
  return best?.node;
}

function isCaughtUp({ status }: LedgerNode): boolean {
  return status?.conditions?.some(({ type, status: holds }) => type === 'CaughtUp' && holds === 'True') ?? false;
}
