import { createHash, randomUUID } from 'node:crypto';
import { encodeCanonical } from '@civitas/canon';
import { type AuditEntry, type CaseLine, type CaseValues, PAGE_ITEMS_DEFAULT, type SubmittedStep } from '@civitas/console-contract';
import type { Principal } from '@civitas/identity';
import { audited } from '../audit/audited.ts';
import { fillForm, formOf } from '../cases/case-form.ts';
import { CASES, type CaseRule, type CaseStep, type Records } from '../cases/case-kinds.ts';
import { type CaseOf, readCase, readRecords } from '../cases/read-case.ts';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { headerOf } from '../http/header-of.ts';
import { encodeCursor, wholeCursor } from '../http/page.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { LedgerNetwork } from '../kube/kinds.ts';
import { callLedger } from '../ledger/call-ledger.ts';
import { personCall, submitPrepared } from '../ledger/person-calls.ts';
import { agenciesAllowing } from '../policy/policy.ts';
import { networkFor, visibleNetworks } from './networks.ts';

const SUBMITTED = 'submitCase';
const ID_BYTES = 16;

function ruleOf(network: LedgerNetwork): CaseRule {
  const rule = CASES.find(({ domain }) => domain === network.spec.domain);
  if (rule === undefined) throw new ProblemError('NOT_FOUND', `${network.metadata.name} has no cases`);
  return rule;
}

/** Roles of an agency on a network. */
const rolesOf = ({ view }: ConsoleContext, { metadata }: LedgerNetwork, agency: string): readonly string[] =>
  view.partsOf(metadata).find((part) => part.agency === agency)?.roles ?? [];

/** 16 bytes that one wish of one person makes again. */
function wishKey(parts: readonly string[]): Buffer {
  return createHash('sha256')
    .update(['civitas/case-wish/v1', ...parts].join('\n'))
    .digest()
    .subarray(0, ID_BYTES);
}

/** One step that somebody wants done. */
interface Wish {
  readonly of: CaseOf;
  readonly step: CaseStep;
  readonly records: Records;
  readonly values: CaseValues['values'];
  readonly key: Buffer;
  readonly principal: Principal;
  readonly action: 'submitCase' | 'takeCaseStep';
  readonly dryRun: boolean;
}

async function carryOut(
  context: ConsoleContext,
  { of, step, records, values, key, principal, action, dryRun }: Wish,
): Promise<SubmittedStep> {
  const { network, id, agency, call, rule } = of;
  const head = { network: network.metadata.name, id };
  if (!rolesOf(context, network, agency).includes(step.role))
    throw new ProblemError('FORBIDDEN', `${agency} is no ${step.role} on ${head.network}`, { reason: 'role-missing' });
  const filled = fillForm(step, { id, eventId: key.toString('base64url'), nowUnixMs: Date.now(), records }, values);
  if (dryRun) return { ...head, dryRun: true, operationHash: '', height: 0 };
  const ledger = context.ledgers.open(network);
  const resource = `Case/${head.network}/${id}`;
  const deed = { principal, action, agency, resource, facts: { kind: rule.kind, step: step.name } };
  const { receipt, operationHash } = await audited(context, deed, async () => {
    const { contract, method, role } = step;
    const args = encodeCanonical(filled.args);
    const asked = { call, contract, method, role, args, idempotencyKey: key, privateValues: filled.privateValues };
    const { body } = await callLedger(ledger.person.prepare.bind(ledger.person), asked);
    return submitPrepared(ledger, call, { body, coSignatures: [] });
  });
  return { ...head, dryRun: false, operationHash, height: receipt.height };
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

/** What people of agencies submit to ledgers, and what becomes of it. */
export function caseHandlers(
  context: ConsoleContext,
): HandlersOf<'listCases' | 'listCaseOpenings' | 'submitCase' | 'getCase' | 'takeCaseStep'> {
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
    listCaseOpenings: async ({ principal }) => {
      const own = agenciesAllowing(principal, 'create', 'case');
      const networks = own.length === 0 ? [] : await visibleNetworks(context, principal);
      const items = networks.flatMap((network) => {
        const rule = CASES.find(({ domain }) => domain === network.spec.domain);
        const { opening } = rule ?? {};
        if (rule === undefined || opening === undefined) return [];
        const may = own.filter((agency) => rolesOf(context, network, agency).includes(opening.role));
        return may.map((agency) => ({ network: network.metadata.name, kind: rule.kind, agency, form: formOf(opening) }));
      });
      return { items };
    },
    submitCase: async ({ principal, params, query, body, request }) => {
      const network = await networkFor(context, principal, params.name);
      const rule = ruleOf(network);
      const step = rule.opening;
      if (step === undefined) throw new ProblemError('NOT_FOUND', `cases of ${params.name} do not begin here`);
      const header = headerOf(request, 'idempotency-key');
      const key = wishKey([principal.sub, header ?? randomUUID(), params.name, step.name]);
      const id = wishKey(['id', key.toString('base64url')]).toString('base64url');
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
      return context.idempotency.once({ sub: principal.sub, header, request: [params, query, body] }, () => carryOut(context, wish));
    },
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
      const key = wishKey([principal.sub, header ?? randomUUID(), params.name, params.id, step.name]);
      const { values } = body;
      return context.idempotency.once({ sub: principal.sub, header, request: [params, query, body] }, async () => {
        const { records } = await readRecords(context, of);
        return carryOut(context, { of, step, records, values, key, principal, action: 'takeCaseStep', dryRun: query.dryRun === true });
      });
    },
  };
}
