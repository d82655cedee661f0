import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { imageNameOf } from './kubelet-context.ts';
import { openRig, type Rig } from './testing/kubelet-rig.ts';

const ip = { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } };
const listen = `.listen(8080, process.env.POD_IP, () => console.log('listening'));`;

/** A gRPC health service on plain HTTP/2 that answers this status. */
const grpcHealth = (status: number) => `
  const server = require('node:http2').createServer();
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.from([0, 0, 0, 0, 2, 8, ${status}]));
  });
  server${listen}`;

describe('probes', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig('127.41.3.0/24');
  });
  afterAll(() => rig.end());

  const ways = {
    httpGet: {
      program: `require('node:http').createServer((_, response) => response.end())${listen}`,
      probe: { httpGet: { port: 'web' } },
    },
    tcpSocket: { program: `require('node:net').createServer()${listen}`, probe: { tcpSocket: { port: 8080 } } },
    grpc: { program: grpcHealth(1), probe: { grpc: { port: 8080 } } },
    exec: { program: `setInterval(() => {}, 1000)`, probe: { exec: { command: ['/bin/sh', '-c', 'test -d "$CIVITAS_ROOT"'] } } },
  };
  for (const [way, { program, probe }] of Object.entries(ways)) {
    test(`a pod is ready when its ${way} readiness probe succeeds`, async () => {
      const ports = [{ name: 'web', containerPort: 8080 }];
      rig.run(way.toLowerCase(), program, { env: [ip], ports, readinessProbe: { ...probe, timeoutSeconds: 40, periodSeconds: 2 } });
      const pod = await rig.untilReady(way.toLowerCase());
      expect(pod.status?.containerStatuses?.[0]?.ready).toBe(true);
    });
  }

  test('a gRPC service that does not serve makes the pod not ready, with the reason in an event', async () => {
    const readinessProbe = { grpc: { port: 8080 }, periodSeconds: 1, timeoutSeconds: 40, failureThreshold: 2 };
    rig.run('not-serving', grpcHealth(2), { env: [ip], readinessProbe });
    await rig.untilLine('not-serving', /listening/);
    const seen = rig.cluster.untilEvent('Unhealthy', 'not-serving');
    expect((await seen).message).toMatch(/^Readiness probe failed: /);
    expect(rig.cluster.find({ group: '', version: 'v1', plural: 'pods' }, 'default', 'not-serving')?.['status']).toMatchObject({
      containerStatuses: [{ ready: false, started: true }],
    });
  });

  test('a container that fails its liveness probe is restarted', async () => {
    const program = `setInterval(() => {}, 1000)`;
    const livenessProbe = { exec: { command: ['/bin/sh', '-c', 'exit 1'] }, periodSeconds: 1, failureThreshold: 2, timeoutSeconds: 40 };
    rig.run('unhealthy', program, { livenessProbe });
    const pod = await rig.untilPod('unhealthy', ({ status }) => (status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1);
    expect(pod.status?.containerStatuses?.[0]?.lastState.terminated).toMatchObject({ exitCode: 143, signal: 15 });
    const killing = rig.cluster.events.find(({ about, reason }) => about === 'unhealthy' && reason === 'Killing');
    expect(killing?.message).toBe('Container main failed liveness probe, will be restarted');
  });

  test('a container counts as started only after its startup probe', async () => {
    const program = `setInterval(() => {}, 1000)`;
    const startupProbe = {
      exec: { command: ['/bin/sh', '-c', 'test -e go'] },
      periodSeconds: 1,
      failureThreshold: 1_000,
      timeoutSeconds: 40,
    };
    rig.run('slow', program, { startupProbe });
    const waiting = await rig.untilPod('slow', ({ status }) => status?.containerStatuses?.[0]?.state.running !== undefined);
    expect(waiting.status?.containerStatuses?.[0]).toMatchObject({ started: false, ready: false });
    const { writeFileSync } = await import('node:fs');
    writeFileSync(`${rig.home}/pods/default_slow_${waiting.metadata.uid}/root/go`, '');
    expect((await rig.untilReady('slow')).status?.containerStatuses?.[0]?.started).toBe(true);
  });
});

test('an image name is what stands before tag and digest, with a registry port kept', () => {
  expect(imageNameOf('civitas.dev/node:0.1.0')).toBe('civitas.dev/node');
  expect(imageNameOf('localhost:5000/civitas/node')).toBe('localhost:5000/civitas/node');
  expect(imageNameOf('civitas.dev/node:1@sha256:00ff')).toBe('civitas.dev/node');
});
