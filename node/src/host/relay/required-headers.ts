import type { JsonObject } from '@civitas/canon';
import type { NeededHeader } from './batch.ts';
import { GatewayError, type NetworkClient } from './network-client.ts';

export interface RequiredHeaders {
  readonly needs: readonly NeededHeader[];
  /** Why one of them could not be had; undefined when all were. */
  readonly failure: GatewayError | undefined;
}

interface Requirement {
  readonly peer: string;
  readonly headerHeight: number;
}

/** Headers of third networks that a packet's own references are proven under. */
export function requirementsOf({ requires }: JsonObject): readonly Requirement[] {
  return Array.isArray(requires) ? (requires as readonly object[] as readonly Requirement[]) : [];
}

/**
 * Fetches them, except of networks that nobody here serves. A height is whatever the sender of the packet wrote: a network may not have
 * it, not yet or not any more.
 */
export async function fetchRequired(
  requirements: readonly Requirement[],
  findNetwork: (chainId: string) => Pick<NetworkClient, 'headerAt'> | undefined,
): Promise<RequiredHeaders> {
  const needs: NeededHeader[] = [];
  let failure: GatewayError | undefined;
  for (const { peer, headerHeight } of requirements) {
    try {
      const header = await findNetwork(peer)?.headerAt(headerHeight);
      if (header !== undefined) needs.push({ peer, header });
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      failure = error;
    }
  }
  return { needs, failure };
}
