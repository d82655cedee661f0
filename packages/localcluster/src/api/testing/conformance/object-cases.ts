import { describe, expect, test } from '@jest/globals';
import { type Json, type JsonObject, objectAt, stringAt, valueAt } from '../../json.ts';
import { configurationBytesMax, objectBytesMax, requestBodyBytesMax } from '../../limits.ts';
import { aNetwork } from '../sample-definition.ts';
import { aConfigMap, aPod, configMaps, networks } from './case-objects.ts';
import type { ConformanceServer } from './conformance-server.ts';
import { said } from './differences.ts';

/** One object: created, updated, patched, refused. */
export function describeObjects(server: () => ConformanceServer): void {
  describe('objects', () => {
    test('a created object has identity, a version and its default fields', async () => {
      const created = await server().call('POST', configMaps, { body: aConfigMap('created') });
      expect(created.code).toBe(201);
      expect(stringAt(created.body, 'metadata', 'uid')).toMatch(/^[0-9a-f-]{36}$/);
      expect(Number(stringAt(created.body, 'metadata', 'resourceVersion'))).toBeGreaterThan(0);
      expect((await server().call('POST', configMaps, { body: aConfigMap('created') })).body).toMatchObject({
        reason: 'AlreadyExists',
        code: 409,
      });
    });

    test('generateName makes a name', async () => {
      const created = await server().call('POST', configMaps, { body: { metadata: { generateName: 'made-' } } });
      expect(stringAt(created.body, 'metadata', 'name')).toMatch(/^made-[a-z0-9]{5}$/);
    });

    test('an update with an old resourceVersion is refused with Conflict', async () => {
      const created = await server().call('POST', configMaps, { body: aConfigMap('stale') });
      const changed = { ...created.body, data: { a: '2' } };
      expect((await server().call('PUT', `${configMaps}/stale`, { body: changed })).code).toBe(200);
      const refused = await server().call('PUT', `${configMaps}/stale`, { body: { ...changed, data: { a: '3' } } });
      expect(refused.body).toMatchObject({ code: 409, reason: 'Conflict' });
      expect(stringAt(refused.body, 'message')).toContain('the object has been modified; please apply your changes to the latest version');
    });

    test('an update that changes nothing keeps the resourceVersion', async () => {
      const created = await server().call('POST', configMaps, { body: aConfigMap('same') });
      const again = await server().call('PUT', `${configMaps}/same`, { body: created.body });
      expect(valueAt(again.body, 'metadata', 'resourceVersion')).toBe(valueAt(created.body, 'metadata', 'resourceVersion'));
    });

    test('dryRun stores nothing', async () => {
      expect((await server().call('POST', `${configMaps}?dryRun=All`, { body: aConfigMap('dry') })).code).toBe(201);
      expect((await server().call('GET', `${configMaps}/dry`)).code).toBe(404);
      await server().call('POST', configMaps, { body: aConfigMap('spared') });
      expect(
        (await server().call('DELETE', `${configMaps}/spared`, { body: { kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['All'] } }))
          .code,
      ).toBe(200);
      expect((await server().call('DELETE', `${configMaps}/spared?dryRun=All`)).code).toBe(200);
      expect((await server().call('GET', `${configMaps}/spared`)).code).toBe(200);
    });

    test('bad names, labels and bodies are refused with the words of the real server', async () => {
      const badName = await server().call('POST', configMaps, { body: aConfigMap('Bad_Name') });
      expect(badName.body).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(stringAt(badName.body, 'message')).toContain('a lowercase RFC 1123 subdomain must consist of');
      expect((await server().call('POST', configMaps, { body: aConfigMap('x', {}, { labels: { 'a b': 'c' } }) })).code).toBe(422);
      expect((await server().call('POST', configMaps, { body: '{' })).body).toMatchObject({ code: 400, reason: 'BadRequest' });
      expect((await server().call('POST', configMaps, { body: '['.repeat(200) + ']'.repeat(200) })).code).toBe(400);
      expect((await server().call('POST', configMaps, { body: { ...aConfigMap('x'), kind: 'Secret' } })).code).toBe(400);
      expect((await server().call('POST', '/api/v1/namespaces/nowhere/configmaps', { body: aConfigMap('x') })).body).toMatchObject({
        code: 404,
        reason: 'NotFound',
      });
    });

    test('a body, a ConfigMap, a Secret and any object above their limits are refused', async () => {
      const huge = JSON.stringify(aConfigMap('huge', { a: 'x'.repeat(requestBodyBytesMax) }));
      expect((await server().call('POST', configMaps, { body: huge })).code).toBe(413);
      const values = { a: 'x'.repeat(configurationBytesMax), b: '' };
      expect((await server().call('POST', configMaps, { body: aConfigMap('fits', values) })).code).toBe(201);
      const refused = await server().call('POST', configMaps, { body: aConfigMap('large', { ...values, b: 'x' }) });
      expect([refused.code, stringAt(refused.body, 'message')]).toEqual([
        422,
        'ConfigMap "large" is invalid: []: Too long: may not be more than 1048576 bytes',
      ]);
      const secret = { metadata: { name: 'large' }, data: { a: Buffer.alloc(configurationBytesMax + 1).toString('base64') } };
      const refusedSecret = await server().call('POST', '/api/v1/namespaces/default/secrets', { body: secret });
      expect(stringAt(refusedSecret.body, 'message')).toBe('Secret "large" is invalid: data: Too long: may not be more than 1048576 bytes');
      const object = { ...aNetwork({ extra: { a: 'x'.repeat(objectBytesMax) } }), metadata: { name: 'large' } };
      const tooLarge = await server().call('POST', networks, { body: object });
      expect(String(tooLarge.code)).toBe(said(server(), 'objectTooLarge'));
      expect(stringAt(tooLarge.body, 'message')).toContain('etcdserver: request is too large');
    });

    test('a Service gets an address of the range, keeps it, and gives it back', async () => {
      const services = '/api/v1/namespaces/default/services';
      const body = { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } };
      const created = await server().call('POST', services, { body });
      expect(stringAt(created.body, 'spec', 'clusterIP')).toMatch(/^127\.(40\.7|19[2-9]\.\d+)\.\d+$/);
      const moved = { ...created.body, spec: { ...objectAt(created.body, 'spec'), clusterIP: '10.0.0.9' } };
      expect(stringAt((await server().call('PUT', `${services}/web`, { body: moved })).body, 'message')).toContain(
        'may not change once set',
      );
      const headless = await server().call('POST', services, {
        body: { metadata: { name: 'headless' }, spec: { clusterIP: 'None', ports: [{ port: 80 }] } },
      });
      expect(stringAt(headless.body, 'spec', 'clusterIP')).toBe('None');
      expect(
        (
          await server().call('POST', services, {
            body: { metadata: { name: 'far' }, spec: { clusterIP: '10.0.0.1', ports: [{ port: 80 }] } },
          })
        ).code,
      ).toBe(422);
    });

    test('the text of a Secret is stored as bytes and its type is fixed', async () => {
      const secrets = '/api/v1/namespaces/default/secrets';
      const created = await server().call('POST', secrets, { body: { metadata: { name: 's' }, stringData: { k: 'v' } } });
      expect(created.body).toMatchObject({ type: 'Opaque', data: { k: 'dg==' } });
      expect((await server().call('PUT', `${secrets}/s`, { body: { ...created.body, type: 'other' } })).code).toBe(422);
    });

    test('a number where a pod needs text is refused', async () => {
      const pod = { ...aPod('quoted'), spec: { containers: [{ name: 'main', image: 'x', env: [{ name: 'A', value: 1 }], args: [2] }] } };
      const refused = await server().call('POST', '/api/v1/namespaces/default/pods', { body: pod });
      expect(stringAt(refused.body, 'message')).toContain(said(server(), 'unquotedNumber'));
      expect((await server().call('POST', configMaps, { body: { metadata: { name: 'x', labels: 'a=b' } } })).code).toBe(400);
    });

    test('applying the same pod and Service again writes nothing', async () => {
      const objects: [string, JsonObject][] = [
        ['pods', aPod('again')],
        ['services', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'again' }, spec: { ports: [{ port: 80 }] } }],
      ];
      for (const [plural, body] of objects) {
        const apply = () =>
          server().call('PATCH', `/api/v1/namespaces/default/${plural}/again?fieldManager=op&force=true`, {
            body,
            contentType: 'application/apply-patch+yaml',
          });
        const first = await apply();
        expect([first.code, valueAt((await apply()).body, 'metadata', 'resourceVersion')]).toEqual([
          201,
          valueAt(first.body, 'metadata', 'resourceVersion'),
        ]);
      }
    });

    test('the spec of a pod may change only its images', async () => {
      const pods = '/api/v1/namespaces/default/pods';
      await server().call('POST', pods, { body: aPod('fixed') });
      const patch = (containers: Json) =>
        server().call('PATCH', `${pods}/fixed`, { body: { spec: { containers } }, contentType: 'application/strategic-merge-patch+json' });
      expect((await patch([{ name: 'main', image: 'civitas.dev/node:2' }])).code).toBe(200);
      expect(stringAt((await patch([{ name: 'main', command: ['sh'] }])).body, 'message')).toContain(
        'pod updates may not change fields other than',
      );
    });
  });
}
