import type { Role, Verb } from '@civitas/console-contract';
import { isPlatformAdmin, type Principal, rolesIn } from '@civitas/identity';
import {
  type Clock,
  defineResource,
  type Impersonated,
  type KubeClient,
  type KubeObject,
  type Resource,
  resourceNameOf,
} from '@civitas/kube';
import { ProblemError } from '../http/problem-error.ts';
import { RIGHTS_KEPT_MS, RIGHTS_MAX } from './limits.ts';

export const SYSTEM_NAMESPACE = 'civitas-system';
/** Group whose rights every person of an agency has: to look at the city's resources. */
const TENANTS = 'civitas:tenants';
/** Strongest first: one call is made as one ServiceAccount. */
const STRENGTH: readonly Role[] = ['owner', 'operator', 'developer', 'auditor'];

interface AccessReview extends KubeObject {
  readonly status?: { readonly allowed: boolean };
}

const accessReviews = defineResource<AccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'selfsubjectaccessreviews',
  namespaced: false,
});

/**
 * Whose rights at the API server a person acts with: the platform's ServiceAccount, or that of their strongest role in an agency, in its
 * namespace. The person stands in the extra `civitas.dev/subject`, so that the API server's audit log names them.
 *
 * @param agency undefined: the platform's for those who run it, else the first agency they belong to.
 * @returns undefined for somebody without any role there.
 */
export function actorOf(principal: Principal, agency?: string): Impersonated | undefined {
  const extra = { 'civitas.dev/subject': [principal.sub] };
  if (agency === undefined && isPlatformAdmin(principal))
    return { user: `system:serviceaccount:${SYSTEM_NAMESPACE}:platform-admin`, extra };
  const own = agency ?? Object.keys(principal.organizations).find((name) => rolesIn(principal, name).length > 0);
  const role = own === undefined ? undefined : STRENGTH.find((one) => rolesIn(principal, own).includes(one));
  if (own === undefined || role === undefined) return undefined;
  return { user: `system:serviceaccount:agency-${own}:tenant-${role}`, groups: [TENANTS], extra };
}

/** Acts at the API server as people. */
export interface Acting {
  /** @throws ProblemError FORBIDDEN for somebody without any role there. */
  as(principal: Principal, agency?: string): KubeClient;
  /** Whether the API server lets them read a kind, asked of it in their name and kept for half a minute. */
  mayRead(principal: Principal, resource: Resource, namespace?: string): Promise<boolean>;
}

export function createActing(client: KubeClient, clock: Pick<Clock, 'monotonicMs'>): Acting {
  const rights = new Map<string, { readonly allowed: Promise<boolean>; readonly untilMs: number }>();
  const ask = async (actor: Impersonated, resource: Resource, namespace: string | undefined): Promise<boolean> => {
    const verb: Verb | 'list' = 'list';
    const resourceAttributes = {
      verb,
      group: resource.group,
      resource: resource.plural,
      ...(namespace === undefined ? {} : { namespace }),
    };
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', metadata: {}, spec: { resourceAttributes } };
    const { status } = await client.as(actor).create(accessReviews, body);
    return status?.allowed === true;
  };
  return {
    as(principal, agency) {
      const actor = actorOf(principal, agency);
      if (actor === undefined) throw new ProblemError('FORBIDDEN', 'no role of yours acts there', { reason: 'role-missing' });
      return client.as(actor);
    },
    mayRead(principal, resource, namespace) {
      const actor = actorOf(principal);
      if (actor === undefined) return Promise.resolve(false);
      const key = `${actor.user} ${resourceNameOf(resource)} ${namespace ?? ''}`;
      const known = rights.get(key);
      const nowMs = clock.monotonicMs();
      if (known !== undefined && known.untilMs > nowMs) return known.allowed;
      if (rights.size >= RIGHTS_MAX) rights.clear();
      const allowed = ask(actor, resource, namespace);
      rights.set(key, { allowed, untilMs: nowMs + RIGHTS_KEPT_MS });
      allowed.catch(() => rights.delete(key));
      return allowed;
    },
  };
}
