import { afterAll, beforeAll } from '@jest/globals';
import { describeConformance } from './testing/conformance/all-cases.ts';
import { sampleDefinition } from './testing/sample-definition.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let cluster: TestServer;
beforeAll(async () => {
  cluster = await startTestServer('127.40.11.1');
  await cluster.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: sampleDefinition });
}, 20_000);
afterAll(() => cluster.stop());

describeConformance(() => cluster);
