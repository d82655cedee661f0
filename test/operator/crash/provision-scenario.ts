import { pods } from '@civitas/kube';
import { expect } from '@jest/globals';
import { applyCity, createNamespaces, isAvailable, NAMESPACE } from '../../../operator/src/host/testing/city-fixture.ts';
import { fakeKeyHash, startFakeWorld } from '../../../operator/src/host/testing/fake-world.ts';
import { startTestCluster } from '../cluster/test-cluster.ts';
import type { Scenario } from './scenario.ts';

/** Nothing → the city's network, available. */
export const provisionScenario: Scenario = {
  name: 'provision',
  samples: 4,
  async begin(octet) {
    const cluster = await startTestCluster();
    const { client } = cluster;
    await createNamespaces(client);
    const world = startFakeWorld(client, NAMESPACE, octet);
    await applyCity(client);
    return {
      client,
      isDone: () => isAvailable(client, 'city'),
      async check() {
        const { items } = await client.listAll(pods, { namespace: NAMESPACE });
        expect(items.map(({ metadata }) => metadata.name).sort()).toEqual(['city-0', 'relay-0']);
        const node = items.find(({ metadata }) => metadata.name === 'city-0');
        expect([...world.record.grants]).toEqual([`${fakeKeyHash('city-0')} ${node?.metadata.uid}`]);
        expect([world.record.genesisTexts.size, world.record.podUIDs.size]).toEqual([1, 2]);
      },
      async stop() {
        await world.stop();
        await cluster.stop();
      },
    };
  },
};
