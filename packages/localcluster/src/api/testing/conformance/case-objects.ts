import { type JsonObject, stringAt } from '../../json.ts';
import type { ConformanceServer } from './conformance-server.ts';

export const configMaps = '/api/v1/namespaces/default/configmaps';
export const networks = '/apis/test.dev/v1/namespaces/default/networks';

export function aConfigMap(name: string, data: JsonObject = { a: '1' }, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

export function aPod(name: string, labels: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { containers: [{ name: 'main', image: 'civitas.dev/node:1' }] },
  };
}

/** Creates a pod in `default` and puts it on a node, as a scheduler would. */
export async function placePod(server: ConformanceServer, pod: JsonObject): Promise<JsonObject> {
  await server.call('POST', '/api/v1/nodes', { body: { metadata: { name: 'laptop' } } });
  const pods = '/api/v1/namespaces/default/pods';
  const created = await server.call('POST', pods, { body: pod });
  const name = stringAt(pod, 'metadata', 'name');
  await server.call('POST', `${pods}/${name}/binding`, { body: { metadata: { name }, target: { kind: 'Node', name: 'laptop' } } });
  return created.body;
}
