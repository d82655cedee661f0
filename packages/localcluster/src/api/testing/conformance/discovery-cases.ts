import { waitFor } from '@civitas/testkit';
import { describe, expect, test } from '@jest/globals';
import { type JsonObject, objectAt, objectsAt, stringAt, stringsAt, valueAt } from '../../json.ts';
import { sampleDefinition } from '../sample-definition.ts';
import { aConfigMap, configMaps, networks } from './case-objects.ts';
import type { ConformanceServer } from './conformance-server.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** The sample definition as another kind, with a scale subresource. */
function aScaledDefinition(): JsonObject {
  const definition: JsonObject = JSON.parse(JSON.stringify(sampleDefinition).replaceAll('networks', 'rings').replaceAll('Network', 'Ring'));
  const [version = {}] = objectsAt(definition, 'spec', 'versions');
  const scale = { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' };
  const size = { type: 'object', properties: { size: { type: 'integer' } } };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: size, status: size } } };
  const names = { plural: 'rings', kind: 'Ring' };
  return {
    ...definition,
    spec: {
      ...objectAt(definition, 'spec'),
      names,
      versions: [{ ...version, subresources: { status: {}, scale }, schema, additionalPrinterColumns: [] }],
    },
  };
}

/** What clients find out about the server, and what they do to many objects at once. Expects the sample definition. */
export function describeDiscovery(server: () => ConformanceServer): void {
  const kindOf = (body: JsonObject): JsonObject | undefined => objectsAt(body, 'resources').find((entry) => entry['name'] === 'networks');

  describe('discovery', () => {
    test('names groups, versions, kinds and verbs, one by one and all at once', async () => {
      const { body } = await server().call('GET', '/apis/test.dev/v1');
      const entry = kindOf(body);
      expect(entry).toMatchObject({
        kind: 'Network',
        namespaced: true,
        singularName: 'network',
        shortNames: ['tn'],
        categories: ['tests'],
      });
      expect([...stringsAt(entry, 'verbs')].sort()).toEqual(VERBS);
      expect((await server().call('GET', '/apis/test.dev')).body).toMatchObject({
        kind: 'APIGroup',
        preferredVersion: { groupVersion: 'test.dev/v1' },
      });
      const all = await server().call('GET', '/apis', { accept: AGGREGATED });
      const group = objectsAt(all.body, 'items').find((item) => stringAt(item, 'metadata', 'name') === 'test.dev');
      expect(group).toMatchObject({
        versions: [
          {
            version: 'v1',
            resources: [
              { resource: 'networks', responseKind: { kind: 'Network' }, scope: 'Namespaced', subresources: [{ subresource: 'status' }] },
            ],
          },
        ],
      });
      const core = await server().call('GET', '/api/v1');
      const pods = objectsAt(core.body, 'resources').map((resource) => resource['name']);
      expect(pods).toEqual(expect.arrayContaining(['pods', 'pods/status', 'pods/eviction', 'pods/binding', 'serviceaccounts/token']));
    });

    test('describes kinds for explain, and says where', async () => {
      const document = await waitFor('published schema', async () => {
        const index = await server().call('GET', '/openapi/v3');
        const path = stringAt(index.body, 'paths', 'apis/test.dev/v1', 'serverRelativeURL');
        return path === '' ? undefined : (await server().call('GET', path)).body;
      });
      const schema = objectAt(document, 'components', 'schemas', 'dev.test.v1.Network');
      expect(valueAt(schema, 'x-kubernetes-group-version-kind')).toEqual([{ group: 'test.dev', kind: 'Network', version: 'v1' }]);
      expect(valueAt(schema, 'properties', 'spec', 'properties', 'domain')).toMatchObject({
        type: 'string',
        enum: ['health', 'housing'],
        description: 'Which ledger this is.',
      });
    });
  });

  describe('many objects', () => {
    test('a list of metadata leaves specs and data out', async () => {
      await server().call('POST', configMaps, { body: aConfigMap('bare', { a: '1' }, { labels: { set: 'bare' } }) });
      const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
      const { body } = await server().call('GET', `${configMaps}?labelSelector=set%3Dbare`, { accept });
      expect(body).toMatchObject({
        kind: 'PartialObjectMetadataList',
        items: [{ kind: 'PartialObjectMetadata', metadata: { name: 'bare' } }],
      });
      expect(valueAt(objectsAt(body, 'items')[0], 'data')).toBeUndefined();
    });

    test('a collection is deleted by its labels, and nothing else; on a dry run nothing at all', async () => {
      for (const name of ['d1', 'd2'])
        await server().call('POST', configMaps, { body: aConfigMap(name, {}, { labels: { set: 'doomed' } }) });
      await server().call('POST', configMaps, { body: aConfigMap('d3', {}, { labels: { set: 'spared' } }) });
      const codes = async () =>
        Promise.all(['d1', 'd2', 'd3'].map(async (name) => (await server().call('GET', `${configMaps}/${name}`)).code));
      expect((await server().call('DELETE', `${configMaps}?labelSelector=set%3Ddoomed&dryRun=All`)).code).toBe(200);
      expect(await codes()).toEqual([200, 200, 200]);
      expect((await server().call('DELETE', `${configMaps}?labelSelector=set%3Ddoomed`)).code).toBe(200);
      expect(await codes()).toEqual([404, 404, 200]);
    });

    test('scale reads and sets the size of a custom kind', async () => {
      await server().call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: aScaledDefinition() });
      const rings = networks.replace('networks', 'rings');
      await waitFor('served kind', async () => (await server().call('GET', rings)).code === 200);
      const ring = { apiVersion: 'test.dev/v1', kind: 'Ring', metadata: { name: 'one' }, spec: { size: 3 } };
      await waitFor('created object', async () => [201, 409].includes((await server().call('POST', rings, { body: ring })).code));
      const scale = await server().call('GET', `${rings}/one/scale`);
      expect(scale.body).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 3 } });
      const patch = { body: { spec: { replicas: 5 } }, contentType: 'application/merge-patch+json' };
      expect((await server().call('PATCH', `${rings}/one/scale`, patch)).body).toMatchObject({ spec: { replicas: 5 } });
      expect((await server().call('GET', `${rings}/one`)).body).toMatchObject({ spec: { size: 5 }, metadata: { generation: 2 } });
      await server().call('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/rings.test.dev');
    });
  });
}
