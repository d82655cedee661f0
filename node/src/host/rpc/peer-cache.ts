import type { PeerIdentity } from '@civitas/deployment';
import { findPeer } from '@civitas/node-call';

export interface CallWithPeer {
  getAuthContext(): { sslPeerCertificate?: { subjectaltname?: string | undefined } };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** The HTTP/2 session that a call came over. The library shows it nowhere; undefined where its insides look otherwise. */
export function sessionOf(call: object): object | undefined {
  let inner = member(call, 'call');
  for (let next = member(inner, 'nextCall'); next !== undefined; next = member(inner, 'nextCall')) inner = next;
  const session = member(member(inner, 'stream'), 'session');
  return typeof session === 'object' && session !== null ? session : undefined;
}

/**
 * Who is at the other end of a connection, read from its certificate once: reading takes more than 100 µs, and a certificate stays the same
 * as long as its connection. Whether that one may still do anything is asked at every call.
 */
export class PeerCache {
  readonly #identities = new WeakMap<object, PeerIdentity>();

  findIdentity(call: CallWithPeer): PeerIdentity | undefined {
    const session = sessionOf(call);
    const known = session === undefined ? undefined : this.#identities.get(session);
    if (known !== undefined) return known;
    const identity = findPeer(call.getAuthContext().sslPeerCertificate?.subjectaltname);
    if (session !== undefined && identity !== undefined) this.#identities.set(session, identity);
    return identity;
  }
}
