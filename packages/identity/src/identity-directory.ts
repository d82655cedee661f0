import type { Result } from '@civitas/canon';
import type { AgencyRole } from './role.ts';

/** The organization of an agency as the directory holds it. */
export interface Organization {
  readonly id: string;
  /** The Agency's name. */
  readonly alias: string;
  readonly displayName: { readonly zh: string; readonly en: string };
  /** People of a disabled organization have no rights in it. */
  readonly enabled: boolean;
  /** Mail domains whose people are the agency's. */
  readonly domains: readonly string[];
}

export interface OrganizationWish {
  readonly alias: string;
  readonly displayName: { readonly zh: string; readonly en: string };
  readonly enabled: boolean;
  readonly domains: readonly string[];
}

/** What an `ensure` had to do. */
export interface Ensured<T> {
  readonly value: T;
  /** Names of what was made or put right, such as `organization` or `group /owner`; empty when all stood. */
  readonly changed: readonly string[];
}

export interface Person {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Whether the provider has seen that the address is theirs. */
  readonly isEmailVerified: boolean;
}

export interface Member extends Person {
  readonly roles: readonly AgencyRole[];
}

export interface InvitationWish {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  /** What they get once they are members. */
  readonly roles: readonly AgencyRole[];
}

export interface Invitation {
  readonly id: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly roles: readonly AgencyRole[];
  readonly sentAtUnixS: number;
  readonly expiresAtUnixS: number;
  readonly state: 'pending' | 'expired';
}

/** A program of an agency that signs in with a secret of its own. */
export interface ServiceClient {
  readonly clientId: string;
  readonly alias: string;
  readonly name: string;
  readonly roles: readonly AgencyRole[];
}

export interface ServiceClientWish {
  readonly alias: string;
  readonly name: string;
  readonly roles: readonly AgencyRole[];
  /** Secret that it should have; without one the provider's stays. 32 … 128 characters. */
  readonly secret?: string;
}

/**
 * Organizations, people, invitations and service clients of agencies. Every call may be repeated; two callers at once end in the same
 * state. Aliases are names of Agencies.
 *
 * Each throws IdentityFault when the directory cannot be asked, and refuses with ORGANIZATION_UNKNOWN where the agency has none there.
 */
export interface IdentityDirectory {
  findOrganization(alias: string): Promise<Organization | undefined>;
  listOrganizations(): Promise<readonly Organization[]>;
  /** Makes or repairs the organization and its four groups. */
  ensureOrganization(wish: OrganizationWish): Promise<Ensured<Organization>>;
  /** Also deletes people that were invited into it and have no other: Keycloak's rule. @returns false where there was none. */
  deleteOrganization(alias: string): Promise<boolean>;

  listMembers(alias: string): Promise<Result<readonly Member[]>>;
  findPerson(email: string): Promise<Person | undefined>;
  /** Refuses with PERSON_UNKNOWN, MEMBER_ALREADY. */
  addMember(alias: string, email: string, roles: readonly AgencyRole[]): Promise<Result<Member>>;
  /** Refuses with PERSON_UNKNOWN. */
  removeMember(alias: string, personId: string): Promise<Result<undefined>>;
  /** Refuses with PERSON_UNKNOWN where they are no member. */
  grantRole(alias: string, personId: string, role: AgencyRole): Promise<Result<undefined>>;
  withdrawRole(alias: string, personId: string, role: AgencyRole): Promise<Result<undefined>>;

  /** Sends the mail. Refuses with MEMBER_ALREADY, DIRECTORY_INPUT, INVITATIONS_FULL; faults with DIRECTORY_MAIL. */
  invite(alias: string, wish: InvitationWish): Promise<Result<Invitation>>;
  listInvitations(alias: string): Promise<Result<readonly Invitation[]>>;
  /** Refuses with INVITATION_UNKNOWN. */
  resendInvitation(alias: string, id: string): Promise<Result<undefined>>;
  revokeInvitation(alias: string, id: string): Promise<Result<undefined>>;
  /** Gives those who accepted the roles that they were invited for. @returns how many people got one. */
  settleInvitations(alias: string): Promise<Result<number>>;

  listServiceClients(alias: string): Promise<Result<readonly ServiceClient[]>>;
  /** Makes or repairs a client and returns its secret. */
  ensureServiceClient(wish: ServiceClientWish): Promise<Result<Ensured<{ readonly client: ServiceClient; readonly secret: string }>>>;
  /** A new secret; the old one is void at once. Refuses with SERVICE_CLIENT_UNKNOWN. */
  rotateServiceClient(alias: string, name: string): Promise<Result<string>>;
  /** @returns false where there was none. */
  deleteServiceClient(alias: string, name: string): Promise<boolean>;
}

/** Client id of an agency's program; aliases and names are DNS labels, so dots cannot be mistaken. */
export function serviceClientId(alias: string, name: string): string {
  return `agency.${alias}.${name}`;
}
