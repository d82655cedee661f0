import { expect } from '@jest/globals';
import type { LedgerNetworkStatus } from '../../../operator/src/core/resources/ledger-network.ts';
import { NAMESPACE, networks } from '../../../operator/src/host/testing/city-fixture.ts';
import { startDayTwoRig } from '../../../operator/src/host/testing/day-two-rig.ts';
import { createFakeLedger } from '../../../operator/src/host/testing/fake-ledger.ts';
import { ourResource } from '../cluster/test-cluster.ts';
import type { Scenario } from './scenario.ts';

const ROLL_ORDER = ['city-4', 'city-3', 'city-2', 'city-1', 'city-0'];
const digest = (fill: string): string => `civitas.dev/node@sha256:${fill.repeat(64)}`;
/** The second executes the rules of the first and newer ones. */
const RELEASES = [
  { version: '0.1.0', nodeImage: digest('1'), protocolVersion: 1 },
  { version: '0.2.0', nodeImage: digest('2'), protocolVersion: 2, protocolVersionMin: 1, upgradesFrom: ['0.1.0'] },
];

/** Four validators and an observer from one release to the next, one at a time, and then to the rules that it brings. */
export const upgradeScenario: Scenario = {
  name: 'rolling upgrade',
  samples: 2,
  async begin(octet) {
    const ledger = createFakeLedger();
    ledger.protocol.newestOfImage.set(digest('2'), 2);
    const rig = await startDayTwoRig(octet, ledger);
    const catalog = { apiVersion: 'civitas.dev/v1alpha1', kind: 'ReleaseCatalog', metadata: { name: 'stable' } };
    await rig.client.create(ourResource('releasecatalogs'), { ...catalog, ...{ spec: { releases: RELEASES } } });
    await rig.patch({ release: { catalogRef: 'stable' }, updateStrategy: { type: 'Supervised' } });
    await rig.ask('it', { type: 'Upgrade', version: '0.2.0' });
    const isOver = async (): Promise<boolean> => {
      const network = await rig.client.find(networks, { namespace: NAMESPACE, name: 'city' });
      const { protocol } = (network?.status ?? {}) as LedgerNetworkStatus;
      return protocol?.version === 2 && (await rig.operation('it'))?.status?.finishedAt !== undefined;
    };
    return {
      client: rig.client,
      isDone: () => rig.holdsWithin(isOver, 1),
      async check() {
        expect((await rig.operation('it'))?.status).toMatchObject({ phase: 'Done', fromVersion: '0.1.0' });
        expect(rig.seen).toEqual({ fewestVoting: 3, order: ROLL_ORDER });
        expect(ledger.proposed.map((entry) => entry.split(' ')[0]).filter((kind) => kind?.endsWith('Protocol'))).toEqual([
          'activateProtocol',
        ]);
      },
      stop: () => rig.stop(),
    };
  },
};
