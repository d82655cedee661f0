import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createKubeClient,
  customResourceDefinitions,
  type KubeClient,
  type KubeObject,
  type ObjectBody,
  type Resource,
  readKubeConfigFile,
} from '@civitas/kube';
import { startApiServer } from '@civitas/localcluster';
import { crdOf } from '../../core/resources/crd.ts';
import { GROUP, VERSION } from '../../core/resources/kind.ts';
import { KINDS } from '../../core/resources/kinds.ts';

/** The API server of one machine with our kinds, in a folder of its own. */
export interface TestCluster {
  readonly client: KubeClient;
  stop(): Promise<void>;
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** @param octet second number of its loopback addresses, so that suites side by side do not meet. */
export async function startTestCluster(octet: number): Promise<TestCluster> {
  const home = mkdtempSync(join(tmpdir(), 'civitas-operator-'));
  const api = await startApiServer({ home, address: `127.${octet}.0.1`, port: 0, serviceCidr: `127.${octet}.1.0/24`, log: silent });
  const client = createKubeClient(readKubeConfigFile(api.kubeconfigPath));
  for (const kind of KINDS) await client.create(customResourceDefinitions, crdOf(kind) as object as ObjectBody);
  return {
    client,
    async stop() {
      client.close();
      await api.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Address of one of our kinds by its plural. */
export function ourResource<T extends KubeObject>(plural: string): Resource<T> {
  return { group: GROUP, version: VERSION, plural, namespaced: plural !== 'agencies' && plural !== 'cityconfigs' };
}
