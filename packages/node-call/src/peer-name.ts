import { findPeerIdentity, type PeerIdentity } from '@civitas/deployment';

/**
 * The one URI name of a certificate, read from Node's text form of its alternative names.
 *
 * Undefined when there is none, more than one, or an entry that Node had to quote: such a name is no identity of ours.
 */
function findUriName(subjectAltName: string | undefined): string | undefined {
  if (subjectAltName === undefined || subjectAltName.includes('"')) return undefined;
  const uris = subjectAltName.split(', ').filter((name) => name.startsWith('URI:'));
  return uris.length === 1 ? uris[0]?.slice('URI:'.length) : undefined;
}

/** Who a certificate speaks of; undefined when that is nobody of ours. Which authority signed it, TLS has checked. */
export function findPeer(subjectAltName: string | undefined): PeerIdentity | undefined {
  const uri = findUriName(subjectAltName);
  return uri === undefined ? undefined : findPeerIdentity(uri);
}

/**
 * Undefined when a server is the one that was meant, else why not: what `checkServerIdentity` answers. A server is who its one URI name
 * says, whatever the address was.
 *
 * @param expected names in the error whom was asked for, such as `a node of jincheng-health-1`.
 */
export function serverProblem(
  subjectAltName: string | undefined,
  isExpected: (peer: PeerIdentity) => boolean,
  expected: string,
): Error | undefined {
  const peer = findPeer(subjectAltName);
  if (peer !== undefined && isExpected(peer)) return undefined;
  return new Error(`the server is ${findUriName(subjectAltName) ?? 'nobody of ours'}, expected ${expected}`);
}
