import { addFinalizer, type Controller, createController, hasFinalizer, type ReconcileResult } from '@civitas/kube';
import { agencyNamespace } from '../../core/desired/names.ts';
import { FORCE_REMOVAL } from '../../core/desired/tombstone.ts';
import { IDENTITY_FINALIZER } from '../../core/plan/agency-identity.ts';
import type { Agency } from '../../core/resources/agency.ts';
import { endOrganization, ensureOrganization, type OrganizationTools } from '../identity/agency-organization.ts';
import { createIdentityLooks, type IdentityLooks } from '../identity/identity-looks.ts';
import { createIdentityProviders, type IdentityProvider, type OpenDirectory } from '../identity/identity-provider.ts';
import { IDENTITY_LOOK_MS, IDENTITY_RECHECK_MS, NOT_INSTALLED_RECHECK_MS } from '../identity/limits.ts';
import { agencies } from '../observe/custom-resources.ts';
import { release, retryConflict } from './conflict.ts';
import { AFTER_ACTION_MS, WHILE_SERVING_MS } from './limits.ts';
import type { OperatorContext } from './operator-context.ts';

/**
 * Keeps the organization of each agency at the identity provider. Apart from the agency's own controller, which a provider that hangs must
 * not hold up: what is found here is told to it as a fact.
 */
export function createAgencyIdentityController(context: OperatorContext, openDirectory: OpenDirectory): Controller {
  const providers = createIdentityProviders(context.client, context.clock, openDirectory);
  const looks = createIdentityLooks(context);
  const tools: OrganizationTools = {
    client: context.client,
    applier: context.applierOf('agencyidentity'),
    onChanged: (agency, changed) =>
      context.events.record(agency, {
        type: 'Normal',
        reason: 'IdentityChanged',
        message: `at the identity provider: ${changed.join(', ')}`,
      }),
  };

  const reconcile = async (agency: Agency): Promise<ReconcileResult> => {
    const { name, deletionTimestamp } = agency.metadata;
    if (deletionTimestamp !== undefined && !hasFinalizer(agency, IDENTITY_FINALIZER)) return looks.forget(name);
    if (!context.isLeader()) return { requeueAfterMs: WHILE_SERVING_MS };
    if (isForced(agency)) return letGo(context, looks, agency);
    let provider: IdentityProvider | undefined;
    const invalid = await looks.attempt(name, async () => {
      provider = await providers.current();
    });
    if (invalid !== undefined) return invalid;
    if (deletionTimestamp !== undefined) return end(context, looks, { agency, provider });
    if (provider === undefined) {
      looks.tell(name, { state: 'notInstalled' });
      return { requeueAfterMs: NOT_INSTALLED_RECHECK_MS };
    }
    if (!hasFinalizer(agency, IDENTITY_FINALIZER)) {
      await addFinalizer(context.client, agencies, agency, IDENTITY_FINALIZER);
      return { requeueAfterMs: AFTER_ACTION_MS };
    }
    // The agency's own controller makes the namespace.
    if (agency.status?.namespace === undefined || !(await context.workspaces.letIn(agencyNamespace(name))))
      return { requeueAfterMs: WHILE_SERVING_MS };
    const found = provider;
    const retry = await looks.attempt(name, async () => looks.tell(name, await ensureOrganization(tools, found, agency)));
    if (retry !== undefined) return retry;
    looks.succeeded(name);
    return { requeueAfterMs: IDENTITY_RECHECK_MS };
  };

  return createController({
    name: 'agencyidentity',
    workers: 2,
    timeoutMs: IDENTITY_LOOK_MS,
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key) {
      const agency = context.caches.agencies.store.get(key);
      return agency === undefined ? looks.forget(key) : retryConflict(() => reconcile(agency));
    },
  });
}

/** Somebody decided that its organization stays as it is. */
function isForced({ metadata }: Agency): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.annotations?.[FORCE_REMOVAL] === metadata.name;
}

async function letGo(context: OperatorContext, looks: IdentityLooks, agency: Agency): Promise<ReconcileResult> {
  await release(context.client, agencies, agency, IDENTITY_FINALIZER);
  return looks.forget(agency.metadata.name);
}

/** Where no provider is installed any more there is nobody to tell. */
async function end(
  context: OperatorContext,
  looks: IdentityLooks,
  { agency, provider }: { readonly agency: Agency; readonly provider: IdentityProvider | undefined },
): Promise<ReconcileResult> {
  const { name } = agency.metadata;
  const retry = provider === undefined ? undefined : await looks.attempt(name, () => endOrganization(provider, agency));
  if (retry === undefined) return letGo(context, looks, agency);
  const message = `waits for the identity provider; to leave its organization as it is: annotate ${FORCE_REMOVAL}=${name}`;
  context.events.record(agency, { type: 'Warning', reason: 'IdentityNotEnded', message });
  return retry;
}
