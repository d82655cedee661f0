import { afterAll, beforeAll, describe } from '@jest/globals';
import { createApiCalls } from '../../packages/localcluster/src/api/testing/api-calls.ts';
import { describeConformance } from '../../packages/localcluster/src/api/testing/conformance/all-cases.ts';
import type { ConformanceServer } from '../../packages/localcluster/src/api/testing/conformance/conformance-server.ts';
import { describeKubectl } from '../../packages/localcluster/src/api/testing/conformance/kubectl-cases.ts';
import { describeKubectlEditing } from '../../packages/localcluster/src/api/testing/conformance/kubectl-editing-cases.ts';
import { kubectlOf } from '../../packages/localcluster/src/api/testing/conformance/run-kubectl.ts';
import { sampleDefinition } from '../../packages/localcluster/src/api/testing/sample-definition.ts';
import { startTestServer, type TestServer } from '../../packages/localcluster/src/api/testing/test-server.ts';
import { findKubeTools } from '../../tools/kube/kube-tools.ts';
import { sharedCluster } from './cluster/shared-cluster.ts';
import { describeWithKubernetes } from './describe-with-kubernetes.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const kubectl = findKubeTools()?.path('kubectl') ?? 'kubectl';

describeWithKubernetes('the real API server', () => {
  let server: ConformanceServer;

  beforeAll(async () => {
    const cluster = sharedCluster();
    const { home, kubeconfigPath } = cluster;
    server = { ...createApiCalls(() => cluster), is: 'kubernetes', home, kubeconfigPath };
    await server.call('POST', DEFINITIONS, { body: sampleDefinition });
    await kubectlOf(server, kubectl).run('wait', '--for=condition=Established', 'crd/networks.test.dev', '--timeout=20s');
  });

  describeConformance(() => server);
  describe('and its own kubectl', () => {
    describeKubectl(() => kubectlOf(server, kubectl));
    describeKubectlEditing(() => kubectlOf(server, kubectl));
  });
});

/** With --full: the unit suite drives localcluster by the machine's kubectl each time. */
function describeNewestKubectl(): void {
  describeWithKubernetes('localcluster with the newest kubectl', () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startTestServer('127.40.14.1');
      await server.call('POST', DEFINITIONS, { body: sampleDefinition });
    });
    afterAll(() => server?.stop());

    describeKubectl(() => kubectlOf(server, kubectl));
    describeKubectlEditing(() => kubectlOf(server, kubectl));
  });
}
if (process.env['CIVITAS_FULL'] === '1') describeNewestKubectl();
