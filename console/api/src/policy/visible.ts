import { isPlatformAdmin, type Principal } from '@civitas/identity';

/** Agencies the caller belongs to with any role; `all` for those who run the platform. */
export function visibleAgencies(principal: Principal): 'all' | ReadonlySet<string> {
  if (isPlatformAdmin(principal)) return 'all';
  return new Set(
    Object.entries(principal.organizations)
      .filter(([, roles]) => roles.length > 0)
      .map(([agency]) => agency),
  );
}

/** Whether something that these agencies share may be seen. */
export function isVisible(visible: 'all' | ReadonlySet<string>, agencies: readonly string[]): boolean {
  return visible === 'all' || agencies.some((agency) => visible.has(agency));
}
