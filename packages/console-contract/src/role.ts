/** What people of an agency may be in it; groups `/owner` … of its organization. */
export const ROLES = ['owner', 'operator', 'auditor', 'developer'] as const;
export type Role = (typeof ROLES)[number];

/** Realm role of those who run the platform. */
export const PLATFORM_ADMIN = 'platform-admin';
