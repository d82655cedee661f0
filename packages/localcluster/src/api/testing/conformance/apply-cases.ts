import { describe, expect, test } from '@jest/globals';
import { type JsonObject, objectAt, objectsAt, stringAt, valueAt } from '../../json.ts';
import { aConfigMap, configMaps } from './case-objects.ts';
import type { ConformanceServer } from './conformance-server.ts';

/** Fields and who owns them. */
export function describeServerSideApply(server: () => ConformanceServer): void {
  describe('server-side apply', () => {
    const apply = (body: JsonObject, manager: string, query = '') =>
      server().call('PATCH', `${configMaps}/${stringAt(body, 'metadata', 'name')}?fieldManager=${manager}${query}`, {
        body,
        contentType: 'application/apply-patch+yaml',
      });

    test('a field another manager holds at another value is a conflict that names it, unless forced', async () => {
      expect((await apply(aConfigMap('owned', { a: '1', b: '1' }), 'first')).code).toBe(201);
      const refused = await apply(aConfigMap('owned', { a: '2' }), 'second');
      expect(refused.body).toMatchObject({
        code: 409,
        reason: 'Conflict',
        message: 'Apply failed with 1 conflict: conflict with "first": .data.a',
      });
      expect(objectsAt(refused.body, 'details', 'causes')).toEqual([
        { reason: 'FieldManagerConflict', message: 'conflict with "first"', field: '.data.a' },
      ]);
      expect((await apply(aConfigMap('owned', { a: '2' }), 'second', '&force=true')).body).toMatchObject({ data: { a: '2', b: '1' } });
    });

    test('what a manager applies no more goes, unless another manager has it', async () => {
      await apply(aConfigMap('shrinks', { a: '1', b: '1' }), 'first');
      await apply(aConfigMap('shrinks', { b: '1' }), 'second');
      expect(objectAt((await apply(aConfigMap('shrinks', { c: '1' }), 'first')).body, 'data')).toEqual({ b: '1', c: '1' });
    });

    test('applying the same again changes nothing', async () => {
      const first = await apply(aConfigMap('still', { a: '1' }), 'first');
      const again = await apply(aConfigMap('still', { a: '1' }), 'first');
      expect(valueAt(again.body, 'metadata', 'resourceVersion')).toBe(valueAt(first.body, 'metadata', 'resourceVersion'));
    });

    test('a manager that changes its own field within a second keeps it as applied', async () => {
      await apply(aConfigMap('quick', { a: '1' }), 'first');
      const again = await apply(aConfigMap('quick', { a: '2' }), 'first');
      expect(objectsAt(again.body, 'metadata', 'managedFields').map((entry) => entry['operation'])).toEqual(['Apply']);
    });

    test('apply without a manager is refused', async () => {
      expect(
        (await server().call('PATCH', `${configMaps}/still`, { body: aConfigMap('still'), contentType: 'application/apply-patch+yaml' }))
          .code,
      ).toBe(422);
      expect((await server().call('PATCH', `${configMaps}/still`, { body: {}, contentType: 'text/plain' })).code).toBe(415);
    });
  });
}
