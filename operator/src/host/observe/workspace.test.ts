import type { Pod } from '@civitas/kube';
import { expect, test } from '@jest/globals';
import { podOf } from './observe-network.ts';
import { whatIsReadOfPod } from './workspace.ts';

const statusOf = (name: string, state: object) => ({
  name,
  ready: true,
  restartCount: 1,
  image: 'civitas.dev/node:0.1.0',
  imageID: 'sha256:1',
  state,
});
const terminated = { terminated: { exitCode: 1, message: 'the backup was not fetched' } };
const pod: Pod = {
  ...{ apiVersion: 'v1', kind: 'Pod' },
  metadata: {
    ...{ name: 'city-0', namespace: 'jincheng', uid: 'uid', resourceVersion: '7', creationTimestamp: '2026-11-21T00:00:00Z' },
    annotations: { 'civitas.dev/config-hash': 'hash' },
  },
  spec: { containers: [{ name: 'node', image: 'civitas.dev/node:0.1.0', command: ['long'] }], nodeName: 'machine' },
  status: {
    ...{ phase: 'Running', podIP: '10.0.0.1', hostIP: '10.1.0.1', qosClass: 'Burstable', podIPs: [{ ip: '10.0.0.1' }] },
    conditions: [
      { type: 'Initialized', status: 'True' },
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no room' },
      { type: 'Ready', status: 'True' },
    ],
    containerStatuses: [
      { ...statusOf('node', { running: {} }), containerID: 'containerd://1', volumeMounts: [{ name: 'data', mountPath: '/x' }] },
    ],
    initContainerStatuses: [statusOf('restore', terminated)],
  },
};

test('of a pod is kept what is read of it: the same is observed of both, and what its containers say', () => {
  const kept = whatIsReadOfPod(pod);
  expect(podOf(kept)).toEqual(podOf(pod));
  expect(kept.status?.conditions?.map(({ type }) => type)).toEqual(['PodScheduled', 'Ready']);
  expect(kept.status?.initContainerStatuses?.[0]?.state).toEqual(terminated);
  expect(JSON.stringify(kept)).not.toMatch(/volumeMounts|containerd|qosClass|nodeName|command/);
});

test('a pod that no kubelet has seen has no status to keep', () => {
  const { status: _, ...unseen } = pod;
  expect(podOf(whatIsReadOfPod(unseen))).toEqual(podOf(unseen));
});
