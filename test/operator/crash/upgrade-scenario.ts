import { expect } from '@jest/globals';
import { startDayTwoRig } from '../../../operator/src/host/testing/day-two-rig.ts';
import type { Scenario } from './scenario.ts';

const ROLL_ORDER = ['city-4', 'city-3', 'city-2', 'city-1', 'city-0'];

/** Four validators and an observer from one release to the next, one at a time. */
export const upgradeScenario: Scenario = {
  name: 'rolling upgrade',
  samples: 4,
  async begin(octet) {
    const rig = await startDayTwoRig(octet);
    await rig.ask('it', { type: 'Upgrade', version: '0.2.0' });
    return {
      client: rig.client,
      isDone: () => rig.until(async () => (await rig.operation('it'))?.status?.finishedAt !== undefined, 1),
      async check() {
        expect((await rig.operation('it'))?.status).toMatchObject({ phase: 'Done', fromVersion: '0.1.0' });
        expect(rig.seen).toEqual({ fewestVoting: 3, order: ROLL_ORDER });
      },
      stop: () => rig.stop(),
    };
  },
};
