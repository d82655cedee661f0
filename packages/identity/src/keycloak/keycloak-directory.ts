import type { IdentityDirectory } from '../identity-directory.ts';
import { type AdminRestOptions, createAdminRest } from './admin-rest.ts';
import { createInvitations } from './invitations.ts';
import { createMembers } from './members.ts';
import { createOrganizations } from './organizations.ts';
import { createServiceClients } from './service-clients.ts';

/**
 * The directory as Keycloak's Admin REST holds it, and the laptop's local identity, which answers the same calls (README.md).
 *
 * @param options Address and realm, and the service client that asks.
 */
export function createKeycloakDirectory(options: AdminRestOptions): IdentityDirectory {
  const rest = createAdminRest(options);
  const organizations = createOrganizations(rest);
  const members = createMembers(rest, organizations);
  return {
    findOrganization: (alias) => organizations.find(alias),
    listOrganizations: () => organizations.list(),
    ensureOrganization: (wish) => organizations.ensure(wish),
    deleteOrganization: (alias) => organizations.remove(alias),
    ...members,
    ...createInvitations(rest, organizations, members),
    ...createServiceClients(rest, organizations),
  };
}
