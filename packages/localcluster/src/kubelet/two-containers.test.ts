import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ContainerStatus, Pod } from './pod.ts';
import { openRig, type Rig } from './testing/kubelet-rig.ts';

const socket = `const path = process.env.CIVITAS_ROOT + '/data/app.sock'; const net = require('node:net');`;
/** Serves on a socket of the shared volume and ends when its only peer goes. */
const node = `${socket}
  require('node:fs').rmSync(path, { force: true });
  net.createServer((peer) => { console.log('joined'); peer.on('error', () => {}).on('close', () => process.exit(1)); }).listen(path);`;
/** Ends well when the other is gone, as a consensus engine does without its application. */
const engine = `${socket} net.connect(path, () => console.log('at work ' + process.env.POD_IP)).on('error', () => process.exit(0)).on('close', () => process.exit(0));`;

describe('a pod of two programs that work only together', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig('127.41.6.0/24');
    const env = [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }];
    const volumeMounts = [{ name: 'data', mountPath: '/data' }];
    const container = (name: string, program: string) => ({ name, image: 'test/node:1', args: [program], env, volumeMounts });
    const containers = [container('node', node), container('engine', engine)];
    rig.run('pair', '', {}, { containers, restartPolicy: 'Always', volumes: [{ name: 'data', emptyDir: {} }] });
  });
  afterAll(() => rig.end());

  const statusOf = ({ status }: Pod, name: string): ContainerStatus | undefined =>
    status?.containerStatuses?.find((one) => one.name === name);
  const pidOf = (pod: Pod, name: string): number => Number(statusOf(pod, name)?.containerID?.replace('process://', ''));

  /** The pair at work: both run, and the log of each of them says so. */
  const untilAtWork = async (): Promise<Pod> => {
    for (;;) {
      const pod = await rig.untilPod('pair', (seen) =>
        ['node', 'engine'].every((name) => statusOf(seen, name)?.state.running !== undefined),
      );
      const logs = await Promise.all(['node', 'engine'].map((container) => rig.lines('pair', { container })));
      if (logs[0]?.includes('joined') === true && logs[1]?.some((line) => line.startsWith('at work')) === true) return pod;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  test('runs both on its address with one volume, and keeps a log of each', async () => {
    const pod = await untilAtWork();
    expect(await rig.lines('pair', { container: 'engine' })).toContain(`at work ${pod.status?.podIP}`);
    await expect(rig.lines('pair', { container: 'third' })).rejects.toThrow('it has node, engine');
  });

  test.each(['engine', 'node'])('comes back whole when its %s is killed alone', async (victim) => {
    const before = await untilAtWork();
    process.kill(pidOf(before, victim), 'SIGKILL');
    const both = ['node', 'engine'];
    await rig.untilPod('pair', (pod) => both.every((name) => statusOf(pod, name)?.restartCount !== statusOf(before, name)?.restartCount));
    const after = await untilAtWork();
    expect(both.map((name) => pidOf(after, name) === pidOf(before, name))).toEqual([false, false]);
    expect(after.metadata.uid).toBe(before.metadata.uid);
  });
});
