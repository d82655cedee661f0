import type { Agency } from '../resources/agency.ts';
import type { AgencyMembershipObject } from '../resources/agency-membership.ts';

/** Finalizer of an AgencyMembership: its end is the members' to decide. */
export const MEMBERSHIP_FINALIZER = 'civitas.dev/leave';

/** Whether a membership is to end: a person said so, its time is over, or its object is deleted. */
export function isEnding({ metadata, spec }: AgencyMembershipObject, nowUnixMs: number, expiresAtUnixMs: number | undefined): boolean {
  const isOver = expiresAtUnixMs !== undefined && nowUnixMs >= expiresAtUnixMs;
  return spec.ended === true || isOver || metadata.deletionTimestamp !== undefined;
}

/** Agencies with the memberships that stand as objects of their own among those of their spec; roles of both add up. */
export function withMemberships(agencies: readonly Agency[], memberships: readonly AgencyMembershipObject[]): readonly Agency[] {
  if (memberships.length === 0) return agencies;
  return agencies.map((agency): Agency => {
    const own = memberships.filter(({ spec }) => spec.agencyRef === agency.metadata.name);
    if (own.length === 0) return agency;
    const merged = [...agency.spec.memberships];
    for (const { metadata, spec } of own) {
      const at = merged.findIndex(
        ({ network, namespace }) => network === spec.networkRef && (namespace ?? metadata.namespace) === metadata.namespace,
      );
      const known = merged[at];
      const roles = [...new Set([...(known?.roles ?? []), ...(spec.roles ?? [])])];
      const entry = { network: spec.networkRef, ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }), roles };
      if (known === undefined) merged.push(entry);
      else merged[at] = { ...known, roles };
    }
    return { ...agency, spec: { ...agency.spec, memberships: merged } };
  });
}
