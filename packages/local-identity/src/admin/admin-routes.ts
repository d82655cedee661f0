import type { JsonObject, Result } from '@civitas/canon';
import { INVITATION_PATH } from '../sign-in/invitation-pages.ts';
import { findOrganization, invite, resend } from '../sign-in/memberships.ts';
import type { DirectoryState, Invitation, User } from '../store/state.ts';
import type { UsersFile } from '../store/users-file.ts';
import { clientRow, createClient, deleteClient, replaceClient, rotateSecret, secretRow } from './clients.ts';
import { isText, parseEmail } from './field.ts';
import {
  addMember,
  createGroup,
  createOrganization,
  deleteOrganization,
  groupRow,
  memberRow,
  organizationRow,
  removeMember,
  replaceOrganization,
  setGroupMember,
} from './organizations.ts';

/** A call as the routes see it. */
export interface AdminCall {
  readonly ids: readonly string[];
  readonly query: URLSearchParams;
  /** Parsed JSON, or undefined. */
  readonly json: unknown;
  readonly form: URLSearchParams;
}

/** What a route answers: rows, one object, the id of something new, nothing, or a refusal. */
export type AdminAnswer =
  | { readonly is: 'rows'; readonly rows: readonly unknown[] }
  | { readonly is: 'object'; readonly object: unknown }
  | { readonly is: 'created'; readonly id: string }
  | { readonly is: 'done' }
  | { readonly is: 'refused'; readonly code: string; readonly facts: JsonObject };

export interface AdminRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/admin/realms/city`; each `*` is an id. */
  readonly path: string;
  /** Clients that may call it. */
  readonly callers: readonly string[];
  readonly body: 'none' | 'json' | 'form';
  readonly answer: (call: AdminCall) => Promise<AdminAnswer> | AdminAnswer;
}

export interface AdminRoutesOptions {
  readonly users: UsersFile;
  /** Client ids that are set up from outside. */
  readonly reserved: readonly string[];
  readonly nowUnixS: () => number;
  readonly realmUrl: string;
}

export const OPERATOR = 'civitas-operator';
export const CONSOLE = 'civitas-console';

const refusedAs = (code: string, facts: JsonObject = {}): AdminAnswer => ({ is: 'refused', code, facts });
const UNKNOWN = refusedAs('IDENTITY_UNKNOWN');
const rows = (list: readonly unknown[]): AdminAnswer => ({ is: 'rows', rows: list });

async function doneOf(result: Promise<Result<unknown>>): Promise<AdminAnswer> {
  const outcome = await result;
  return outcome.ok ? { is: 'done' } : refusedAs(outcome.refusal.code, outcome.refusal.facts);
}

async function createdOf(result: Promise<Result<string>>): Promise<AdminAnswer> {
  const outcome = await result;
  return outcome.ok ? { is: 'created', id: outcome.value } : refusedAs(outcome.refusal.code, outcome.refusal.facts);
}

function invitationRow({ id, organizationId, email, firstName, lastName, sentAtUnixS, expiresAtUnixS }: Invitation, nowUnixS: number) {
  const status = expiresAtUnixS > nowUnixS ? 'PENDING' : 'EXPIRED';
  return { id, organizationId, email, firstName, lastName, sentDate: sentAtUnixS, expiresAt: expiresAtUnixS, status };
}

function membersOf(state: DirectoryState, ids: readonly string[]): readonly User[] {
  return state.users.filter(({ id }) => ids.includes(id));
}

function organizationRoutes({ users }: AdminRoutesOptions): readonly AdminRoute[] {
  const { state, change } = users;
  const both = [OPERATOR, CONSOLE];
  const search = ({ query }: AdminCall): AdminAnswer => {
    const wanted = query.get('search');
    const isExact = query.get('exact') === 'true';
    const fits = (name: string): boolean => wanted === null || (isExact ? name === wanted : name.includes(wanted));
    return rows(
      state()
        .organizations.filter(({ name, alias }) => fits(name) || fits(alias))
        .map(organizationRow),
    );
  };
  return [
    { method: 'GET', path: '/organizations', callers: both, body: 'none', answer: search },
    {
      method: 'POST',
      path: '/organizations',
      callers: [OPERATOR],
      body: 'json',
      answer: ({ json }) => createdOf(change(createOrganization(json))),
    },
    {
      method: 'GET',
      path: '/organizations/*',
      callers: both,
      body: 'none',
      answer: ({ ids: [id = ''] }) => {
        const found = findOrganization(state(), id);
        return found === undefined ? UNKNOWN : { is: 'object', object: organizationRow(found) };
      },
    },
    {
      method: 'PUT',
      path: '/organizations/*',
      // The console writes the roles of people it has invited into an attribute.
      callers: both,
      body: 'json',
      answer: ({ ids: [id = ''], json }) => doneOf(change(replaceOrganization(id, json))),
    },
    {
      method: 'DELETE',
      path: '/organizations/*',
      callers: [OPERATOR],
      body: 'none',
      answer: ({ ids: [id = ''] }) => doneOf(change(deleteOrganization(id))),
    },
    {
      method: 'GET',
      path: '/organizations/*/groups',
      callers: both,
      body: 'none',
      answer: ({ ids: [id = ''] }) => {
        const found = findOrganization(state(), id);
        return found === undefined ? UNKNOWN : rows(found.groups.map(groupRow));
      },
    },
    {
      method: 'POST',
      path: '/organizations/*/groups',
      callers: both,
      body: 'json',
      answer: ({ ids: [id = ''], json }) => createdOf(change(createGroup(id, json))),
    },
  ];
}

function memberRoutes({ users }: AdminRoutesOptions): readonly AdminRoute[] {
  const { state, change } = users;
  const callers = [CONSOLE];
  const inGroup =
    (isIn: boolean) =>
    ({ ids: [id = '', groupId = '', userId = ''] }: AdminCall): Promise<AdminAnswer> =>
      doneOf(change(setGroupMember(id, groupId, { userId, isIn })));
  return [
    {
      method: 'GET',
      path: '/organizations/*/groups/*/members',
      callers,
      body: 'none',
      answer: ({ ids: [id = '', groupId] }) => {
        const group = findOrganization(state(), id)?.groups.find((candidate) => candidate.id === groupId);
        return group === undefined ? UNKNOWN : rows(membersOf(state(), group.members).map(memberRow));
      },
    },
    { method: 'PUT', path: '/organizations/*/groups/*/members/*', callers, body: 'none', answer: inGroup(true) },
    { method: 'DELETE', path: '/organizations/*/groups/*/members/*', callers, body: 'none', answer: inGroup(false) },
    {
      method: 'GET',
      path: '/organizations/*/members',
      callers,
      body: 'none',
      answer: ({ ids: [id = ''] }) => {
        const found = findOrganization(state(), id);
        return found === undefined ? UNKNOWN : rows(membersOf(state(), found.members).map(memberRow));
      },
    },
    {
      method: 'POST',
      path: '/organizations/*/members',
      callers,
      body: 'json',
      answer: ({ ids: [id = ''], json }) => createdOf(change(addMember(id, json))),
    },
    {
      method: 'DELETE',
      path: '/organizations/*/members/*',
      callers,
      body: 'none',
      answer: ({ ids: [id = '', userId = ''] }) => doneOf(change(removeMember(id, userId))),
    },
    {
      method: 'GET',
      path: '/users',
      callers,
      body: 'none',
      answer: ({ query }) => {
        const email = query.get('email')?.toLowerCase() ?? '';
        return rows(
          email === ''
            ? []
            : state()
                .users.filter((user) => user.email === email)
                .map(memberRow),
        );
      },
    },
  ];
}

function invitationRoutes({ users, nowUnixS, realmUrl }: AdminRoutesOptions): readonly AdminRoute[] {
  const { state, change } = users;
  const ofOrganization = (id: string): readonly Invitation[] => state().invitations.filter(({ organizationId }) => organizationId === id);
  const send = ({ ids: [id = ''], form }: AdminCall): Promise<AdminAnswer> | AdminAnswer => {
    const email = parseEmail(form.get('email'));
    if (!email.ok) return refusedAs(email.refusal.code, email.refusal.facts);
    const [firstName = '', lastName = ''] = ['firstName', 'lastName'].map((name) => form.get(name) ?? '');
    if (!isText(firstName) || !isText(lastName)) return refusedAs('IDENTITY_INVALID', { field: 'firstName' });
    return doneOf(change(invite(id, { email: email.value, firstName, lastName }, nowUnixS())));
  };
  const remove = ({ ids: [organizationId = '', id = ''] }: AdminCall): Promise<AdminAnswer> =>
    doneOf(
      change((before) => {
        const invitations = before.invitations.filter((other) => other.id !== id || other.organizationId !== organizationId);
        const isGone = invitations.length === before.invitations.length;
        return isGone
          ? { ok: false, refusal: { code: 'IDENTITY_UNKNOWN', facts: {}, then: 'drop' } }
          : { ok: true, state: { ...before, invitations }, value: undefined };
      }),
    );
  /** What SMTP would have sent: open invitations with the link of each. */
  const mailbox = (): AdminAnswer => {
    const open = state().invitations.filter(({ expiresAtUnixS }) => expiresAtUnixS > nowUnixS());
    return rows(
      open.map((invitation) => ({
        id: invitation.id,
        to: invitation.email,
        organization: findOrganization(state(), invitation.organizationId)?.alias ?? '',
        link: `${realmUrl}${INVITATION_PATH}?key=${invitation.token}`,
        sentAtUnixS: invitation.sentAtUnixS,
        expiresAtUnixS: invitation.expiresAtUnixS,
      })),
    );
  };
  const path = '/organizations/*/invitations';
  return [
    { method: 'POST', path: '/organizations/*/members/invite-user', callers: [CONSOLE], body: 'form', answer: send },
    {
      method: 'GET',
      path,
      callers: [CONSOLE],
      body: 'none',
      answer: ({ ids: [id = ''] }) =>
        findOrganization(state(), id) === undefined
          ? UNKNOWN
          : rows(ofOrganization(id).map((invitation) => invitationRow(invitation, nowUnixS()))),
    },
    {
      method: 'POST',
      path: `${path}/*/resend`,
      callers: [CONSOLE],
      body: 'none',
      answer: ({ ids: [organizationId = '', id = ''] }) => doneOf(change(resend(organizationId, id, nowUnixS()))),
    },
    { method: 'DELETE', path: `${path}/*`, callers: [CONSOLE], body: 'none', answer: remove },
    { method: 'GET', path: MAILBOX_ROUTE, callers: [CONSOLE], body: 'none', answer: mailbox },
  ];
}

function clientRoutes({ users, reserved }: AdminRoutesOptions): readonly AdminRoute[] {
  const { state, change } = users;
  const callers = [OPERATOR];
  const secretOf = async (result: Promise<Result<Parameters<typeof secretRow>[0]>>): Promise<AdminAnswer> => {
    const outcome = await result;
    return outcome.ok ? { is: 'object', object: secretRow(outcome.value) } : refusedAs(outcome.refusal.code);
  };
  return [
    {
      method: 'GET',
      path: '/clients',
      callers,
      body: 'none',
      answer: ({ query }) => {
        const wanted = query.get('clientId') ?? '';
        const fits = (clientId: string): boolean => (query.get('search') === 'true' ? clientId.includes(wanted) : clientId === wanted);
        return rows(
          state()
            .clients.filter(({ clientId }) => wanted === '' || fits(clientId))
            .map(clientRow),
        );
      },
    },
    { method: 'POST', path: '/clients', callers, body: 'json', answer: ({ json }) => createdOf(change(createClient(json, reserved))) },
    {
      method: 'PUT',
      path: '/clients/*',
      callers,
      body: 'json',
      answer: ({ ids: [id = ''], json }) => doneOf(change(replaceClient(id, json))),
    },
    { method: 'DELETE', path: '/clients/*', callers, body: 'none', answer: ({ ids: [id = ''] }) => doneOf(change(deleteClient(id))) },
    {
      method: 'GET',
      path: '/clients/*/client-secret',
      callers,
      body: 'none',
      answer: ({ ids: [id = ''] }) => {
        const found = state().clients.find((client) => client.id === id);
        return found === undefined ? UNKNOWN : { is: 'object', object: secretRow(found) };
      },
    },
    {
      method: 'POST',
      path: '/clients/*/client-secret',
      callers,
      body: 'none',
      answer: ({ ids: [id = ''] }) => secretOf(change(rotateSecret(id))),
    },
  ];
}

/** Not Keycloak's: the invitations that have no other way to people. */
export const MAILBOX_ROUTE = '/local-identity/mailbox';

/** The calls of packages/identity's README, and the mailbox. */
export function adminRoutes(options: AdminRoutesOptions): readonly AdminRoute[] {
  return [...organizationRoutes(options), ...memberRoutes(options), ...invitationRoutes(options), ...clientRoutes(options)];
}
