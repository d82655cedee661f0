import { waitFor } from '@civitas/testkit';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Json, stringAt } from '../../json.ts';
import type { CallOptions } from '../api-calls.ts';
import type { ConformanceServer } from './conformance-server.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const TENANT = 'system:serviceaccount:agency-a:tenant-owner';
const extra = { 'extra-civitas.dev%2Fsubject': ['person-1'] };

/** Acting as a tenant's ServiceAccount, as the console does: bound in one namespace and nowhere else. */
export function describeImpersonation(server: () => ConformanceServer): void {
  let token = '';
  const call = (path: string, options: CallOptions = {}) => server().call('GET', path, { token, ...options });
  const inNamespace = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`;

  describe('acting as a tenant', () => {
    beforeAll(async () => {
      const create = async (path: string, body: Json): Promise<void> => void (await server().call('POST', path, { body }));
      for (const name of ['agency-a', 'agency-b', 'desk']) await create('/api/v1/namespaces', { metadata: { name } });
      for (const namespace of ['agency-a', 'agency-b'])
        await create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'tenant-owner' } });
      await create('/api/v1/namespaces/desk/serviceaccounts', { metadata: { name: 'desk' } });
      const asTenant = [{ apiGroups: [''], resources: ['serviceaccounts'], resourceNames: ['tenant-owner'], verbs: ['impersonate'] }];
      const withPerson = [
        { apiGroups: ['authentication.k8s.io'], resources: ['userextras/civitas.dev/subject'], verbs: ['impersonate'] },
        { apiGroups: [''], resources: ['groups'], resourceNames: ['civitas:tenants'], verbs: ['impersonate'] },
      ];
      const mayLook = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }];
      for (const [name, rules] of Object.entries({ 'as-tenant': asTenant, 'with-person': withPerson, 'may-look': mayLook }))
        await create(`${RBAC}/clusterroles`, { metadata: { name }, rules });
      const desk = [{ kind: 'ServiceAccount', name: 'desk', namespace: 'desk' }];
      const tenant = [{ kind: 'ServiceAccount', name: 'tenant-owner', namespace: 'agency-a' }];
      const bind = (path: string, name: string, subjects: Json): Promise<void> =>
        create(path, { metadata: { name }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }, subjects });
      await bind(`${RBAC}/clusterrolebindings`, 'with-person', desk);
      await bind(`${RBAC}/namespaces/agency-a/rolebindings`, 'as-tenant', desk);
      await bind(`${RBAC}/namespaces/agency-a/rolebindings`, 'may-look', tenant);
      const given = await server().call('POST', '/api/v1/namespaces/desk/serviceaccounts/desk/token', { body: { spec: {} } });
      token = stringAt(given.body, 'status', 'token');
    }, 60_000);

    test('opens its namespace and no other one', async () => {
      const own = async (): Promise<boolean> => (await call(inNamespace('agency-a'), { as: TENANT, asWith: extra })).code === 200;
      // A real server's authorizer hears of a role a moment after it is stored.
      expect(await waitFor('granted right', own, 30_000)).toBe(true);
      expect((await call(inNamespace('agency-b'), { as: TENANT, asWith: extra })).body).toMatchObject({ code: 403 });
      expect((await call(inNamespace('agency-a'))).body).toMatchObject({ code: 403 });
    });

    test('is refused for the same name in another namespace, for another name, group, key or user', async () => {
      const refused: CallOptions[] = [
        { as: 'system:serviceaccount:agency-b:tenant-owner' },
        { as: 'system:serviceaccount:agency-a:default' },
        { as: 'kubernetes-admin' },
        { as: TENANT, asWith: { group: ['system:masters'] } },
        { as: TENANT, asWith: { group: ['civitas:tenants', 'system:masters'] } },
        { as: TENANT, asWith: { group: ['civitas:tenants,system:masters'] } },
        { as: TENANT, asWith: { 'extra-other': ['x'] } },
        { as: TENANT, asWith: { uid: ['7'] } },
      ];
      for (const options of refused)
        expect((await call(inNamespace('agency-a'), options)).body).toMatchObject({ code: 403, reason: 'Forbidden' });
    });

    test('says who it is, with the person and the groups that were named', async () => {
      const review = (options: CallOptions) =>
        server().call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { token, as: TENANT, body: {}, ...options });
      const alone = await review({ asWith: extra });
      expect(alone.body).toMatchObject({ status: { userInfo: { username: TENANT, extra: { 'civitas.dev/subject': ['person-1'] } } } });
      expect(groupsIn(alone.body)).toEqual(['system:authenticated', 'system:serviceaccounts', 'system:serviceaccounts:agency-a']);
      expect(groupsIn((await review({ asWith: { group: ['civitas:tenants'] } })).body)).toEqual([
        'civitas:tenants',
        'system:authenticated',
      ]);
    });
  });
}

function groupsIn(body: Json): readonly string[] {
  const { status } = body as { status?: { userInfo?: { groups?: string[] } } };
  return [...(status?.userInfo?.groups ?? [])].sort();
}
