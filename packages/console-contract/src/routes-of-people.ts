import { Type } from '@sinclair/typebox';
import { Invitation, Member, NewInvitation } from './agency.ts';
import { AuditEntry } from './audit.ts';
import { ROLES } from './role.ts';
import { defineRoute } from './route.ts';
import { byName } from './route-parts.ts';
import { ConsoleConfig, Me } from './session.ts';
import { closed, name, oneOf, page, pageQuery } from './shape.ts';

const memberId = Type.String({ description: 'Id in the identity provider.', pattern: '^[A-Za-z0-9_-]{1,64}$' });
const ofMember = closed({ name: name('Agency.'), id: memberId });
const ofRole = closed({ name: name('Agency.'), id: memberId, role: oneOf(ROLES, 'Role.') });

export const sessionRoutes = {
  getConfig: defineRoute({
    method: 'GET',
    path: '/config',
    summary: 'What the web needs before anyone is signed in.',
    verb: 'read',
    resource: 'console',
    scope: 'public',
    status: 200,
    answer: ConsoleConfig,
    problems: [],
  }),
  getMe: defineRoute({
    method: 'GET',
    path: '/me',
    summary: 'Who is signed in, and their roles.',
    verb: 'read',
    resource: 'session',
    scope: 'self',
    status: 200,
    answer: Me,
    problems: [],
  }),
  watchEvents: defineRoute({
    method: 'GET',
    path: '/events',
    summary: 'Changes of what the caller may see, as server-sent events; resumes after Last-Event-ID.',
    verb: 'read',
    resource: 'event',
    scope: 'self',
    status: 200,
    mediaType: 'text/event-stream',
    problems: ['CLUSTER_UNREACHABLE'],
  }),
};

const directory = ['NOT_FOUND', 'DIRECTORY_UNREACHABLE'] as const;
const change = [...directory, 'AUDIT_UNAVAILABLE'] as const;

export const memberRoutes = {
  listMembers: defineRoute({
    method: 'GET',
    path: '/agencies/:name/members',
    summary: 'People of the agency and their roles.',
    verb: 'read',
    resource: 'member',
    scope: 'agency',
    params: byName,
    query: closed(pageQuery),
    status: 200,
    answer: page(Member),
    problems: directory,
  }),
  removeMember: defineRoute({
    method: 'DELETE',
    path: '/agencies/:name/members/:id',
    summary: 'Takes a person out of the agency.',
    verb: 'delete',
    resource: 'member',
    scope: 'agency',
    stepUp: true,
    params: ofMember,
    status: 204,
    problems: change,
  }),
  giveRole: defineRoute({
    method: 'PUT',
    path: '/agencies/:name/members/:id/roles/:role',
    summary: 'Gives a role.',
    verb: 'update',
    resource: 'member',
    scope: 'agency',
    stepUp: true,
    params: ofRole,
    status: 204,
    problems: change,
  }),
  takeRole: defineRoute({
    method: 'DELETE',
    path: '/agencies/:name/members/:id/roles/:role',
    summary: 'Takes a role.',
    verb: 'update',
    resource: 'member',
    scope: 'agency',
    stepUp: true,
    params: ofRole,
    status: 204,
    problems: change,
  }),
  listInvitations: defineRoute({
    method: 'GET',
    path: '/agencies/:name/invitations',
    summary: 'Invitations that are out.',
    verb: 'read',
    resource: 'member',
    scope: 'agency',
    params: byName,
    query: closed(pageQuery),
    status: 200,
    answer: page(Invitation),
    problems: directory,
  }),
  invite: defineRoute({
    method: 'POST',
    path: '/agencies/:name/invitations',
    summary: 'Invites a person by e-mail.',
    verb: 'invite',
    resource: 'member',
    scope: 'agency',
    stepUp: true,
    params: byName,
    body: NewInvitation,
    status: 201,
    answer: Invitation,
    problems: [...change, 'ALREADY_EXISTS', 'IDEMPOTENCY_REUSED'],
  }),
  resendInvitation: defineRoute({
    method: 'POST',
    path: '/agencies/:name/invitations/:id/resend',
    summary: 'Sends it again.',
    verb: 'invite',
    resource: 'member',
    scope: 'agency',
    stepUp: true,
    params: ofMember,
    status: 204,
    problems: change,
  }),
  deleteInvitation: defineRoute({
    method: 'DELETE',
    path: '/agencies/:name/invitations/:id',
    summary: 'Takes it back.',
    verb: 'invite',
    resource: 'member',
    scope: 'agency',
    stepUp: true,
    params: ofMember,
    status: 204,
    problems: change,
  }),
};

export const auditRoutes = {
  listAudit: defineRoute({
    method: 'GET',
    path: '/audit',
    summary: 'Audit log of the console, newest first: all of it for the platform, their own agencies’ for auditors and owners.',
    verb: 'read',
    resource: 'audit',
    scope: 'self',
    query: closed({ ...pageQuery, agency: Type.Optional(name('Only of this agency.')) }),
    status: 200,
    answer: page(AuditEntry),
    problems: [],
  }),
};

export const downloadRoutes = {
  downloadSupportBundle: defineRoute({
    method: 'GET',
    path: '/support-bundle',
    summary: 'What tells how the city is, for those who help: as kubectl civitas support-bundle, with the platform’s rights; no secrets.',
    verb: 'export',
    resource: 'support',
    scope: 'city',
    stepUp: true,
    status: 200,
    mediaType: 'application/gzip',
    problems: ['CLUSTER_UNREACHABLE', 'AUDIT_UNAVAILABLE'],
  }),
  downloadConnectionProfile: defineRoute({
    method: 'GET',
    path: '/agencies/:name/connection-profile',
    summary: 'How a program of the agency reaches its ledgers: addresses, chain ids, certificates; no keys.',
    verb: 'export',
    resource: 'download',
    scope: 'agency',
    stepUp: true,
    params: byName,
    status: 200,
    mediaType: 'application/json',
    problems: ['NOT_FOUND', 'CLUSTER_UNREACHABLE', 'AUDIT_UNAVAILABLE'],
  }),
  downloadKubeconfig: defineRoute({
    method: 'GET',
    path: '/agencies/:name/kubeconfig',
    summary: 'Kubeconfig for the agency’s namespace with a token of one hour, in the caller’s role.',
    verb: 'export',
    resource: 'download',
    scope: 'agency',
    stepUp: true,
    params: byName,
    status: 200,
    mediaType: 'application/yaml',
    problems: ['NOT_FOUND', 'CLUSTER_UNREACHABLE', 'AUDIT_UNAVAILABLE'],
  }),
};
