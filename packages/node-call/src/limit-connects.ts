import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { limitSessions, SESSION_TIMEOUT_MS } from './limit-sessions.ts';

/** How long a TCP connection may take to be made, ms: two lost packets (asked again after 1 s and 3 s) are still waited for. */
export const CONNECT_TIMEOUT_MS = 5_000;

const CHANNEL = 'net.client.socket';

function limit(socket: Socket, timeoutMs: number): void {
  const timer = setTimeout(() => {
    if (!socket.connecting) return;
    const message = `no TCP connection within ${timeoutMs} ms`;
    socket.destroy(Object.assign(new Error(message), { code: 'ETIMEDOUT', syscall: 'connect' }));
  }, timeoutMs);
  timer.unref();
  const end = (): void => clearTimeout(timer);
  socket.once('connect', end).once('close', end);
}

/**
 * Ends every TCP connection of this process that is not made in time, with ETIMEDOUT.
 *
 * gRPC for Node.js waits for a connection as long as the kernel does, two minutes and more, and refuses all calls of the channel meanwhile: one
 * packet to the address of a pod that was just removed, and a client is away for that long though the next pod serves
 * (grpc/grpc-node issue 2785). What follows on a connection that was made is limited with it (`limitSessions`).
 *
 * @returns Takes both back.
 */
export function limitConnects(timeoutMs: number = CONNECT_TIMEOUT_MS, sessionTimeoutMs: number = SESSION_TIMEOUT_MS): () => void {
  const takeBackSessions = limitSessions(sessionTimeoutMs);
  const onSocket = (message: unknown): void => limit((message as { readonly socket: Socket }).socket, timeoutMs);
  subscribe(CHANNEL, onSocket);
  return () => {
    unsubscribe(CHANNEL, onSocket);
    takeBackSessions();
  };
}
