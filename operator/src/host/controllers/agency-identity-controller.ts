import { addFinalizer, type Controller, createController, hasFinalizer, type ReconcileResult } from '@civitas/kube';
import { agencyNamespace } from '../../core/desired/names.ts';
import { FORCE_REMOVAL } from '../../core/desired/tombstone.ts';
import { type AgencyIdentity, IDENTITY_FINALIZER } from '../../core/plan/agency-identity.ts';
import type { Agency } from '../../core/resources/agency.ts';
import { endOrganization, ensureOrganization, failingOf, type OrganizationTools } from '../identity/agency-organization.ts';
import { createIdentityProviders, type IdentityProvider, type OpenDirectory, SettingsInvalid } from '../identity/identity-provider.ts';
import {
  IDENTITY_LOOK_MS,
  IDENTITY_RECHECK_MS,
  IDENTITY_RETRY_MS_MAX,
  IDENTITY_RETRY_MS_MIN,
  NOT_INSTALLED_RECHECK_MS,
} from '../identity/limits.ts';
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
  const failures = new Map<string, number>();
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

  const tell = (name: string, identity: AgencyIdentity): void => {
    const isNews = JSON.stringify(context.facts.identities.get(name)) !== JSON.stringify(identity);
    context.facts.identities.set(name, identity);
    if (isNews) context.wake('agency', [name]);
  };

  const forget = (name: string): undefined => {
    context.facts.identities.delete(name);
    failures.delete(name);
    return undefined;
  };

  /** When to try again where the provider failed, which is told; undefined where it did not. */
  const attempt = async (agency: Agency, work: () => Promise<void>): Promise<ReconcileResult> => {
    const { name } = agency.metadata;
    try {
      await work();
      return undefined;
    } catch (error) {
      const identity: AgencyIdentity =
        error instanceof SettingsInvalid ? { state: 'failing', reason: 'SettingsInvalid', message: error.message } : failingOf(error);
      tell(name, identity);
      const failed = (failures.get(name) ?? 0) + 1;
      failures.set(name, failed);
      return { requeueAfterMs: Math.min(IDENTITY_RETRY_MS_MIN * 2 ** Math.min(failed - 1, 16), IDENTITY_RETRY_MS_MAX) };
    }
  };

  const end = async (agency: Agency, provider: IdentityProvider | undefined): Promise<ReconcileResult> => {
    const { name, annotations } = agency.metadata;
    if (!hasFinalizer(agency, IDENTITY_FINALIZER)) return forget(name);
    const isForced = annotations?.[FORCE_REMOVAL] === name;
    if (provider !== undefined && !isForced) {
      const retry = await attempt(agency, () => endOrganization(provider, agency));
      if (retry !== undefined) {
        const message = `waits for the identity provider; to leave its organization as it is: annotate ${FORCE_REMOVAL}=${name}`;
        context.events.record(agency, { type: 'Warning', reason: 'IdentityNotEnded', message });
        return retry;
      }
    }
    await release(context.client, agencies, agency, IDENTITY_FINALIZER);
    return forget(name);
  };

  const reconcile = async (agency: Agency): Promise<ReconcileResult> => {
    const { name, deletionTimestamp } = agency.metadata;
    let provider: IdentityProvider | undefined;
    const invalid = await attempt(agency, async () => {
      provider = await providers.current();
    });
    const isForced = deletionTimestamp !== undefined && agency.metadata.annotations?.[FORCE_REMOVAL] === name;
    if (invalid !== undefined && !isForced) return invalid;
    if (!context.isLeader()) return { requeueAfterMs: WHILE_SERVING_MS };
    if (deletionTimestamp !== undefined) return end(agency, provider);
    if (provider === undefined) {
      tell(name, { state: 'notInstalled' });
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
    const retry = await attempt(agency, async () => {
      tell(name, await ensureOrganization(tools, found, agency));
      failures.delete(name);
    });
    return retry ?? { requeueAfterMs: IDENTITY_RECHECK_MS };
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
      return agency === undefined ? forget(key) : retryConflict(() => reconcile(agency));
    },
  });
}
