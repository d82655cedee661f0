import { describe, expect, test } from '@jest/globals';
import { arrayAt, type JsonObject, numberAt, objectAt, objectsAt, stringAt, valueAt } from '../../json.ts';
import { aNetwork, sampleDefinition } from '../sample-definition.ts';
import { networks } from './case-objects.ts';
import type { ConformanceServer } from './conformance-server.ts';

/** Objects of a definition: defaults, pruning, rules, status. Expects `sampleDefinition` to be there. */
export function describeCustomResources(server: () => ConformanceServer): void {
  describe('custom resources', () => {
    test('defaults are filled, unknown fields pruned with a warning or refused when strict', async () => {
      const created = await server().call('POST', networks, { body: aNetwork({ domian: 'x', extra: { any: 1 } }) });
      expect(created.body).toMatchObject({
        metadata: { generation: 1 },
        spec: { allowDowntime: false, pools: [{ replicas: 4 }, { replicas: 1 }], extra: { any: 1 } },
      });
      expect(valueAt(created.body, 'spec', 'domian')).toBeUndefined();
      expect(String(created.headers['warning'])).toContain('unknown field');
      const strict = await server().call('POST', `${networks}?fieldValidation=Strict`, {
        body: { ...aNetwork({ domian: 'x' }), metadata: { name: 'strict' } },
      });
      expect(stringAt(strict.body, 'message')).toContain('strict decoding error: unknown field "spec.domian"');
    });

    test('rules refuse with their message, transition rules only on update', async () => {
      const merge = (spec: JsonObject) =>
        server().call('PATCH', `${networks}/health`, { body: { spec }, contentType: 'application/merge-patch+json' });
      const fewer = await merge({ pools: [{ role: 'validator', replicas: 3 }] });
      expect(fewer.body).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(stringAt(fewer.body, 'message')).toBe(
        'Network.test.dev "health" is invalid: spec: Invalid value: fewer than 4 validators need allowDowntime',
      );
      expect(stringAt((await merge({ chainId: 'other' })).body, 'message')).toContain('spec.chainId: Invalid value: chainId is immutable');
      expect(stringAt((await merge({ domain: 'courts' })).body, 'message')).toContain(
        'Unsupported value: "courts": supported values: "health", "housing"',
      );
      expect((await merge({ pools: [{ role: 'validator', replicas: 3 }], allowDowntime: true })).body).toMatchObject({
        metadata: { generation: 2 },
      });
    });

    test('the status endpoint changes status only, and does not raise the generation', async () => {
      const before = await server().call('GET', `${networks}/health`);
      const status = { height: 7, conditions: [{ type: 'Available', status: 'True' }] };
      const after = await server().call('PUT', `${networks}/health/status`, {
        body: { ...before.body, spec: { domain: 'housing' }, status },
      });
      expect(after.body).toMatchObject({ status, spec: objectAt(before.body, 'spec') });
      expect(numberAt(after.body, 'metadata', 'generation')).toBe(numberAt(before.body, 'metadata', 'generation'));
      expect((await server().call('PUT', `${networks}/health`, { body: { ...after.body, status: {} } })).body).toMatchObject({ status });
      const table = await server().call('GET', `${networks}/health`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
      expect(arrayAt(objectsAt(table.body, 'rows')[0], 'cells')).toEqual(['health', 'health', 'True']);
    });

    test('a definition whose rule does not compile is refused', async () => {
      const definition = JSON.parse(
        JSON.stringify(sampleDefinition)
          .replaceAll('networks', 'brokens')
          .replaceAll('Network', 'Broken')
          .replace('self.chainId == oldSelf.chainId', 'self.chainId =='),
      );
      const refused = await server().call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: definition });
      expect(refused.body).toMatchObject({ code: 422 });
      expect(stringAt(refused.body, 'message')).toContain('compilation failed');
    });
  });
}
