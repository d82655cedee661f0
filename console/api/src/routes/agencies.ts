import type { AgencyChange, CreatedAgency, NewAgency } from '@civitas/console-contract';
import type { Principal } from '@civitas/identity';
import { isApiError, type ObjectBody } from '@civitas/kube';
import { stringify as toYaml } from 'yaml';
import { audited } from '../audit/audited.ts';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { headerOf } from '../http/header-of.ts';
import { pageOf } from '../http/page.ts';
import { ProblemError } from '../http/problem-error.ts';
import { fieldErrorsOf } from '../http/problem-of-error.ts';
import { type Agency, agencies } from '../kube/kinds.ts';
import { isVisible, visibleAgencies } from '../policy/visible.ts';
import { agencyOf } from '../views/agency-view.ts';
import { createOnce } from './create-once.ts';

const MANAGER = 'civitas-console';

async function visibleOf(context: ConsoleContext, principal: Principal): Promise<readonly Agency[]> {
  const visible = visibleAgencies(principal);
  const seen = context.caches.agencies.store.list().filter(({ metadata }) => isVisible(visible, [metadata.name]));
  if (seen.length === 0) return [];
  return (await context.acting.mayRead(principal, agencies)) ? seen : [];
}

/** @throws ProblemError NOT_FOUND unless the caller may see it. */
export async function agencyFor(context: ConsoleContext, principal: Principal, name: string): Promise<Agency> {
  const agency = (await visibleOf(context, principal)).find(({ metadata }) => metadata.name === name);
  if (agency === undefined) throw new ProblemError('NOT_FOUND', `there is no agency ${name} that you may see`);
  return agency;
}

const formField = (path: string): string => path.replace(/^spec\.?/, '').replace(/^metadata\.name$/, 'name');

/** Says what the API server does not take by the fields of the form. */
export async function byField<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isApiError(error, 'Invalid')) throw error;
    throw new ProblemError('INVALID', error.message, {
      reason: error.reason,
      errors: fieldErrorsOf(error.causes, formField),
      cause: error,
    });
  }
}

async function createAgency(context: ConsoleContext, principal: Principal, asked: NewAgency, dryRun: boolean): Promise<CreatedAgency> {
  const { name, ...spec } = asked;
  const manifest: ObjectBody = { apiVersion: 'civitas.dev/v1alpha1', kind: 'Agency', metadata: { name }, spec };
  const created = await byField(() => context.acting.as(principal).create(agencies, manifest, { dryRun, fieldManager: MANAGER }));
  return { dryRun, agency: agencyOf(created), yaml: toYaml(manifest) };
}

/** @throws ProblemError PRECONDITION_MISSING, PRECONDITION_FAILED unless If-Match names what there is. */
function assertMatches(ifMatch: string | undefined, { metadata }: Agency): void {
  if (ifMatch === undefined) throw new ProblemError('PRECONDITION_MISSING', 'send If-Match with the ETag that you have read');
  if (ifMatch !== `"${metadata.resourceVersion}"`)
    throw new ProblemError('PRECONDITION_FAILED', `If-Match names another version than "${metadata.resourceVersion}"`);
}

async function changeAgency(context: ConsoleContext, principal: Principal, { metadata }: Agency, change: AgencyChange): Promise<Agency> {
  const { resourceVersion, name } = metadata;
  // With the version in it, a change that came in between is a conflict and not overwritten.
  return byField(() =>
    context.acting.as(principal).mergePatch(agencies, { name }, { metadata: { resourceVersion }, spec: change }, { fieldManager: MANAGER }),
  );
}

export function agencyHandlers(
  context: ConsoleContext,
): HandlersOf<'listAgencies' | 'createAgency' | 'getAgency' | 'changeAgency' | 'deleteAgency'> {
  return {
    listAgencies: async ({ principal, query }) => {
      const page = pageOf(await visibleOf(context, principal), query, ({ metadata }) => metadata.name);
      return { ...page, items: page.items.map(agencyOf) };
    },
    createAgency: (call) =>
      createOnce(context, call, { action: 'createAgency', kind: 'Agency' }, (dryRun) =>
        createAgency(context, call.principal, call.body, dryRun),
      ),
    getAgency: async ({ principal, params, reply }) => {
      const agency = await agencyFor(context, principal, params.name);
      reply.header('etag', `"${agency.metadata.resourceVersion}"`);
      return agencyOf(agency);
    },
    changeAgency: async ({ principal, params, body, request, reply }) => {
      await agencyFor(context, principal, params.name);
      // Asked of the API server: the cache may be a moment behind what the person has just read.
      const agency = await context.acting.as(principal).get(agencies, { name: params.name });
      assertMatches(headerOf(request, 'if-match'), agency);
      const deed = { principal, action: 'changeAgency', agency: params.name, resource: `Agency/${params.name}`, facts: body };
      const changed = await audited(context, deed, () => changeAgency(context, principal, agency, body));
      reply.header('etag', `"${changed.metadata.resourceVersion}"`);
      return agencyOf(changed);
    },
    deleteAgency: async ({ principal, params }) => {
      const { metadata } = await agencyFor(context, principal, params.name);
      const deed = { principal, action: 'deleteAgency', agency: params.name, resource: `Agency/${params.name}` };
      await audited(context, deed, () => context.acting.as(principal).delete(agencies, { name: params.name }, { uid: metadata.uid }));
      return undefined;
    },
  };
}
