import type { KubeObject } from '@civitas/kube';
import { LateError } from '@civitas/testkit';
import { expect } from '@jest/globals';
import type { ValidatorChangeStatus } from '../../../operator/src/core/resources/validator-change.ts';
import { aCity, anAgency } from '../../../operator/src/core/testing/builders.ts';
import {
  aNetworkBody,
  bodyOf,
  createNamespaces,
  holdsWithin,
  isAvailable,
  NAMESPACE,
  networks,
  startOperator,
} from '../../../operator/src/host/testing/city-fixture.ts';
import { createFakeLedger } from '../../../operator/src/host/testing/fake-ledger.ts';
import { startFakeWorld } from '../../../operator/src/host/testing/fake-world.ts';
import { ourResource, startTestCluster } from '../cluster/test-cluster.ts';
import type { Scenario } from './scenario.ts';

interface Change extends KubeObject {
  readonly status?: ValidatorChangeStatus;
}

const changes = ourResource<Change>('validatorchanges');
const POOLS = [
  { name: 'validators', role: 'validator', replicas: 4 },
  { name: 'observers', role: 'observer', replicas: 1 },
];
const BORN_WITHIN_MS = 60_000;

/** An observer takes the place of a validator: one proposal to add, one to remove. */
export const replaceScenario: Scenario = {
  name: 'validator replace',
  samples: 3,
  async begin(octet) {
    const cluster = await startTestCluster();
    const { client } = cluster;
    await createNamespaces(client);
    const ledger = createFakeLedger();
    const world = startFakeWorld(client, NAMESPACE, octet, { city: ledger });
    await client.create(ourResource('cityconfigs'), bodyOf(aCity({ engine: 'cometbft' })));
    await client.create(ourResource('agencies'), bodyOf(anAgency('civil-affairs')));
    await client.create(networks, aNetworkBody('city', { domain: 'city', chainId: 'jincheng-city-1', pools: POOLS }));
    const stopping = new AbortController();
    const controllers = await startOperator(client, stopping.signal);
    const end = async (): Promise<void> => {
      await world.stop();
      await cluster.stop();
    };
    const isBorn = await holdsWithin(async () => (await isAvailable(client, 'city')) && world.record.grants.size === 5, BORN_WITHIN_MS);
    stopping.abort();
    await controllers.stop();
    if (!isBorn) {
      await end();
      throw new LateError(`no network of four within ${BORN_WITHIN_MS} ms`);
    }
    const body = { apiVersion: 'civitas.dev/v1alpha1', kind: 'ValidatorChange', metadata: { name: 'it', namespace: NAMESPACE } };
    await client.create(changes, {
      ...body,
      ...{ spec: { networkRef: 'city', changes: [{ type: 'Replace', node: 'city-0', with: 'city-4' }] } },
    });
    return {
      client,
      isDone: async () => (await client.find(changes, { namespace: NAMESPACE, name: 'it' }))?.status?.phase === 'Completed',
      async check() {
        expect([...ledger.signing()].sort()).toEqual(['city-1', 'city-2', 'city-3', 'city-4']);
        const kinds = ledger.proposed.map((entry) => entry.split(' ')[0]);
        expect(kinds.filter((kind) => kind?.endsWith('Validator'))).toEqual(['addValidator', 'removeValidator']);
      },
      stop: end,
    };
  },
};
