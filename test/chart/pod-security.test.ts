import { describe, expect, test } from '@jest/globals';
import { describeWithHelm } from './helm.ts';
import { type PodSpec, podSecurityProblems } from './pod-security.ts';
import { chartPods, operatorPods } from './rendered-pods.ts';

const container = {
  name: 'c',
  securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
};
const good: PodSpec = { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }, containers: [container] };

describe('the check for Pod Security restricted', () => {
  test('passes what is restricted', () => {
    expect(podSecurityProblems(good)).toEqual([]);
  });

  test.each<readonly [string, PodSpec]>([
    ['container c may run as root', { ...good, securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }],
    ['container c has the seccomp profile none', { ...good, securityContext: { runAsNonRoot: true } }],
    ['runAsUser is 0', { ...good, securityContext: { ...good.securityContext, runAsUser: 0 } }],
    ['hostNetwork is true', { ...good, hostNetwork: true }],
    ['volume v is a hostPath', { ...good, volumes: [{ name: 'v', hostPath: { path: '/' } }] }],
    ['there are no containers', { ...good, containers: [] }],
    ['container c takes a port of its machine', { ...good, containers: [{ ...container, ports: [{ hostPort: 80 }] }] }],
    ['container c is privileged', withContext({ privileged: true })],
    ['container c may escalate its privileges', withContext({ allowPrivilegeEscalation: true })],
    ['container c keeps capabilities', withContext({ capabilities: { drop: ['NET_RAW'] } })],
    ['container c adds capabilities', withContext({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } })],
    ['container c may write to its root', withContext({ readOnlyRootFilesystem: false })],
    [
      'container i may escalate its privileges',
      { ...good, initContainers: [{ ...withContext({ allowPrivilegeEscalation: true }).containers[0], name: 'i' }] },
    ],
  ])('sees that %s', (problem, pod) => {
    expect(podSecurityProblems(pod)).toEqual([problem]);
  });
});

function withContext(context: object) {
  return { ...good, containers: [{ ...container, securityContext: { ...container.securityContext, ...context } }] };
}

test('every pod that the operator makes is restricted, with a root that nobody writes to', () => {
  const pods = operatorPods();
  expect(pods.length).toBeGreaterThan(3);
  expect(pods.flatMap(({ from, spec }) => podSecurityProblems(spec).map((problem) => `${from}: ${problem}`))).toEqual([]);
});

describeWithHelm('every pod of the chart', () => {
  test('is restricted, with a root that nobody writes to', () => {
    const pods = chartPods();
    expect(pods.length).toBeGreaterThan(8);
    expect(pods.flatMap(({ from, spec }) => podSecurityProblems(spec).map((problem) => `${from}: ${problem}`))).toEqual([]);
  });
});
