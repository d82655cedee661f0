import { ApiError, type Condition, type KubeClient, pods } from '@civitas/kube';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { NAMESPACE } from './testing/city-fixture.ts';
import { type DayTwoRig, startDayTwoRig } from './testing/day-two-rig.ts';

const QUOTA = 'pods "city-1" is forbidden: exceeded quota: jincheng';
const LOST = ['city-1', 'city-2'];

let rig: DayTwoRig;

beforeEach(async () => {
  rig = await startDayTwoRig(145);
}, 300_000);

afterEach(() => rig.stop());

/** A cluster that takes no new pod of these names. */
function refusing(client: KubeClient, refused: ReadonlySet<string>): KubeClient {
  return {
    ...client,
    async create(resource, body, options) {
      if (resource.plural === 'pods' && refused.has(body.metadata.name ?? ''))
        throw new ApiError({ status: 403, reason: 'Forbidden', message: QUOTA });
      return client.create(resource, body, options);
    },
  };
}

test('a pod that the cluster does not take back is told, keeps no other from coming back, and comes once it is taken', async () => {
  const refused = new Set(LOST);
  const says = async (type: string): Promise<Condition | undefined> => rig.condition(type);
  const findPod = (name: string) => rig.client.find(pods, { namespace: NAMESPACE, name });
  await rig.withOperator(
    async () => {
      const before = await findPod('city-2');
      for (const name of LOST) await rig.client.delete(pods, { namespace: NAMESPACE, name }, { gracePeriodSeconds: 0 });
      await rig.until(async () => (await says('Available'))?.status === 'False');
      expect((await says('QuorumHealthy'))?.reason).toBe('NoQuorum');
      await rig.until(async () => ((await says('Progressing'))?.message ?? '').includes(QUOTA));
      refused.delete('city-2');
      await rig.until(async () => (await says('Available'))?.status === 'True');
      expect((await findPod('city-2'))?.metadata.uid).not.toBe(before?.metadata.uid);
      expect(await findPod('city-1')).toBeUndefined();
      refused.clear();
      await rig.until(async () => (await says('FullRedundancy'))?.status === 'True');
      expect((await says('Progressing'))?.message).not.toContain(QUOTA);
    },
    refusing(rig.client, refused),
  );
}, 240_000);
