import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, jest } from '@jest/globals';
import { describeKubectl } from './testing/conformance/kubectl-cases.ts';
import { describeKubectlEditing } from './testing/conformance/kubectl-editing-cases.ts';
import { kubectlOf } from './testing/conformance/run-kubectl.ts';
import { sampleDefinition } from './testing/sample-definition.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

jest.setTimeout(30_000);

function hasKubectl(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const isThere = hasKubectl();
if (!isThere) {
  if (process.env['CI'] === 'true') throw new Error('kubectl is not installed, and CI must have it');
  console.warn('SKIPPED: what a person sees of the API server, because kubectl is not installed');
}

let cluster: TestServer;

(isThere ? describe : describe.skip)('the kubectl of this machine', () => {
  beforeAll(async () => {
    cluster = await startTestServer('127.40.12.1');
    await cluster.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: sampleDefinition });
  }, 30_000);
  afterAll(() => cluster?.stop());

  describeKubectl(() => kubectlOf(cluster, 'kubectl'));
  describeKubectlEditing(() => kubectlOf(cluster, 'kubectl'));
});
