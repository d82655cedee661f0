import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { PeerDocument, PeersDocument } from '@civitas/deployment';
import { DIAL_ORDER_MS_MAX, DIAL_PROBE_MS } from './limits.ts';

/** Whether a peer's engine takes connections; one that refuses or does not answer in time does not. */
export type IsListening = (peer: PeerDocument) => Promise<boolean>;

export const isPeerListening: IsListening = ({ host, p2pPort }) =>
  new Promise((resolve) => {
    const socket = connect({ host, port: p2pPort, timeout: DIAL_PROBE_MS });
    const answer = (listens: boolean): void => {
      socket.destroy();
      resolve(listens);
    };
    socket
      .once('connect', () => answer(true))
      .once('timeout', () => answer(false))
      .once('error', () => answer(false));
  });

/**
 * Waits, for a bounded time, until the engines that stand before this node in the peers document listen.
 *
 * Two engines that dial each other in the same moment refuse both connections as a duplicate and try again only 5 to 8 s later, so that a
 * network whose nodes all start at once stood still for up to 20 s. Started one after another, a later engine finds an earlier one
 * listening, and the earlier one's own attempt has failed before. A node that starts alone finds them all and waits for nothing.
 */
export async function awaitEarlierEngines(
  peers: PeersDocument['peers'],
  ownNodeId: string,
  parts: { readonly isListening: IsListening; readonly nowMs: () => number; readonly signal: AbortSignal },
): Promise<void> {
  const own = peers.findIndex(({ nodeId }) => nodeId === ownNodeId);
  const earlier = peers.slice(0, Math.max(0, own));
  const deadlineMs = parts.nowMs() + DIAL_ORDER_MS_MAX;
  for (;;) {
    const listening = await Promise.all(earlier.map(parts.isListening));
    if (listening.every(Boolean) || parts.nowMs() >= deadlineMs) return;
    await pause(DIAL_PROBE_MS, undefined, { signal: parts.signal });
  }
}
