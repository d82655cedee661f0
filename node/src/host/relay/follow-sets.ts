import { base64urlEncode, type JsonObject } from '@civitas/canon';
import type { Receipt } from '@civitas/proofs';
import { STEPS_MAX } from './limits.ts';
import { LedgerRefusalError, type NetworkClient } from './network-client.ts';

/** A ledger, the network whose header it is shown, and the height of that header. */
export interface Shown {
  readonly at: Pick<NetworkClient, 'network' | 'peers' | 'deliver'>;
  readonly shown: Pick<NetworkClient, 'chainId' | 'headerAt'>;
  readonly target: number;
}

type Refusal = { readonly code: string; readonly facts: JsonObject };

const refusalOf = ({ outcome }: Receipt): Refusal | undefined => (outcome.ok ? undefined : outcome.refusal);

/** The height that must be shown before one that was refused; undefined when no header between helps. */
function heightBetween(refusal: Refusal, trusted: number, height: number): number | undefined {
  // The trusted header announced a set that the client was never shown: the header right after it carries it.
  if (refusal.code === 'VALIDATORS_UNKNOWN') {
    const next = Number(refusal.facts['trustedHeight']) + 1;
    return next < height ? next : undefined;
  }
  if (refusal.code !== 'TRUSTED_POWER_INSUFFICIENT') return undefined;
  const middle = Math.floor((trusted + height) / 2);
  return middle > trusted && middle < height ? middle : undefined;
}

async function clientHeight({ at, shown }: Shown): Promise<number> {
  const peer = (await at.peers()).find(({ chainId }) => chainId === shown.chainId);
  return Number(peer?.clientHeight ?? 0n);
}

/** Shows headers between, each halfway to the next, until the client takes the target. @throws GatewayError when it does not. */
async function bringClient(way: Shown, first: Refusal): Promise<void> {
  const { at, shown, target } = way;
  const heights = [target];
  let refusal: Refusal | undefined = first;
  let last = 0;
  for (let step = 0; step < STEPS_MAX && heights.length > 0; step++) {
    const height = heights.at(-1) ?? target;
    if (refusal !== undefined) {
      const between = heightBetween(refusal, await clientHeight(way), height);
      // The same once more: the ledger took it for spare, and takes it when its time has come.
      if (between === undefined || between === last) throw new LedgerRefusalError(at.network, refusal.code);
      heights.push(between);
      last = between;
    }
    const next = heights.at(-1) ?? target;
    const { lightBlock } = await shown.headerAt(next);
    const updates = [{ peer: shown.chainId, lightBlocks: [base64urlEncode(lightBlock)] }];
    refusal = refusalOf(await at.deliver('update', { updates }));
    // Another relay, or another batch of ours, has brought the client further meanwhile.
    if (refusal?.code === 'HEADER_TOO_OLD') refusal = undefined;
    if (refusal === undefined) heights.pop();
  }
  if (heights.length > 0) throw new LedgerRefusalError(at.network, refusal?.code ?? 'TRUSTED_POWER_INSUFFICIENT');
}

/**
 * Delivers a relay operation. Where the client cannot skip to its header, because validators came and went since the one it trusts, the
 * headers between are shown first.
 *
 * @param way `target` is the height of the header that the operation shows.
 * @throws GatewayError when a gateway did not answer, or the client could not be brought along.
 */
export async function deliverFollowing(way: Shown, verb: Parameters<NetworkClient['deliver']>[0], args: JsonObject): Promise<Receipt> {
  const receipt = await way.at.deliver(verb, args);
  const refusal = refusalOf(receipt);
  if (refusal?.code !== 'VALIDATORS_UNKNOWN' && refusal?.code !== 'TRUSTED_POWER_INSUFFICIENT') return receipt;
  await bringClient(way, refusal);
  return way.at.deliver(verb, args);
}
