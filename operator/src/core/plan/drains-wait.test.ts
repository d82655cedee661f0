import { nodeCrypto } from '@civitas/canon/node';
import { expect, test } from '@jest/globals';
import { DayTwoWorld } from '../testing/day-two-world.ts';
import { planNetwork } from './network-plan.ts';
import { networkVerdicts } from './network-status.ts';
import { rfc3339 } from './time-text.ts';

const { sha256 } = nodeCrypto;

test('drains that a missing validator holds up do not hang in silence: after the time of a step it is said what they wait for', () => {
  const world = new DayTwoWorld(4, sha256, { updateStrategy: { stepTimeoutSeconds: 60 } });
  world.node('city-2').state = 'crashed';
  const after = (missingMs: number) => {
    const observed = world.observe();
    const lastTransitionTime = rfc3339(observed.nowUnixMs - missingMs);
    const condition = { type: 'FullRedundancy', status: 'False' as const, reason: 'ValidatorsMissing', message: '', lastTransitionTime };
    const network = { ...observed.network, status: { ...observed.network.status, conditions: [condition] } };
    const seen = { ...observed, network };
    return networkVerdicts(seen, planNetwork(seen, sha256)).find(({ type }) => type === 'FullRedundancy');
  };
  expect(after(59_000)).toMatchObject({ status: 'False', reason: 'ValidatorsMissing' });
  expect(after(60_000)).toMatchObject({
    ...{ status: 'False', reason: 'DrainsWait' },
    message: expect.stringContaining('until all are back PodDisruptionBudget city-validators refuses evictions'),
  });
  world.start('city-2');
  expect(after(60_000)).toMatchObject({ status: 'True', reason: 'AllServing' });
});
