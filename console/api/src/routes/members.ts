import type { Result } from '@civitas/canon';
import type { ProblemCode, Role } from '@civitas/console-contract';
import { IdentityFault, type Invitation, type Principal } from '@civitas/identity';
import { audited } from '../audit/audited.ts';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { headerOf } from '../http/header-of.ts';
import { pageOf } from '../http/page.ts';
import { ProblemError } from '../http/problem-error.ts';

const CODES: Readonly<Record<string, ProblemCode>> = {
  ORGANIZATION_UNKNOWN: 'NOT_FOUND',
  PERSON_UNKNOWN: 'NOT_FOUND',
  INVITATION_UNKNOWN: 'NOT_FOUND',
  MEMBER_ALREADY: 'ALREADY_EXISTS',
  INVITATIONS_FULL: 'CONFLICT',
};

/** Asks the directory. @throws ProblemError for what it refuses, DIRECTORY_UNREACHABLE for what fails on the way. */
async function ask<T>(call: () => Promise<Result<T>>): Promise<T> {
  try {
    const result = await call();
    if (result.ok) return result.value;
    const { code, facts } = result.refusal;
    throw new ProblemError(CODES[code] ?? 'INVALID', `the identity provider: ${code} ${JSON.stringify(facts)}`, { reason: code });
  } catch (error) {
    if (!(error instanceof IdentityFault)) throw error;
    throw new ProblemError('DIRECTORY_UNREACHABLE', error.message, { reason: error.code, cause: error });
  }
}

const isoOf = (unixS: number): string => new Date(unixS * 1000).toISOString();

function invitationOf({ id, email, firstName, lastName, roles, state, sentAtUnixS, expiresAtUnixS }: Invitation) {
  return { id, email, firstName, lastName, roles: [...roles], state, sentAt: isoOf(sentAtUnixS), expiresAt: isoOf(expiresAtUnixS) };
}

interface Change {
  readonly principal: Principal;
  readonly action: string;
  readonly agency: string;
  readonly person: string;
  readonly facts?: object;
}

export function memberHandlers(
  context: ConsoleContext,
): HandlersOf<
  'listMembers' | 'removeMember' | 'giveRole' | 'takeRole' | 'listInvitations' | 'invite' | 'resendInvitation' | 'deleteInvitation'
> {
  const { directory } = context;
  const change = <T>({ person, ...of }: Change, call: () => Promise<Result<T>>): Promise<T> =>
    audited(context, { ...of, resource: `Member/${person}` }, () => ask(call));
  return {
    listMembers: async ({ params, query }) => {
      const members = await ask(() => directory.listMembers(params.name));
      const page = pageOf(members, query, ({ username, id }) => `${username} ${id}`);
      return {
        ...page,
        items: page.items.map(({ id, username, name, email, enabled, roles }) => ({
          id,
          username,
          name,
          email,
          enabled,
          roles: [...roles],
        })),
      };
    },
    removeMember: async ({ principal, params: { name, id } }) => {
      await change({ principal, action: 'removeMember', agency: name, person: id }, () => directory.removeMember(name, id));
      return undefined;
    },
    giveRole: async ({ principal, params: { name, id, role } }) => {
      await change({ principal, action: 'giveRole', agency: name, person: id, facts: { role } }, () => directory.grantRole(name, id, role));
      return undefined;
    },
    takeRole: async ({ principal, params: { name, id, role } }) => {
      await change({ principal, action: 'takeRole', agency: name, person: id, facts: { role } }, () =>
        directory.withdrawRole(name, id, role),
      );
      return undefined;
    },
    listInvitations: async ({ params, query }) => {
      const page = pageOf(await ask(() => directory.listInvitations(params.name)), query, ({ email, id }) => `${email} ${id}`);
      return { ...page, items: page.items.map(invitationOf) };
    },
    invite: async ({ principal, params: { name }, body, request }) => {
      const roles: readonly Role[] = body.roles;
      const key = { sub: principal.sub, header: headerOf(request, 'idempotency-key'), request: ['invite', name, body] };
      const deed = { principal, action: 'invite', agency: name, person: body.email, facts: { roles } };
      return context.idempotency.once(key, () => change(deed, () => directory.invite(name, { ...body, roles }))).then(invitationOf);
    },
    resendInvitation: async ({ principal, params: { name, id } }) => {
      await change({ principal, action: 'resendInvitation', agency: name, person: id }, () => directory.resendInvitation(name, id));
      return undefined;
    },
    deleteInvitation: async ({ principal, params: { name, id } }) => {
      await change({ principal, action: 'deleteInvitation', agency: name, person: id }, () => directory.revokeInvitation(name, id));
      return undefined;
    },
  };
}
