import { describe, expect, test } from '@jest/globals';
import { stringAt } from '../../json.ts';
import { aConfigMap, aPod, configMaps, placePod } from './case-objects.ts';
import type { ConformanceServer } from './conformance-server.ts';

/** Preconditions, finalizers, owners, eviction, namespaces. */
export function describeDeletion(server: () => ConformanceServer): void {
  describe('deletion', () => {
    test('preconditions are kept, finalizers hold', async () => {
      await server().call('POST', configMaps, { body: aConfigMap('held', {}, { finalizers: ['test.dev/hold'] }) });
      const path = `${configMaps}/held`;
      expect((await server().call('DELETE', path, { body: { preconditions: { uid: 'other' } } })).body).toMatchObject({ code: 409 });
      const deleting = await server().call('DELETE', path);
      expect(stringAt(deleting.body, 'metadata', 'deletionTimestamp')).not.toBe('');
      expect((await server().call('GET', path)).code).toBe(200);
      const added = { metadata: { finalizers: ['test.dev/hold', 'test.dev/more'] } };
      expect((await server().call('PATCH', path, { body: added, contentType: 'application/merge-patch+json' })).code).toBe(422);
      await server().call('PATCH', path, { body: { metadata: { finalizers: null } }, contentType: 'application/merge-patch+json' });
      expect((await server().call('GET', path)).code).toBe(404);
    });

    test('what an owner leaves behind is collected', async () => {
      const owner = await server().call('POST', configMaps, { body: aConfigMap('owner') });
      const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: stringAt(owner.body, 'metadata', 'uid') }];
      await server().call('POST', configMaps, { body: aConfigMap('dependent', {}, { ownerReferences }) });
      const watch = server().watch(`${configMaps}?watch=1&fieldSelector=metadata.name%3Ddependent`);
      expect(await watch.next()).toMatchObject({ type: 'ADDED' });
      await server().call('DELETE', `${configMaps}/owner`);
      expect(await watch.next()).toMatchObject({ type: 'DELETED' });
      watch.close();
    });

    test('a pod on a node waits for its kubelet; eviction keeps to the budget', async () => {
      const pods = '/api/v1/namespaces/default/pods';
      await placePod(server(), aPod('placed', { app: 'placed' }));
      await server().call('PATCH', `${pods}/placed/status`, {
        body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
        contentType: 'application/merge-patch+json',
      });
      await server().call('POST', '/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
        body: { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'placed' } } } },
      });
      const evict = () =>
        server().call('POST', `${pods}/placed/eviction`, {
          body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'placed' } },
        });
      expect((await evict()).body).toMatchObject({
        code: 429,
        reason: 'TooManyRequests',
        details: { causes: [{ reason: 'DisruptionBudget' }] },
      });
      await server().call('DELETE', '/apis/policy/v1/namespaces/default/poddisruptionbudgets/b');
      expect((await evict()).code).toBe(201);
      expect((await server().call('GET', `${pods}/placed`)).body).toMatchObject({ metadata: { deletionGracePeriodSeconds: 30 } });
      await server().call('DELETE', `${pods}/placed`, { body: { gracePeriodSeconds: 0 } });
      expect((await server().call('GET', `${pods}/placed`)).code).toBe(404);
    });

    test('a namespace empties before it goes and takes nothing new meanwhile', async () => {
      await server().call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'brief' } } });
      const inside = '/api/v1/namespaces/brief/configmaps';
      await server().call('POST', inside, { body: aConfigMap('c', {}, { finalizers: ['test.dev/hold'] }) });
      const watch = server().watch('/api/v1/namespaces?watch=1&fieldSelector=metadata.name%3Dbrief');
      await watch.next();
      expect((await server().call('DELETE', '/api/v1/namespaces/brief')).body).toMatchObject({ status: { phase: 'Terminating' } });
      const refused = await server().call('POST', inside, { body: aConfigMap('late') });
      expect(refused.body).toMatchObject({ code: 403, details: { causes: [{ reason: 'NamespaceTerminating' }] } });
      await server().call('PATCH', `${inside}/c`, {
        body: { metadata: { finalizers: null } },
        contentType: 'application/merge-patch+json',
      });
      for (let event = await watch.next(); event?.['type'] !== 'DELETED'; ) event = await watch.next();
      expect((await server().call('GET', '/api/v1/namespaces/brief')).code).toBe(404);
      watch.close();
    });
  });
}
