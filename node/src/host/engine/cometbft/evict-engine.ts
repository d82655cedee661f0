import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { EngineFault } from './engine-fault.ts';
import type { EngineRpc } from './engine-rpc.ts';
import { EVICT_POLL_MS } from './limits.ts';

/** Whether anybody listens on a unix socket. */
export function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * Makes an engine end whose application fails every call by now; resolves when its RPC is gone.
 *
 * CometBFT 0.38 over gRPC does not end with its application: a call that was open fails and its consensus stops while the process stays,
 * and every later call waits for the next server. A failed CheckTx alone makes it end, so it is offered transactions until it does.
 */
export async function evictEngine(parts: {
  readonly rpc: Pick<EngineRpc, 'offer'>;
  readonly rpcSocket: string;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { rpc, rpcSocket, signal } = parts;
  while (!signal.aborted && (await isListening(rpcSocket))) {
    const offered = rpc.offer(randomBytes(32)).catch((error: unknown) => {
      if (!(error instanceof EngineFault)) throw error;
    });
    await Promise.race([offered, pause(EVICT_POLL_MS)]);
    await pause(EVICT_POLL_MS);
  }
}
