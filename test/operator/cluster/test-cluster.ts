import {
  type ClusterAccess,
  createKubeClient,
  customResourceDefinitions,
  type KubeClient,
  type ObjectBody,
  readKubeConfigFile,
} from '@civitas/kube';
import type { AuditEntry } from '@civitas/localcluster';
import { waitFor } from '@civitas/testkit';
import { crdOf } from '../../../operator/src/core/resources/crd.ts';
import { GROUP, VERSION } from '../../../operator/src/core/resources/kind.ts';
import { KINDS } from '../../../operator/src/core/resources/kinds.ts';
import type { TestCluster } from '../../../operator/src/host/testing/test-cluster.ts';
import { followAuditLog } from './audit-log.ts';
import { startRealCluster } from './real-cluster.ts';
import { type SharedCluster, sharedCluster, statusOf } from './shared-cluster.ts';
import { wipeObjects } from './wipe-objects.ts';

export { ourResource, type TestCluster } from '../../../operator/src/host/testing/test-cluster.ts';

const DEFINED_WITHIN_MS = 20_000;

/** What stands in for operator/src/host/testing/test-cluster.ts in this suite: the same tests, on the real API server, empty of what others left. */
export function startTestCluster(_octet?: number, audit?: (entry: AuditEntry) => void): Promise<TestCluster> {
  return audit === undefined ? createRealTestCluster(sharedCluster()) : startAuditedCluster(audit);
}

/** A cluster of its own: the shared one keeps no audit log. */
async function startAuditedCluster(audit: (entry: AuditEntry) => void): Promise<TestCluster> {
  const real = await startRealCluster({ audit: true });
  const tail = followAuditLog(real.auditPath, audit);
  const cluster = await createRealTestCluster(real);
  return {
    ...cluster,
    flushAudit: tail.flush,
    async stop() {
      await cluster.stop();
      tail.stop();
      await real.stop();
    },
  };
}

/** A real cluster, shared or a test's own, with our kinds and nothing else of ours. */
export async function createRealTestCluster({ url, etcdUrl, kubeconfigPath, caPem, admin }: SharedCluster): Promise<TestCluster> {
  await wipeObjects(etcdUrl);
  const client = createKubeClient(readKubeConfigFile(kubeconfigPath));
  const clients = [client];
  for (const kind of KINDS)
    await client.apply(customResourceDefinitions, crdOf(kind) as object as ObjectBody, { fieldManager: 'test', force: true });
  for (const { plural } of KINDS) {
    const path = `/apis/${GROUP}/${VERSION}/${plural}`;
    await waitFor(path, async () => (await statusOf({ url, caPem, admin }, path)) === 200, DEFINED_WITHIN_MS);
  }
  return {
    client,
    url,
    kubeconfigPath,
    flushAudit: () => {},
    clientOf(namespace, account) {
      const made = createKubeClient(accessOf({ url, caPem }, client, { namespace, account }));
      clients.push(made);
      return made;
    },
    async stop() {
      for (const open of clients) open.close();
      await wipeObjects(etcdUrl);
    },
  };
}

/** Access as a ServiceAccount, whose token is asked for when it is needed. */
function accessOf(
  server: { readonly url: string; readonly caPem: string },
  client: KubeClient,
  { namespace, account }: { readonly namespace: string; readonly account: string },
): ClusterAccess {
  return {
    getCurrentCluster: () => ({ server: server.url }),
    getCurrentContext: () => account,
    getContextObject: () => ({ namespace }),
    async applyToHTTPSOptions(target) {
      const resource = { group: '', version: 'v1', plural: `serviceaccounts/${account}/token`, namespaced: true };
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name: '', namespace }, ...{ spec: {} } };
      const { status } = (await client.create(resource, body)) as object as { readonly status: { readonly token: string } };
      target.ca = server.caPem;
      target.headers = { Authorization: `Bearer ${status.token}` };
    },
  };
}
