import { describe, expect, test } from '@jest/globals';
import { arrayAt, objectsAt, stringAt } from '../../json.ts';
import { aConfigMap, aPod, configMaps } from './case-objects.ts';
import type { ConformanceServer } from './conformance-server.ts';
import { said } from './differences.ts';

/** Many objects: pages, selectors, watches, tables. */
export function describeListsAndWatches(server: () => ConformanceServer): void {
  describe('lists and watches', () => {
    test('a list comes in pages and by label', async () => {
      for (const name of ['p1', 'p2', 'p3'])
        await server().call('POST', configMaps, { body: aConfigMap(name, {}, { labels: { set: 'pages', name } }) });
      const first = await server().call('GET', `${configMaps}?limit=2&labelSelector=set%3Dpages`);
      expect(arrayAt(first.body, 'items')).toHaveLength(2);
      const token = stringAt(first.body, 'metadata', 'continue');
      const second = await server().call('GET', `${configMaps}?limit=2&labelSelector=set%3Dpages&continue=${token}`);
      expect(objectsAt(second.body, 'items').map((item) => stringAt(item, 'metadata', 'name'))).toEqual(['p3']);
      const chosen = await server().call('GET', `${configMaps}?labelSelector=${encodeURIComponent('set,name notin (p1,p2)')}`);
      expect(objectsAt(chosen.body, 'items').map((item) => stringAt(item, 'metadata', 'name'))).toEqual(['p3']);
      expect((await server().call('GET', `${configMaps}?continue=nonsense`)).code).toBe(400);
      expect((await server().call('GET', `${configMaps}?fieldSelector=data.a%3D1`)).code).toBe(400);
    });

    test('a watch replays from a version, then follows; leaving the selector is a deletion', async () => {
      const list = await server().call('GET', configMaps);
      const version = stringAt(list.body, 'metadata', 'resourceVersion');
      const created = await server().call('POST', configMaps, { body: aConfigMap('seen', {}, { labels: { watched: 'yes' } }) });
      const watch = server().watch(`${configMaps}?watch=1&resourceVersion=${version}&labelSelector=watched%3Dyes`);
      expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'seen' } } });
      await server().call('PUT', `${configMaps}/seen`, { body: { ...created.body, data: { b: '1' } } });
      expect(await watch.next()).toMatchObject({ type: 'MODIFIED', object: { data: { b: '1' } } });
      await server().call('PATCH', `${configMaps}/seen`, {
        body: { metadata: { labels: { watched: null } } },
        contentType: 'application/merge-patch+json',
      });
      expect(await watch.next()).toMatchObject({ type: 'DELETED' });
      watch.close();
    });

    test('a watch-list sends what exists and says where that ends', async () => {
      await server().call('POST', configMaps, { body: aConfigMap('listed', {}, { labels: { list: 'w' } }) });
      const watch = server().watch(
        `${configMaps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&labelSelector=list%3Dw`,
      );
      expect(await watch.next()).toMatchObject({ type: 'ADDED' });
      expect(await watch.next()).toMatchObject({
        type: 'BOOKMARK',
        object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
      });
      watch.close();
    });

    test('a watch from what is no version is refused', async () => {
      const refused = await server().call('GET', `${configMaps}?watch=1&resourceVersion=x`);
      expect(String(refused.code)).toBe(said(server(), 'watchFromNoVersion'));
      expect(stringAt(refused.body, 'message')).toContain('resourceVersion: Invalid value: "x"');
    });

    test('a table has the columns kubectl prints', async () => {
      await server().call('POST', '/api/v1/namespaces/default/pods', { body: aPod('tabled') });
      const table = await server().call('GET', '/api/v1/namespaces/default/pods/tabled', {
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
      });
      expect(objectsAt(table.body, 'columnDefinitions').map((column) => column['name'])).toEqual([
        'Name',
        'Ready',
        'Status',
        'Restarts',
        'Age',
        'IP',
        'Node',
        'Nominated Node',
        'Readiness Gates',
      ]);
      expect(arrayAt(objectsAt(table.body, 'rows')[0], 'cells').slice(0, 4)).toEqual(['tabled', '0/1', 'Pending', '0']);
    });
  });
}
