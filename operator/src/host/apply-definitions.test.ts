import { ApiError, type Clock, customResourceDefinitions, type KubeClient } from '@civitas/kube';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KINDS } from '../core/resources/kinds.ts';
import { applyDefinitions } from './apply-definitions.ts';
import { startTestCluster, type TestCluster } from './testing/test-cluster.ts';

const NAME = 'ledgernetworks.civitas.dev';
let cluster: TestCluster;
let passedMs = 0;

/** A clock whose timers fire at once, each moving it on by what it waited for. */
const clock: Clock = {
  nowUnixMs: () => passedMs,
  monotonicMs: () => passedMs,
  setTimer(delayMs, fire) {
    passedMs += delayMs;
    queueMicrotask(fire);
    return () => {};
  },
};

beforeAll(async () => {
  cluster = await startTestCluster(97);
}, 30_000);

afterAll(async () => {
  await cluster?.stop();
});

/** The test cluster's client with some verbs replaced. */
function clientWith(replaced: Partial<KubeClient>): KubeClient {
  return { ...cluster.client, ...replaced };
}

describe('the definitions of our kinds', () => {
  test('are brought to what this program was built with, whoever changed them', async () => {
    const before = await cluster.client.get(customResourceDefinitions, { name: NAME });
    await cluster.client.mergePatch(customResourceDefinitions, { name: NAME }, { spec: { names: { shortNames: ['old'] } } });
    const said: string[] = [];
    await applyDefinitions({ client: cluster.client, clock, say: (line) => said.push(line) });
    const after = await cluster.client.get(customResourceDefinitions, { name: NAME });
    expect(after['spec']).toEqual(before['spec']);
    expect(said).toEqual(KINDS.map(({ plural }) => `${plural}.civitas.dev is served`));
  });

  test('one that the server refuses ends it with the server’s words', async () => {
    const refusal = new ApiError({ status: 422, reason: 'Invalid', message: 'spec.versions: Required value' });
    const client = clientWith({ apply: () => Promise.reject(refusal) });
    await expect(applyDefinitions({ client, clock, say: () => {} })).rejects.toThrow('spec.versions: Required value');
  });

  test('one that is not served in time ends it with what the server says of it', async () => {
    const conditions = [{ type: 'NamesAccepted', status: 'False', message: '"lnet" is already in use' }];
    const client = clientWith({
      get: async (_resource, ref) => ({ ...(await cluster.client.get(_resource, ref)), status: { conditions } }),
    });
    await expect(applyDefinitions({ client, clock, say: () => {} })).rejects.toThrow(
      'is not served after 30 s: NamesAccepted: "lnet" is already in use',
    );
  });
});
