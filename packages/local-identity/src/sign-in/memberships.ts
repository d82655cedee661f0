import { randomBytes, randomUUID } from 'node:crypto';
import { refuse } from '@civitas/canon';
import { INVITATION_S, INVITATIONS_MAX, USERS_MAX } from '../limits.ts';
import type { PasswordHash } from '../password/password-hash.ts';
import { type DirectoryState, type Invitation, type Organization, type User, withChanged } from '../store/state.ts';
import type { Change } from '../store/users-file.ts';

const TOKEN_BYTES = 32;

export function findOrganization(state: DirectoryState, id: string): Organization | undefined {
  return state.organizations.find((organization) => organization.id === id);
}

/** The invitation of a link, while it is good. */
export function findInvitation(state: DirectoryState, token: string, nowUnixS: number): Invitation | undefined {
  return state.invitations.find((invitation) => invitation.token === token && invitation.expiresAtUnixS > nowUnixS);
}

function withMember(organization: Organization, userId: string): Organization {
  return organization.members.includes(userId) ? organization : { ...organization, members: [...organization.members, userId] };
}

/** The organization without a person, in its groups too. */
export function withoutMember(organization: Organization, userId: string): Organization {
  const without = (ids: readonly string[]): readonly string[] => ids.filter((id) => id !== userId);
  const groups = organization.groups.map((group) => ({ ...group, members: without(group.members) }));
  return { ...organization, members: without(organization.members), groups };
}

export interface Invitee {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
}

/** A new invitation; its token is the only way in. */
export function invite(organizationId: string, invitee: Invitee, nowUnixS: number): Change<Invitation> {
  return (state) => {
    const organization = findOrganization(state, organizationId);
    if (organization === undefined) return refuse('IDENTITY_UNKNOWN');
    const user = state.users.find(({ email }) => email === invitee.email);
    const others = state.invitations.filter(({ expiresAtUnixS }) => expiresAtUnixS > nowUnixS);
    const isOut = others.some((invitation) => invitation.organizationId === organizationId && invitation.email === invitee.email);
    if (isOut || (user !== undefined && organization.members.includes(user.id))) return refuse('IDENTITY_TAKEN');
    if (others.length >= INVITATIONS_MAX) return refuse('IDENTITY_FULL', { countMax: INVITATIONS_MAX });
    const invitation: Invitation = {
      ...invitee,
      id: randomUUID(),
      organizationId,
      token: randomBytes(TOKEN_BYTES).toString('base64url'),
      sentAtUnixS: nowUnixS,
      expiresAtUnixS: nowUnixS + INVITATION_S,
    };
    return { ok: true, state: { ...state, invitations: [...others, invitation] }, value: invitation };
  };
}

/** The invitation anew: the link of the one before stops working. */
export function resend(organizationId: string, id: string, nowUnixS: number): Change<Invitation> {
  return (state) => {
    const found = state.invitations.find((invitation) => invitation.id === id && invitation.organizationId === organizationId);
    if (found === undefined) return refuse('IDENTITY_UNKNOWN');
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const fresh = { ...found, token, sentAtUnixS: nowUnixS, expiresAtUnixS: nowUnixS + INVITATION_S };
    return { ok: true, state: { ...state, invitations: withChanged(state.invitations, id, () => fresh) }, value: fresh };
  };
}

export interface NewPerson {
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly locale: string;
  readonly password: PasswordHash;
}

/**
 * Uses up a link: the invited person becomes a member, as who they are already or as a new person. Everything is checked again here,
 * so that two browsers with one link make one member.
 */
export function acceptInvitation(token: string, person: NewPerson | { readonly userId: string }, nowUnixS: number): Change<Organization> {
  return (state) => {
    const invitation = findInvitation(state, token, nowUnixS);
    const organization = invitation === undefined ? undefined : findOrganization(state, invitation.organizationId);
    if (invitation === undefined || organization === undefined) return refuse('IDENTITY_UNKNOWN');
    const isNew = 'username' in person;
    const isTaken =
      isNew && state.users.some(({ username, email }) => [username, email].includes(person.username) || email === invitation.email);
    if (isTaken) return refuse('IDENTITY_TAKEN');
    if (isNew && state.users.length >= USERS_MAX) return refuse('IDENTITY_FULL', { countMax: USERS_MAX });
    const id = isNew ? randomUUID() : person.userId;
    const added: readonly User[] = isNew
      ? [
          {
            ...person,
            id,
            email: invitation.email,
            isEnabled: true,
            mustChangePassword: false,
            totp: undefined,
            platformRoles: [],
            notBeforeUnixS: 0,
          },
        ]
      : [];
    const next = {
      ...state,
      users: [...state.users, ...added],
      organizations: withChanged(state.organizations, organization.id, (present) => withMember(present, id)),
      invitations: state.invitations.filter((other) => other.id !== invitation.id),
    };
    return { ok: true, state: next, value: organization };
  };
}
