import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApiServer, startApiServer } from '../api/server.ts';
import type { KubeObject } from '../cluster-port.ts';
import { type Kubelet, startKubelet } from './kubelet.ts';
import { type Pod, podsResource, servicesResource } from './pod.ts';
import { quietLog } from './testing/kubelet-rig.ts';

const run = promisify(execFile);
const hasKubectl = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false,
);
if (!hasKubectl && process.env['CI'] === 'true') throw new Error('kubectl is missing, and in CI these tests must run');
if (!hasKubectl) console.warn('SKIPPED: the kubelet beside the API server, because kubectl is missing');
const describeWithKubectl = hasKubectl ? describe : describe.skip;

describeWithKubectl('process kubelet beside the API server', () => {
  const home = mkdtempSync(join(tmpdir(), 'cluster-'));
  let api: ApiServer;
  let kubelet: Kubelet;

  beforeAll(async () => {
    const images = { 'test/node': [process.execPath, '-e'] };
    api = await startApiServer({ home: join(home, 'api'), address: '127.41.9.1', port: 0, serviceCidr: '127.41.10.0/24', log: quietLog });
    const cluster = { port: api.port, apiUrl: api.url, caPem: api.caPem };
    kubelet = await startKubelet({ ...cluster, home: join(home, 'kubelet'), podCidr: '127.41.11.0/24', images, log: quietLog });
    api.attachPodLogs(kubelet.logs);
  });
  afterAll(async () => {
    await kubelet.stop();
    await api.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const kubectl = async (...args: string[]): Promise<string> =>
    (await run('kubectl', args, { env: { ...process.env, KUBECONFIG: api.kubeconfigPath } })).stdout.trim();

  /** A pod that answers HTTP with what its Role lets it read of the API. */
  const program = `
    const fs = require('node:fs');
    const account = process.env.CIVITAS_ROOT + '/var/run/secrets/kubernetes.io/serviceaccount/';
    const ca = fs.readFileSync(account + 'ca.crt');
    const headers = { authorization: 'Bearer ' + fs.readFileSync(account + 'token', 'utf8') };
    const host = process.env.KUBERNETES_SERVICE_HOST, port = process.env.KUBERNETES_SERVICE_PORT;
    require('node:http').createServer((request, response) => {
      require('node:https').get({ host, port, ca, headers, path: request.url }, (answer) => {
        response.statusCode = answer.statusCode;
        answer.pipe(response);
      });
    }).listen(8080, process.env.POD_IP, () => console.log('listening'));`;

  test('a pod with a Role runs, answers through its Service, shows its log, and is deleted within its grace', async () => {
    const env = [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }];
    const container = { name: 'main', image: 'test/node:1', args: [program], env, readinessProbe: { tcpSocket: { port: 8080 } } };
    await kubectl('create', 'role', 'reader', '--verb=get', '--resource=configmaps');
    await kubectl('create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=default:default');
    const object = (kind: string, spec: object) => ({
      apiVersion: 'v1',
      kind,
      metadata: { namespace: 'default', name: 'web', labels: { app: 'web' } },
      spec,
    });
    const stored = untilPod(api, 'default', () => true);
    api.port.create(podsResource, object('Pod', { containers: [container] }));
    await stored;
    const service = api.port.create(
      servicesResource,
      object('Service', { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] }),
    );
    const { clusterIP } = service['spec'] as { clusterIP: string };

    expect(await kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=20s')).toContain('condition met');
    // It listens before it says so.
    expect(await waitFor('line in the log', async () => (await kubectl('logs', 'web')) || undefined)).toBe('listening');
    while (kubelet.stats().proxyListeners === 0) await new Promise((resolve) => setImmediate(resolve));
    const read = (path: string) => fetch(`http://${clusterIP}/api/v1/namespaces/default/${path}`).then(({ status }) => status);
    expect(await read('configmaps/kube-root-ca.crt')).toBe(200);
    expect(await read('secrets/any')).toBe(403);

    await kubectl('delete', 'pod', 'web', '--wait', '--timeout=20s');
    expect(api.port.find(podsResource, 'default', 'web')).toBeUndefined();
    expect(kubelet.stats().processes).toBe(0);
  }, 40_000);

  test('a namespace that is deleted takes its running pods along', async () => {
    await kubectl('create', 'namespace', 'brief');
    const containers = [{ name: 'main', image: 'test/node:1', args: ['setInterval(() => {}, 1000)'] }];
    const running = untilPod(api, 'brief', (pod) => (pod as Pod | undefined)?.status?.phase === 'Running');
    api.port.create(podsResource, { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'brief', name: 'a' }, spec: { containers } });
    await running;
    await kubectl('delete', 'namespace', 'brief', '--wait', '--timeout=20s');
    expect(kubelet.stats()).toMatchObject({ pods: 0, processes: 0, faults: 0 });
  }, 40_000);
});

function untilPod(api: ApiServer, namespace: string, holds: (pod: KubeObject) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const end = api.port.watch(podsResource, ({ object }) => {
      if (object.metadata.namespace !== namespace || !holds(object)) return;
      setImmediate(() => end());
      resolve();
    });
  });
}
