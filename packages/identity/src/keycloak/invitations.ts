import { refuse } from '@civitas/canon';
import type { IdentityDirectory, Invitation } from '../identity-directory.ts';
import { EMAIL_CHARS_MAX, INVITED_ROLES_MAX } from '../limits.ts';
import { type AgencyRole, isAgencyRole } from '../role.ts';
import { type AdminRest, messageOf } from './admin-rest.ts';
import type { Members } from './members.ts';
import { accepted, type HeldOrganization, INVITED, type Organizations } from './organizations.ts';
import { isId, readPages } from './pages.ts';
import type { Representation } from './representation.ts';

export type Invitations = Pick<
  IdentityDirectory,
  'invite' | 'listInvitations' | 'resendInvitation' | 'revokeInvitation' | 'settleInvitations'
>;

const DONE = { ok: true, value: undefined } as const;

interface InvitedRole {
  readonly role: AgencyRole;
  readonly email: string;
}

/**
 * Keycloak's invitations know no groups, so the roles wait in an attribute of the organization until the person is a member. They are
 * written after the invitation stands: a crash between the two leaves someone without a role, never a role without an invitation.
 */
export function createInvitations(rest: AdminRest, organizations: Organizations, members: Members): Invitations {
  const settle = createSettlement(rest, organizations, members);

  return {
    async invite(alias, { email, firstName, lastName, roles }) {
      const organization = await organizations.find(alias);
      if (organization === undefined) return refuse('ORGANIZATION_UNKNOWN', { alias });
      const address = email.toLowerCase();
      if (!/^[^\s@]+@[^\s@]+$/.test(address) || address.length > EMAIL_CHARS_MAX)
        return refuse('DIRECTORY_INPUT', { said: 'no e-mail address' });
      const waiting = organization.representation.attributes()[INVITED] ?? [];
      if (waiting.length + roles.length > INVITED_ROLES_MAX) return refuse('INVITATIONS_FULL', { waiting: waiting.length });
      const form = { email: address, firstName, lastName };
      const answer = await rest.call({ method: 'POST', path: `/organizations/${organization.id}/members/invite-user`, form });
      if (answer.status === 409) return refuse('MEMBER_ALREADY', { alias });
      if (answer.status === 400) return refuse('DIRECTORY_INPUT', { said: messageOf(answer.body) });
      if (answer.status === 404) return refuse('ORGANIZATION_UNKNOWN', { alias });
      const asked = roles.map((role) => `${role} ${address}`);
      await organizations.setAttribute(alias, INVITED, (texts) => [...texts.filter((text) => !asked.includes(text)), ...asked]);
      const held = await organizations.find(alias);
      const invitation =
        held === undefined ? undefined : (await readInvitations(rest, held))?.find((candidate) => candidate.email === address);
      return invitation === undefined ? refuse('INVITATION_UNKNOWN', { alias }) : { ok: true, value: invitation };
    },
    async listInvitations(alias) {
      const organization = await organizations.find(alias);
      const invitations = organization === undefined ? undefined : await readInvitations(rest, organization);
      return invitations === undefined ? refuse('ORGANIZATION_UNKNOWN', { alias }) : { ok: true, value: invitations };
    },
    async resendInvitation(alias, id) {
      const organization = await organizations.find(alias);
      if (organization === undefined) return refuse('ORGANIZATION_UNKNOWN', { alias });
      if (!isId(id)) return refuse('INVITATION_UNKNOWN', { alias });
      const answer = await rest.call({ method: 'POST', path: `/organizations/${organization.id}/invitations/${id}/resend` });
      if (answer.status === 404 || answer.status === 400) return refuse('INVITATION_UNKNOWN', { alias });
      accepted(answer, 'invitation');
      return DONE;
    },
    async revokeInvitation(alias, id) {
      const organization = await organizations.find(alias);
      if (organization === undefined) return refuse('ORGANIZATION_UNKNOWN', { alias });
      const invitation = (await readInvitations(rest, organization))?.find((candidate) => candidate.id === id);
      if (invitation === undefined || !isId(id)) return refuse('INVITATION_UNKNOWN', { alias });
      // First the roles: what a crash leaves is an invitation without any, never roles that wait for whoever comes with that address.
      await withdraw(organizations, alias, [invitation.email]);
      const answer = await rest.call({ method: 'DELETE', path: `/organizations/${organization.id}/invitations/${id}` });
      return answer.status === 404 ? refuse('INVITATION_UNKNOWN', { alias }) : DONE;
    },
    settleInvitations: settle,
  };
}

async function readInvitations(rest: AdminRest, { id, representation }: HeldOrganization): Promise<readonly Invitation[] | undefined> {
  const waiting = invitedRolesOf(representation.attributes()[INVITED] ?? []);
  const rows = await readPages(rest, `/organizations/${id}/invitations`);
  return rows?.map((row) => invitationOf(row, waiting));
}

function withdraw(organizations: Organizations, alias: string, emails: readonly string[]): Promise<boolean> {
  return organizations.setAttribute(alias, INVITED, (texts) =>
    texts.filter((text) => !invitedRolesOf([text]).some(({ email }) => emails.includes(email))),
  );
}

/** Gives those who accepted the roles that wait for them. */
function createSettlement(rest: AdminRest, organizations: Organizations, members: Members): Invitations['settleInvitations'] {
  return async (alias) => {
    const organization = await organizations.find(alias);
    if (organization === undefined) return refuse('ORGANIZATION_UNKNOWN', { alias });
    const waiting = invitedRolesOf(organization.representation.attributes()[INVITED] ?? []);
    if (waiting.length === 0) return { ok: true, value: 0 };
    // In this order: who accepts in between is in the members, not in neither.
    const open = new Set((await readInvitations(rest, organization))?.map(({ email }) => email));
    const listed = await members.listMembers(alias);
    if (!listed.ok) return listed;
    const settled: string[] = [];
    let given = 0;
    for (const email of new Set(waiting.map((entry) => entry.email))) {
      const member = listed.value.find((candidate) => candidate.email.toLowerCase() === email);
      if (member === undefined) {
        if (!open.has(email)) settled.push(email);
        continue;
      }
      // An address that nobody has shown to be theirs could have been typed by anyone.
      if (!member.isEmailVerified) continue;
      const roles = waiting.filter((entry) => entry.email === email).map(({ role }) => role);
      for (const role of roles.filter((asked) => !member.roles.includes(asked))) await members.grantRole(alias, member.id, role);
      given += 1;
      settled.push(email);
    }
    if (settled.length > 0) await withdraw(organizations, alias, settled);
    return { ok: true, value: given };
  };
}

function invitedRolesOf(texts: readonly string[]): readonly InvitedRole[] {
  return texts.flatMap((text) => {
    const [role = '', email = '', ...more] = text.split(' ');
    return isAgencyRole(role) && email !== '' && more.length === 0 ? [{ role, email: email.toLowerCase() }] : [];
  });
}

function invitationOf(row: Representation, waiting: readonly InvitedRole[]): Invitation {
  const email = row.text('email').toLowerCase();
  return {
    id: row.text('id'),
    email,
    firstName: row.textOr('firstName', ''),
    lastName: row.textOr('lastName', ''),
    roles: waiting.filter((entry) => entry.email === email).map(({ role }) => role),
    sentAtUnixS: row.number('sentDate'),
    expiresAtUnixS: row.number('expiresAt'),
    state: row.textOr('status', '') === 'EXPIRED' ? 'expired' : 'pending',
  };
}
