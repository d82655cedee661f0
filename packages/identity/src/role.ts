/** What people of an agency may be in it; groups `/owner` … of its organization. */
export const AGENCY_ROLES = ['owner', 'operator', 'auditor', 'developer'] as const;
export type AgencyRole = (typeof AGENCY_ROLES)[number];

/** Realm role of those who run the platform. */
export const PLATFORM_ADMIN = 'platform-admin';
const PLATFORM_ROLES: readonly string[] = [PLATFORM_ADMIN];

/** Name of an agency, which is the alias of its organization: a DNS label. */
export const ALIAS = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export function isAgencyRole(text: string): text is AgencyRole {
  return AGENCY_ROLES.some((role) => role === text);
}

export function isPlatformRole(text: string): boolean {
  return PLATFORM_ROLES.includes(text);
}
