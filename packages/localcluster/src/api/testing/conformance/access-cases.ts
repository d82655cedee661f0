import { waitFor } from '@civitas/testkit';
import { describe, expect, test } from '@jest/globals';
import { stringAt } from '../../json.ts';
import { configMaps } from './case-objects.ts';
import type { ConformanceServer } from './conformance-server.ts';

/** Token of the ServiceAccount that `describeAccess` made and deleted. */
let endedToken = '';

/** Who may do what. */
export function describeAccess(server: () => ConformanceServer): void {
  describe('who may', () => {
    test('nobody without a credential, or with a token this cluster did not give', async () => {
      expect((await server().call('GET', '/api', { isAnonymous: true })).body).toMatchObject({ code: 401, reason: 'Unauthorized' });
      expect((await server().call('GET', '/api', { token: 'a.b.c' })).code).toBe(401);
    });

    test('a ServiceAccount may what its roles say, and cannot grant more', async () => {
      const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
      await server().call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'reader' } } });
      const rules = [
        { apiGroups: [''], resources: ['configmaps'], resourceNames: ['kube-root-ca.crt'], verbs: ['get'] },
        { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['create'] },
      ];
      await server().call('POST', `${rbac}/roles`, { body: { metadata: { name: 'reader' }, rules } });
      await server().call('POST', `${rbac}/rolebindings`, {
        body: {
          metadata: { name: 'reader' },
          roleRef: { kind: 'Role', name: 'reader' },
          subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'default' }],
        },
      });
      const given = await server().call('POST', '/api/v1/namespaces/default/serviceaccounts/reader/token', { body: { spec: {} } });
      const token = stringAt(given.body, 'status', 'token');
      const read = async () => (await server().call('GET', `${configMaps}/kube-root-ca.crt`, { token })).code;
      // A real server's authorizer hears of a role a moment after it is stored.
      expect(await waitFor('granted right', async () => (await read()) === 200)).toBe(true);
      const refused = await server().call('GET', `${configMaps}/other`, { token });
      expect(refused.body).toMatchObject({
        code: 403,
        message:
          'configmaps "other" is forbidden: User "system:serviceaccount:default:reader" cannot get resource "configmaps" in API group "" in the namespace "default"',
      });
      const escalation = await server().call('POST', `${rbac}/roles`, {
        token,
        body: { metadata: { name: 'more' }, rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }] },
      });
      expect(stringAt(escalation.body, 'message')).toContain('is attempting to grant RBAC permissions not currently held');
      const binding = await server().call('POST', `${rbac}/rolebindings`, {
        token,
        body: {
          metadata: { name: 'more' },
          roleRef: { kind: 'ClusterRole', name: 'cluster-admin' },
          subjects: [{ kind: 'User', name: 'x' }],
        },
      });
      expect(binding.code).toBe(403);
      expect((await server().call('GET', configMaps, { token, as: 'kubernetes-admin' })).body).toMatchObject({ code: 403 });
      expect((await server().call('GET', `${configMaps}/other`, { as: 'system:serviceaccount:default:reader' })).code).toBe(403);
      await server().call('DELETE', '/api/v1/namespaces/default/serviceaccounts/reader');
      endedToken = token;
    });

    test('access reviews answer for the asker and for others', async () => {
      const ask = (user: string) =>
        server().call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
          body: { spec: { user, resourceAttributes: { verb: 'get', resource: 'pods' } } },
        });
      expect((await ask('nobody')).body).toMatchObject({ status: { allowed: false } });
      const self = await server().call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        body: { spec: { resourceAttributes: { verb: '*', resource: '*' } } },
      });
      expect(self.body).toMatchObject({ status: { allowed: true } });
    });
  });
}

/** What `describeAccess` ended; it comes last, for a real server remembers for ten seconds that a token was good. */
export function describeEndedAccess(server: () => ConformanceServer): void {
  test('the token of a ServiceAccount that is gone is refused', async () => {
    const read = async () => (await server().call('GET', `${configMaps}/kube-root-ca.crt`, { token: endedToken })).code;
    expect(await waitFor('refused token', async () => (await read()) === 401, 30_000)).toBe(true);
    expect(endedToken).not.toBe('');
  });
}
