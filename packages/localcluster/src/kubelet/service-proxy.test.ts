import net from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Pod, podsResource, servicesResource } from './pod.ts';
import { createServiceProxy } from './service-proxy.ts';
import { openRig, quietLog, type Rig } from './testing/kubelet-rig.ts';

/** Answers, once the caller has finished, with its name and what it was sent: works only when half-closes pass through. */
const echo = `
  require('node:net').createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.on('data', (bytes) => { text += bytes; });
    socket.on('end', () => socket.end(process.env.HOSTNAME + ' ' + text));
  }).listen(7000, process.env.POD_IP, () => console.log('listening'));`;
const address = '127.41.250.1';

function ask(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: address, port: 80, allowHalfOpen: true });
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes;
    });
    socket.once('end', () => resolve(answer));
    socket.once('error', reject);
    socket.end(text);
  });
}

describe('Service proxy', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig('127.41.4.0/24');
    rig.cluster.put(servicesResource, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'default', name: 'echo' },
      spec: { clusterIP: address, selector: { service: 'echo' }, ports: [{ port: 80, targetPort: 'echo' }] },
    });
  });
  afterAll(() => rig.end());

  const runEcho = async (name: string): Promise<void> => {
    const env = [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }];
    const readinessProbe = { tcpSocket: { port: 'echo' }, periodSeconds: 1, timeoutSeconds: 40 };
    const container = {
      name: 'main',
      image: 'test/node:1',
      args: [echo],
      env,
      ports: [{ name: 'echo', containerPort: 7000 }],
      readinessProbe,
    };
    const metadata = { namespace: 'default', name, labels: { service: 'echo' } };
    rig.cluster.put(podsResource, { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [container] } });
    await rig.untilReady(name);
  };

  const listening = async (count: number): Promise<void> => {
    while (rig.kubelet.stats().proxyListeners !== count) await new Promise((resolve) => setImmediate(resolve));
  };

  test('refuses while no pod is ready', async () => {
    await expect(ask('x')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('leads to ready pods in turn, with half-closes passed on', async () => {
    await runEcho('echo-a');
    await listening(1);
    expect(await ask('hello')).toBe('echo-a hello');
    await runEcho('echo-b');
    const seen = new Set<string>();
    while (seen.size < 2) seen.add(await ask('?'));
    expect([...seen].sort()).toEqual(['echo-a ?', 'echo-b ?']);
    const large = 'x'.repeat(3_000_000);
    expect((await ask(large)).length).toBe(large.length + 'echo-a '.length);
  });

  test('leads a client of a sticky Service to one pod, and to another once that one is gone', async () => {
    const spec = {
      clusterIP: address,
      selector: { service: 'echo' },
      sessionAffinity: 'ClientIP',
      ports: [{ port: 80, targetPort: 'echo' }],
    };
    rig.cluster.put(servicesResource, { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name: 'echo' }, spec });
    const first = await ask('?');
    for (let call = 0; call < 8; call++) expect(await ask('?')).toBe(first);
    const [pod = ''] = first.split(' ');
    rig.cluster.remove(podsResource, 'default', pod);
    let answer = first;
    // One that was on its way to the pod that ends hears nothing.
    while (answer === first) answer = (await ask('?').catch(() => '')) || first;
    for (let call = 0; call < 8; call++) expect(await ask('?')).toBe(answer);
    await rig.untilGone(pod);
    await runEcho(pod);
    expect(await ask('?')).toBe(answer);
  });

  test('refuses again when the last pod is gone', async () => {
    rig.cluster.remove(podsResource, 'default', 'echo-a');
    rig.cluster.remove(podsResource, 'default', 'echo-b');
    await listening(0);
    await expect(ask('x')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

test('connections of one machine above the bound are reset, those within it go on', async () => {
  const [podIP, clusterIP] = ['127.41.5.1', '127.41.250.2'];
  const server = net.createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => server.listen(7000, podIP, resolve));
  const proxy = createServiceProxy(quietLog, { connectionsMax: 2 });
  const about = { apiVersion: 'v1', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
  const metadata = { ...about, namespace: 'default', name: 'echo', labels: { app: 'echo' } };
  const spec = { containers: [{ name: 'main', image: 'x', ports: [{ containerPort: 7000 }] }] };
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec, status: { phase: 'Running', podIP } };
  const ports = [{ port: 80, targetPort: 7000 }];
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { clusterIP, selector: { app: 'echo' }, publishNotReadyAddresses: true, ports },
  };
  proxy.update([service], [pod]);
  while (proxy.stats().listeners === 0) await new Promise((resolve) => setImmediate(resolve));
  const connect = (): Promise<net.Socket> =>
    new Promise((resolve, reject) => {
      const socket = net.connect(80, clusterIP);
      socket.once('error', reject);
      socket.once('data', () => resolve(socket));
      socket.write('x');
    });
  const held = [await connect(), await connect()];
  await expect(connect()).rejects.toMatchObject({ code: 'ECONNRESET' });
  while (proxy.stats().connections > 2) await new Promise((resolve) => setImmediate(resolve));
  expect(proxy.stats()).toMatchObject({ connections: 2, refused: 1 });
  held.pop()?.destroy();
  while (proxy.stats().connections > 1) await new Promise((resolve) => setImmediate(resolve));
  held.push(await connect());
  for (const socket of held) socket.destroy();
  proxy.stop();
  await new Promise((resolve) => server.close(resolve));
});
