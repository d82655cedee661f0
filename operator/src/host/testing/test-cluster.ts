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
import { type AuditEntry, startApiServer } from '@civitas/localcluster';
import { crdOf } from '../../core/resources/crd.ts';
import { GROUP, VERSION } from '../../core/resources/kind.ts';
import { KINDS } from '../../core/resources/kinds.ts';

/** The API server of one machine with our kinds, in a folder of its own. */
export interface TestCluster {
  readonly client: KubeClient;
  readonly url: string;
  readonly kubeconfigPath: string;
  /** A client that is this ServiceAccount, as its pod would be. */
  clientOf(namespace: string, account: string): KubeClient;
  /** Everything that was answered by now has been told to `audit` when this returns. */
  flushAudit(): void;
  stop(): Promise<void>;
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** @param octet second number of its loopback addresses, so that suites side by side do not meet. */
export async function startTestCluster(octet: number, audit?: (entry: AuditEntry) => void): Promise<TestCluster> {
  const home = mkdtempSync(join(tmpdir(), 'civitas-operator-'));
  const options = { home, address: `127.${octet}.0.1`, port: 0, serviceCidr: `127.${octet}.1.0/24`, log: silent };
  const api = await startApiServer({ ...options, ...(audit === undefined ? {} : { audit }) });
  const client = createKubeClient(readKubeConfigFile(api.kubeconfigPath));
  for (const kind of KINDS) await client.create(customResourceDefinitions, crdOf(kind) as object as ObjectBody);
  const clients = [client];
  return {
    client,
    url: api.url,
    kubeconfigPath: api.kubeconfigPath,
    flushAudit: () => {},
    clientOf(namespace, account) {
      const token = api.port.serviceAccountToken(namespace, account);
      const made = createKubeClient({
        getCurrentCluster: () => ({ server: api.url }),
        getCurrentContext: () => account,
        getContextObject: () => ({ namespace }),
        async applyToHTTPSOptions(target) {
          target.ca = api.caPem;
          target.headers = { Authorization: `Bearer ${token}` };
        },
      });
      clients.push(made);
      return made;
    },
    async stop() {
      for (const open of clients) open.close();
      await api.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

const CLUSTER_SCOPED = ['agencies', 'cityconfigs', 'consensuskeyreservations', 'releasecatalogs'];

/** Address of one of our kinds by its plural. */
export function ourResource<T extends KubeObject>(plural: string): Resource<T> {
  return { group: GROUP, version: VERSION, plural, namespaced: !CLUSTER_SCOPED.includes(plural) };
}
