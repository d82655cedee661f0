import http2 from 'node:http2';
import tls from 'node:tls';

/** How long a session may take to be made on a connection that stands, ms: gRPC's own MIN_CONNECT_TIMEOUT, which its Node.js library leaves out. */
export const SESSION_TIMEOUT_MS = 20_000;

/** What is made: it says by an event that it is, and ends. */
interface Made {
  once(event: string, listener: () => void): unknown;
  destroy(error: Error): unknown;
}

function limit(made: Made, event: string, { timeoutMs, missing }: { timeoutMs: number; missing: string }): void {
  const timer = setTimeout(() => {
    made.destroy(Object.assign(new Error(`no ${missing} within ${timeoutMs} ms`), { code: 'ETIMEDOUT' }));
  }, timeoutMs);
  timer.unref();
  const end = (): void => clearTimeout(timer);
  made.once(event, end);
  made.once('close', end);
}

const offersHttp2 = (options: unknown): boolean =>
  typeof options === 'object' &&
  options !== null &&
  'ALPNProtocols' in options &&
  Array.isArray(options.ALPNProtocols) &&
  options.ALPNProtocols.includes('h2');

/**
 * Ends every HTTP/2 session of this process whose server takes the connection and then stays silent: no TLS handshake, or no SETTINGS after it.
 * Such a server is a process that hangs or was stopped, or a machine that went while the connection was made. gRPC for Node.js waits for it
 * as long as the kernel sends again, a quarter of an hour and more, and for ever where the kernel still acknowledges.
 *
 * Node has no hook for sessions that are made: the two functions that make them, which gRPC calls by their modules, are wrapped.
 *
 * @returns Takes it back.
 */
export function limitSessions(timeoutMs: number = SESSION_TIMEOUT_MS): () => void {
  const [connectTls, connectHttp2] = [tls.connect, http2.connect];
  const limitedTls = (...parameters: unknown[]): tls.TLSSocket => {
    const socket = Reflect.apply(connectTls, tls, parameters);
    if (offersHttp2(parameters[0])) limit(socket, 'secureConnect', { timeoutMs, missing: 'TLS handshake' });
    return socket;
  };
  const limitedHttp2 = (...parameters: unknown[]): http2.ClientHttp2Session => {
    const session = Reflect.apply(connectHttp2, http2, parameters);
    limit(session, 'remoteSettings', { timeoutMs, missing: 'HTTP/2 SETTINGS' });
    return session;
  };
  Object.assign(tls, { connect: limitedTls });
  Object.assign(http2, { connect: limitedHttp2 });
  return () => {
    Object.assign(tls, { connect: connectTls });
    Object.assign(http2, { connect: connectHttp2 });
  };
}
