import { Type } from '@sinclair/typebox';
import { CaseDetail, CaseLine, CaseOpening, CaseStepValues, CaseValues, SubmittedStep, WaitingCases } from './case.ts';
import { Citizen, CitizenDeed, NewConsent, NewDispute } from './citizen.ts';
import { CURSOR_CHARS_MAX } from './limits.ts';
import { defineRoute } from './route.ts';
import { byName, dryRunQuery } from './route-parts.ts';
import { closed, name, page, pageQuery } from './shape.ts';

const caseId = Type.String({ description: 'Id of its first record.', pattern: '^[A-Za-z0-9_-]{22}$' });
const ofCase = closed({ name: name('LedgerNetwork.'), id: caseId });
const read = ['NOT_FOUND', 'LEDGER_REFUSED', 'LEDGER_UNREACHABLE', 'CLUSTER_UNREACHABLE'] as const;
const change = [...read, 'INVALID', 'IDEMPOTENCY_REUSED', 'AUDIT_UNAVAILABLE'] as const;

export const caseRoutes = {
  listCases: defineRoute({
    method: 'GET',
    path: '/cases',
    summary: 'Cases that people of the caller’s agencies have submitted here, newest first.',
    verb: 'read',
    resource: 'case',
    scope: 'self',
    query: closed(pageQuery),
    status: 200,
    answer: page(CaseLine),
    problems: ['CLUSTER_UNREACHABLE'],
  }),
  listWaitingCases: defineRoute({
    method: 'GET',
    path: '/waiting-cases',
    summary: 'Cases begun or carried on in this console whose next step an agency of the caller’s can take, by the ledger as it stands.',
    verb: 'read',
    resource: 'case',
    scope: 'self',
    status: 200,
    answer: WaitingCases,
    problems: ['CLUSTER_UNREACHABLE'],
  }),
  listCaseOpenings: defineRoute({
    method: 'GET',
    path: '/case-openings',
    summary: 'Cases that the caller may begin, with the form of each.',
    verb: 'read',
    resource: 'case',
    scope: 'self',
    status: 200,
    answer: closed({ items: Type.Array(CaseOpening) }),
    problems: ['CLUSTER_UNREACHABLE'],
  }),
  submitCase: defineRoute({
    method: 'POST',
    path: '/networks/:name/cases',
    summary: 'Begins a case in the name of an agency; with dryRun=true says what is wrong with the form.',
    verb: 'create',
    resource: 'case',
    scope: 'network',
    params: byName,
    query: dryRunQuery,
    body: CaseValues,
    status: 201,
    answer: SubmittedStep,
    problems: change,
  }),
  getCase: defineRoute({
    method: 'GET',
    path: '/networks/:name/cases/:id',
    summary: 'A case with its records on every ledger, each with its proof.',
    verb: 'read',
    resource: 'case',
    scope: 'network',
    params: ofCase,
    status: 200,
    answer: CaseDetail,
    problems: read,
  }),
  takeCaseStep: defineRoute({
    method: 'POST',
    path: '/networks/:name/cases/:id/steps',
    summary: 'Does the next thing in a case in the name of an agency.',
    verb: 'update',
    resource: 'case',
    scope: 'network',
    params: ofCase,
    query: dryRunQuery,
    body: CaseStepValues,
    status: 201,
    answer: SubmittedStep,
    problems: change,
  }),
};

export const citizenRoutes = {
  getCitizen: defineRoute({
    method: 'GET',
    path: '/citizen',
    summary: 'What is about the caller as a citizen: who read what and why, consents, disputes.',
    verb: 'read',
    resource: 'citizen',
    scope: 'self',
    query: closed({
      cursor: Type.Optional(Type.String({ description: '`nextAccess` of the page before.', minLength: 1, maxLength: CURSOR_CHARS_MAX })),
    }),
    status: 200,
    answer: Citizen,
    problems: read,
  }),
  grantConsent: defineRoute({
    method: 'POST',
    path: '/citizen/consents',
    summary: 'Consents, with the citizen’s own key, to one question of one organisation.',
    verb: 'create',
    resource: 'citizen',
    scope: 'self',
    stepUp: true,
    body: NewConsent,
    status: 201,
    answer: CitizenDeed,
    problems: change,
  }),
  withdrawConsent: defineRoute({
    method: 'POST',
    path: '/citizen/consents/:id/withdraw',
    summary: 'Withdraws a consent of the caller’s.',
    verb: 'update',
    resource: 'citizen',
    scope: 'self',
    stepUp: true,
    params: closed({ id: Type.String({ description: 'Id on the ledger.', pattern: '^[A-Za-z0-9_-]{43}$' }) }),
    status: 200,
    answer: CitizenDeed,
    problems: change,
  }),
  disputeAccess: defineRoute({
    method: 'POST',
    path: '/citizen/accesses/:id/dispute',
    summary: 'Disputes that somebody read what is about the caller.',
    verb: 'update',
    resource: 'citizen',
    scope: 'self',
    stepUp: true,
    params: closed({
      id: Type.String({ description: 'Id of the entry.', pattern: '^[a-z0-9.-]{1,50}[.][A-Za-z0-9_-]{22,43}$', maxLength: 94 }),
    }),
    body: NewDispute,
    status: 200,
    answer: CitizenDeed,
    problems: change,
  }),
};
