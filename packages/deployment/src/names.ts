/** Identities as they stand in certificates: one URI SAN a leaf (trust.md, "TLS"). `network` is the chain id. */
export const spiffe = {
  node: (network: string, organisation: string, node: string): string => `spiffe://civitas/${network}/${organisation}/${node}`,
  operator: (network: string): string => `spiffe://civitas/${network}/platform/operator`,
  relay: (network: string): string => `spiffe://civitas/${network}/platform/relay`,
  backup: (network: string): string => `spiffe://civitas/${network}/platform/backup`,
  console: (network: string): string => `spiffe://civitas/${network}/platform/console`,
  client: (network: string, organisation: string, client: string): string => `spiffe://civitas/${network}/${organisation}/client/${client}`,
} as const;

/** Who a certificate says its holder is. */
export interface PeerIdentity {
  readonly network: string;
  readonly organisation: string;
  /** `node` serves, `operator`, `relay`, `backup` and `console` are the platform's, `client` is a credential profile. */
  readonly kind: 'node' | 'operator' | 'relay' | 'backup' | 'console' | 'client';
  readonly name: string;
}

const SEGMENT = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/;

/** Reads a URI SAN; undefined when it is not one of ours, to the letter. */
export function findPeerIdentity(uri: string): PeerIdentity | undefined {
  const prefix = 'spiffe://civitas/';
  if (!uri.startsWith(prefix)) return undefined;
  const segments = uri.slice(prefix.length).split('/');
  if (!segments.every((segment) => SEGMENT.test(segment))) return undefined;
  const [network, organisation, third, fourth] = segments;
  if (network === undefined || organisation === undefined || third === undefined) return undefined;
  if (segments.length === 4 && third === 'client' && fourth !== undefined) return { network, organisation, kind: 'client', name: fourth };
  if (segments.length !== 3) return undefined;
  if (organisation === 'platform')
    return third === 'operator' || third === 'relay' || third === 'backup' || third === 'console'
      ? { network, organisation, kind: third, name: third }
      : undefined;
  return { network, organisation, kind: 'node', name: third };
}
