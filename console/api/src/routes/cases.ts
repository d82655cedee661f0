import { randomUUID } from 'node:crypto';
import { nodeCrypto } from '@civitas/canon/node';
import { type AuditEntry, type CaseLine, PAGE_ITEMS_DEFAULT, type ROUTES, type SubmittedStep } from '@civitas/console-contract';
import { recordIdOf } from '@civitas/contracts';
import type { Principal } from '@civitas/identity';
import { formOf } from '../cases/case-form.ts';
import { CASES } from '../cases/case-kinds.ts';
import type { CaseRule } from '../cases/case-rule.ts';
import { KnownCases } from '../cases/known-cases.ts';
import { readCase, readRecords } from '../cases/read-case.ts';
import { rolesOf, takeStep } from '../cases/take-step.ts';
import { findWaitingCases } from '../cases/waiting-cases.ts';
import type { ConsoleContext } from '../context.ts';
import type { Call, HandlersOf } from '../http/call.ts';
import { headerOf } from '../http/header-of.ts';
import { encodeCursor, wholeCursor } from '../http/page.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { LedgerNetwork } from '../kube/kinds.ts';
import { personCall } from '../ledger/person-calls.ts';
import { wishKey } from '../ledger/wish-key.ts';
import { agenciesAllowing } from '../policy/policy.ts';
import { networkFor, visibleNetworks } from './networks.ts';

const SUBMITTED = 'submitCase';

function ruleOf(network: LedgerNetwork): CaseRule {
  const rule = CASES.find(({ domain }) => domain === network.spec.domain);
  if (rule === undefined) throw new ProblemError('NOT_FOUND', `${network.metadata.name} has no cases`);
  return rule;
}

/** Id of a case that begins: the console's own, or the one that the contract makes of the wish. */
function newCaseId({ opening: { makes } }: CaseRule, organisation: string, key: Buffer): string {
  const idempotencyKey = key.toString('base64url');
  if (makes !== undefined) return recordIdOf(nodeCrypto.sha256, { collection: makes, organisation, idempotencyKey });
  return wishKey('case', ['id', idempotencyKey]).toString('base64url');
}

function lineOf({ caches }: ConsoleContext, { resource, agency, name, at }: AuditEntry): CaseLine | undefined {
  const [, network = '', id = ''] = resource.split('/');
  const found = caches.networks.store.list().find(({ metadata }) => metadata.name === network);
  const kind = CASES.find(({ domain }) => domain === found?.spec.domain)?.kind;
  return kind === undefined ? undefined : { network, id, kind, agency, submittedBy: name, submittedAt: at };
}

/** In whose name somebody reads a case: the first of their agencies that takes part in its network. */
function readingAgency({ view }: ConsoleContext, principal: Principal, { metadata }: LedgerNetwork): string {
  const parts = view.partsOf(metadata).map(({ agency }) => agency);
  const agency = agenciesAllowing(principal, 'read', 'case').find((one) => parts.includes(one));
  if (agency === undefined) throw new ProblemError('NOT_FOUND', `none of your agencies takes part in ${metadata.name}`);
  return agency;
}

/** Begins a case. @throws ProblemError as takeStep does. */
async function submitCase(
  context: ConsoleContext,
  { principal, params, query, body, request }: Call<(typeof ROUTES)['submitCase']>,
): Promise<SubmittedStep> {
  const network = await networkFor(context, principal, params.name);
  const rule = ruleOf(network);
  const step = rule.opening;
  const header = headerOf(request, 'idempotency-key');
  const key = wishKey('case', [principal.sub, header ?? randomUUID(), params.name, step.name]);
  const id = newCaseId(rule, body.agency, key);
  const of = { rule, network, id, agency: body.agency, call: personCall(request, body.agency) };
  const wish = {
    of,
    step,
    records: {},
    values: body.values,
    key,
    principal,
    action: SUBMITTED,
    dryRun: query.dryRun === true,
  } as const;
  return context.idempotency.once({ sub: principal.sub, header, request: [params, query, body] }, () => takeStep(context, wish));
}

/** What people of agencies submit to ledgers, and what becomes of it. */
export function caseHandlers(
  context: ConsoleContext,
): HandlersOf<'listCases' | 'listWaitingCases' | 'listCaseOpenings' | 'submitCase' | 'getCase' | 'takeCaseStep'> {
  const known = new KnownCases(context.audit);
  return {
    listCases: async ({ principal, query }) => {
      const own = new Set(agenciesAllowing(principal, 'read', 'case'));
      const { limit = PAGE_ITEMS_DEFAULT } = query;
      const wanted = ({ action, stage, agency }: AuditEntry): boolean => action === SUBMITTED && stage === 'done' && own.has(agency);
      const entries = own.size === 0 ? [] : await context.audit.list({ before: wholeCursor(query.cursor) ?? 0, limit, wanted });
      const items = entries.flatMap((entry) => lineOf(context, entry) ?? []);
      const last = entries.at(-1);
      return { items, ...(last === undefined || entries.length < limit ? {} : { next: encodeCursor(String(last.sequence)) }) };
    },
    listWaitingCases: async ({ principal, request }) => {
      const agencies = agenciesAllowing(principal, 'update', 'case');
      const networks = agencies.length === 0 ? [] : await visibleNetworks(context, principal);
      return findWaitingCases(context, known, { networks, agencies, callFor: (agency) => personCall(request, agency) });
    },
    listCaseOpenings: async ({ principal }) => {
      const own = agenciesAllowing(principal, 'create', 'case');
      const networks = own.length === 0 ? [] : await visibleNetworks(context, principal);
      const items = networks.flatMap((network) => {
        const rule = CASES.find(({ domain }) => domain === network.spec.domain);
        if (rule === undefined) return [];
        const { opening } = rule;
        const may = own.filter((agency) => rolesOf(context, network, agency).includes(opening.role));
        return may.map((agency) => ({ network: network.metadata.name, kind: rule.kind, agency, form: formOf(opening) }));
      });
      return { items };
    },
    submitCase: (call) => submitCase(context, call),
    getCase: async ({ principal, params, request }) => {
      const network = await networkFor(context, principal, params.name);
      const agency = readingAgency(context, principal, network);
      const of = { rule: ruleOf(network), network, id: params.id, agency, call: personCall(request, agency) };
      const mayAct = agenciesAllowing(principal, 'update', 'case').includes(agency);
      return readCase(context, of, mayAct ? rolesOf(context, network, agency) : []);
    },
    takeCaseStep: async ({ principal, params, query, body, request }) => {
      const network = await networkFor(context, principal, params.name);
      const rule = ruleOf(network);
      const of = { rule, network, id: params.id, agency: body.agency, call: personCall(request, body.agency) };
      const step = rule.steps.find(({ name }) => name === body.step);
      if (step === undefined) throw new ProblemError('NOT_FOUND', `no case of ${params.name} has a step ${body.step}`);
      const header = headerOf(request, 'idempotency-key');
      const key = wishKey('case', [principal.sub, header ?? randomUUID(), params.name, params.id, step.name]);
      const { values } = body;
      return context.idempotency.once({ sub: principal.sub, header, request: [params, query, body] }, async () => {
        const { records } = await readRecords(context, of);
        return takeStep(context, { of, step, records, values, key, principal, action: 'takeCaseStep', dryRun: query.dryRun === true });
      });
    },
  };
}
