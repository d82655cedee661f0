import { waitFor } from '@civitas/testkit';
import { describe, expect, test } from '@jest/globals';
import { arrayAt, objectsAt, stringAt, valueAt } from '../../json.ts';
import { annotationsBytesMax } from '../../limits.ts';
import { aConfigMap, aPod, configMaps, placePod } from './case-objects.ts';
import type { ConformanceServer } from './conformance-server.ts';

/** What servers keep by themselves: endpoints, budgets, quotas. */
export function describeControllers(server: () => ConformanceServer): void {
  describe('what the server keeps by itself', () => {
    test('the ready pods behind a Service are its endpoints', async () => {
      const pods = '/api/v1/namespaces/default/pods';
      await server().call('POST', '/api/v1/namespaces/default/services', {
        body: { metadata: { name: 'behind' }, spec: { selector: { app: 'behind' }, ports: [{ port: 80, targetPort: 8080 }] } },
      });
      await placePod(server(), aPod('behind', { app: 'behind' }));
      const watch = server().watch(
        '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?watch=1&labelSelector=kubernetes.io%2Fservice-name%3Dbehind',
      );
      await server().call('PATCH', `${pods}/behind/status`, {
        body: { status: { podIP: '10.1.2.3', conditions: [{ type: 'Ready', status: 'True' }] } },
        contentType: 'application/merge-patch+json',
      });
      let event = await watch.next();
      while (arrayAt(event, 'object', 'endpoints').length === 0) event = await watch.next();
      expect(event).toMatchObject({
        object: { endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true } }], ports: [{ port: 8080 }] },
      });
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
      const shown = async () => {
        const { body } = await server().call('GET', '/api/v1/namespaces/default/endpoints/behind', { accept });
        return arrayAt(objectsAt(body, 'rows')[0], 'cells')[1];
      };
      expect(await waitFor('endpoints', async () => (await shown()) === '10.1.2.3:8080')).toBe(true);
      watch.close();
    });

    test('a quota refuses what goes over it, and says what is used', async () => {
      await server().call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'bounded' } } });
      const quotas = '/api/v1/namespaces/bounded/resourcequotas';
      const pods = '/api/v1/namespaces/bounded/pods';
      await server().call('POST', quotas, {
        body: { metadata: { name: 'q' }, spec: { hard: { pods: '1', 'requests.memory': '1Gi', 'limits.cpu': '4' } } },
      });
      await waitFor('counted quota', async () => valueAt((await server().call('GET', `${quotas}/q`)).body, 'status', 'used', 'pods'));
      expect(stringAt((await server().call('POST', pods, { body: aPod('bare') })).body, 'message')).toBe(
        'pods "bare" is forbidden: failed quota: q: must specify limits.cpu for: main; requests.memory for: main',
      );
      const sized = (name: string) => ({
        ...aPod(name),
        spec: { containers: [{ name: 'main', image: 'x', resources: { requests: { memory: '512Mi' }, limits: { cpu: '1' } } }] },
      });
      // A real server's admission hears of the count a moment after it is stored, and takes no pod before.
      const isTaken = async (): Promise<boolean> => (await server().call('POST', pods, { body: sized('first') })).code === 201;
      expect(await waitFor('pod within the quota', isTaken)).toBe(true);
      const refused = await server().call('POST', pods, { body: sized('second') });
      expect(refused.body).toMatchObject({
        code: 403,
        message: 'pods "second" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
      });
      expect((await server().call('GET', `${quotas}/q`)).body).toMatchObject({
        status: { used: { pods: '1', 'requests.memory': '512Mi' } },
      });
    });

    test('annotations above their limit are refused', async () => {
      const refused = await server().call('POST', configMaps, {
        body: aConfigMap('noted', {}, { annotations: { note: 'x'.repeat(annotationsBytesMax) } }),
      });
      expect(refused.body).toMatchObject({ code: 422 });
      expect(stringAt(refused.body, 'message')).toContain(
        `metadata.annotations: Too long: may not be more than ${annotationsBytesMax} bytes`,
      );
    });
  });
}
