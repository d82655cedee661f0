import type { PasswordHash } from '../password/password-hash.ts';

/** Everything the users file holds. Never changed in place. */
export interface DirectoryState {
  readonly formatVersion: 1;
  readonly users: readonly User[];
  readonly organizations: readonly Organization[];
  readonly invitations: readonly Invitation[];
  readonly clients: readonly ServiceClient[];
}

export interface User {
  readonly id: string;
  /** Lower case; what is typed at sign-in. */
  readonly username: string;
  /** Lower case; empty for who has none. */
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly locale: string | undefined;
  readonly isEnabled: boolean;
  readonly password: PasswordHash;
  readonly mustChangePassword: boolean;
  readonly totp: TotpEnrolment | undefined;
  readonly platformRoles: readonly string[];
  /** Sessions and tokens of sign-ins before this are void, Unix seconds. */
  readonly notBeforeUnixS: number;
}

export interface TotpEnrolment {
  /** Shared with the person's authenticator, base32. */
  readonly secret: string;
  /** Last time step whose code was taken: no code works twice (RFC 6238, section 5.2). */
  readonly lastStep: number;
}

export interface Organization {
  readonly id: string;
  /** Never changes: the Agency's name. */
  readonly alias: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly isEnabled: boolean;
  readonly domains: readonly { readonly name: string; readonly verified: boolean }[];
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  readonly groups: readonly Group[];
  /** Ids of people. */
  readonly members: readonly string[];
}

export interface Group {
  readonly id: string;
  readonly name: string;
  /** Ids of people, each also a member of the organization. */
  readonly members: readonly string[];
}

export interface Invitation {
  readonly id: string;
  readonly organizationId: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  /** What the link carries; the mailbox shows it, so it is kept as it is. */
  readonly token: string;
  readonly sentAtUnixS: number;
  readonly expiresAtUnixS: number;
}

/** A program of an agency, signed in by its secret. */
export interface ServiceClient {
  readonly id: string;
  readonly clientId: string;
  readonly name: string;
  readonly isEnabled: boolean;
  readonly secret: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly protocolMappers: readonly ProtocolMapper[];
}

export interface ProtocolMapper {
  readonly name: string;
  readonly protocolMapper: string;
  readonly config: Readonly<Record<string, string>>;
}

export const EMPTY_STATE: DirectoryState = { formatVersion: 1, users: [], organizations: [], invitations: [], clients: [] };

/** Roles of an agency, as groups of its organization. */
export const ORGANIZATION_ROLES = ['owner', 'operator', 'auditor', 'developer'] as const;

/** The list with the item of the same id replaced by its changed self. */
export function withChanged<T extends { readonly id: string }>(list: readonly T[], id: string, change: (item: T) => T): readonly T[] {
  return list.map((item) => (item.id === id ? change(item) : item));
}

export function findUserByName(state: DirectoryState, typed: string): User | undefined {
  const name = typed.trim().toLowerCase();
  if (name === '') return undefined;
  return state.users.find((user) => user.username === name || user.email === name);
}
