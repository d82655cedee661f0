import type { LedgerLinkGrant } from '../resources/ledger-link-grant.ts';
import { type Verdict, verdict } from './network-status.ts';

/** A grant with its expiry read. */
export interface ObservedGrant {
  readonly grant: LedgerLinkGrant;
  readonly expiresAtUnixMs: number | undefined;
}

/** Whether packets of one network are let into another, and to which of its contracts. */
export type Entry =
  | { readonly isLetIn: true /** undefined: all of them. */; readonly ports: readonly string[] | undefined }
  | { readonly isLetIn: false; readonly message: string };

/**
 * Reads the grants as NetworkPolicies are read: a network that no grant names lets in whoever a LedgerLink brings, one that is named by any
 * lets in those alone that are named with it. One that has expired still says that the network is guarded.
 */
export function entryOf(from: string, to: string, grants: readonly ObservedGrant[], nowUnixMs: number): Entry {
  const guarding = grants.filter(({ grant }) => grant.spec.to === to && grant.metadata.deletionTimestamp === undefined);
  if (guarding.length === 0) return { isLetIn: true, ports: undefined };
  const naming = guarding.filter(({ grant }) => grant.spec.from.includes(from));
  const valid = naming.filter(({ expiresAtUnixMs }) => expiresAtUnixMs === undefined || nowUnixMs < expiresAtUnixMs);
  if (valid.length === 0) {
    const names = naming.map(({ grant }) => grant.metadata.name).join(', ');
    const why = naming.length > 0 ? `LedgerLinkGrant ${names} has expired` : `no LedgerLinkGrant names ${from}`;
    return { isLetIn: false, message: `${to} lets nothing of ${from} in: ${why}` };
  }
  const isOpen = valid.some(({ grant }) => grant.spec.ports === undefined);
  return { isLetIn: true, ports: isOpen ? undefined : [...new Set(valid.flatMap(({ grant }) => grant.spec.ports ?? []))].sort() };
}

/** What an entry leaves of the ports that a network has. */
export function portsLetIn(ports: readonly string[], entry: Entry): readonly string[] {
  if (!entry.isLetIn) return [];
  const { ports: only } = entry;
  return only === undefined ? ports : ports.filter((port) => only.includes(port));
}

/** Whether a grant lets anybody in now. */
export function grantVerdict({ grant, expiresAtUnixMs }: ObservedGrant, networks: readonly string[], nowUnixMs: number): Verdict {
  const { to, from, expiresAt } = grant.spec;
  if (expiresAtUnixMs !== undefined && nowUnixMs >= expiresAtUnixMs)
    return verdict('InForce', false, 'Expired', `expiresAt ${expiresAt} is past: ${to} lets none of ${from.join(', ')} in by it`);
  const missing = [to, ...from].filter((name) => !networks.includes(name));
  if (missing.length > 0) return verdict('InForce', false, 'NetworkMissing', `there is no LedgerNetwork ${missing.join(', ')} here`);
  return verdict('InForce', true, 'InForce', `${to} lets ${from.join(', ')} in`);
}
