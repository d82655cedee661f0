import type { ObservedNetwork } from './observed-network.ts';

/** Its release does not execute the next block: it votes no more, and nothing but another release helps it. */
export function standsBeforeUpgrade({ nodes }: ObservedNetwork, name: string): boolean {
  return nodes[name]?.answer?.phase === 'AwaitingUpgrade';
}
