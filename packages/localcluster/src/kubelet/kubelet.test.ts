import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { processStatOf } from '../process-stat.ts';
import { statusRetryMs } from './limits.ts';
import { claimsResource, configMapsResource, podsResource, secretsResource } from './pod.ts';
import { openRig, type Rig } from './testing/kubelet-rig.ts';

const stay = 'setInterval(() => {}, 1000);';
const pidOf = (id = ''): number => Number(id.replace('process://', ''));

describe('process kubelet', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig('127.41.1.0/24');
  });
  afterAll(() => rig.end());

  test('a pod runs as a process and says so in its status', async () => {
    rig.run('plain', `console.log('up', process.env.POD_IP, process.env.KUBERNETES_SERVICE_HOST, process.env.SHELL); ${stay}`, {
      env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
    });
    const pod = await rig.untilReady('plain');
    const { status, spec } = pod;
    expect(spec.nodeName).toBe('laptop');
    expect(status).toMatchObject({ phase: 'Running', hostIP: '127.0.0.1', qosClass: 'BestEffort' });
    expect(status?.podIP).toMatch(/^127\.41\.1\.\d+$/);
    expect(status?.conditions?.map(({ type, status: value }) => `${type}=${value}`).sort()).toEqual([
      'ContainersReady=True',
      'Initialized=True',
      'PodReadyToStartContainers=True',
      'PodScheduled=True',
      'Ready=True',
    ]);
    expect(status?.containerStatuses?.[0]).toMatchObject({ name: 'main', ready: true, started: true, restartCount: 0 });
    expect(await rig.untilLine('plain', /^up/)).toBe(`up ${status?.podIP} 127.40.0.1 undefined`);
    expect(rig.cluster.events.filter(({ about }) => about === 'plain').map(({ reason }) => reason)).toEqual([
      'Scheduled',
      'Pulled',
      'Created',
      'Started',
    ]);
  });

  test('a deleted pod gets SIGTERM, is gone with its folder, and its name keeps its address', async () => {
    rig.run('brief', `process.on('SIGTERM', () => { console.log('bye'); process.exit(0); }); console.log('up'); ${stay}`);
    const pod = await rig.untilReady('brief');
    await rig.untilLine('brief', /up/);
    const pid = pidOf(pod.status?.containerStatuses?.[0]?.containerID);
    rig.cluster.remove(podsResource, 'default', 'brief');
    await rig.untilGone('brief');
    expect(processStatOf(pid)).toBeUndefined();
    expect(existsSync(join(rig.home, 'pods', `default_brief_${pod.metadata.uid}`))).toBe(false);
    rig.run('brief', stay);
    expect((await rig.untilReady('brief')).status?.podIP).toBe(pod.status?.podIP);
  });

  test('a pod that ignores SIGTERM is killed after its grace, with what it started', async () => {
    const child = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(stay)}], { stdio: 'ignore' })`;
    rig.run('stubborn', `process.on('SIGTERM', () => {}); console.log('child', ${child}.pid); ${stay}`);
    const line = await rig.untilLine('stubborn', /^child/);
    rig.cluster.remove(podsResource, 'default', 'stubborn', 2);
    await rig.untilGone('stubborn');
    // Killed with the pod's own process, but nobody's child any more: the system buries it when it comes to it.
    await waitFor('the end of what it started', () => processStatOf(Number(line.split(' ')[1])) === undefined);
  });

  test('a missing ConfigMap is waited for, and a change of it is swapped in while the program runs', async () => {
    const program = `const fs = require('node:fs'); const file = process.env.CIVITAS_ROOT + '/etc/app/config.yaml';
      const show = () => console.log('config', fs.readFileSync(file, 'utf8'));
      fs.watch(process.env.CIVITAS_ROOT + '/etc/app/', (_, name) => { if (name === '..data') show(); }); show();`;
    rig.run(
      'configured',
      program,
      { volumeMounts: [{ name: 'config', mountPath: '/etc/app' }] },
      {
        volumes: [{ name: 'config', configMap: { name: 'settings' } }],
      },
    );
    expect((await rig.cluster.untilEvent('FailedMount')).message).toContain('configmap "settings" not found');
    const put = (value: string) =>
      rig.cluster.put(configMapsResource, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace: 'default', name: 'settings' },
        data: { 'config.yaml': value },
      });
    put('one');
    await rig.untilLine('configured', /config one/);
    put('two');
    await rig.untilLine('configured', /config two/);
  });

  test('secrets, claims, tokens and downward files stand at their mount paths, secrets for their owner alone', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'default', name: 'keys' } };
    rig.cluster.put(secretsResource, { ...secret, data: { 'tls.key': Buffer.from('private').toString('base64') } });
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { namespace: 'default', name: 'data' } };
    rig.cluster.put(claimsResource, { ...claim, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } });
    rig.run(
      'mounted',
      `require('node:fs').writeFileSync(process.env.CIVITAS_ROOT + '/data/kept', 'x'); console.log('written'); ${stay}`,
      {
        volumeMounts: [
          { name: 'tls', mountPath: '/etc/tls' },
          { name: 'data', mountPath: '/data' },
          { name: 'about', mountPath: '/etc/tls/about' },
        ],
      },
      {
        volumes: [
          { name: 'tls', secret: { secretName: 'keys' } },
          { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
          { name: 'about', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
        ],
      },
    );
    await rig.untilLine('mounted', /written/);
    const pod = await rig.untilReady('mounted');
    const root = join(rig.home, 'pods', `default_mounted_${pod.metadata.uid}`, 'root');
    const account = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
    expect(readFileSync(join(root, 'etc/tls/tls.key'), 'utf8')).toBe('private');
    expect(statSync(join(root, 'etc/tls/tls.key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(root, 'etc/tls/about/labels'), 'utf8')).toBe('app="mounted"');
    expect(readFileSync(join(account, 'token'), 'utf8')).toBe('token-of-default-default');
    expect(readFileSync(join(account, 'ca.crt'), 'utf8')).toBe('ca of this cluster');
    expect(readFileSync(join(account, 'namespace'), 'utf8')).toBe('default');
    const bound = rig.cluster.find(claimsResource, 'default', 'data');
    expect(bound?.['status']).toEqual({ phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } });

    rig.cluster.remove(podsResource, 'default', 'mounted');
    await rig.untilGone('mounted');
    expect(readFileSync(join(rig.home, 'volumes', 'default_data', 'kept'), 'utf8')).toBe('x');
  });

  test('a claim that asks for more has it, and one that asks for less keeps what it has', async () => {
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { namespace: 'default', name: 'grown' } };
    const asking = (storage: string): object => ({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } });
    const capacity = (object: object | undefined): unknown =>
      (object as { status?: { capacity?: { storage?: string } } })?.status?.capacity?.storage;
    rig.cluster.put(claimsResource, { ...claim, spec: asking('1Gi') });
    const bound = await rig.cluster.until(claimsResource, 'default', 'grown', (object) => capacity(object) === '1Gi');
    rig.cluster.put(claimsResource, { ...bound, spec: asking('1536Mi') });
    const grown = await rig.cluster.until(claimsResource, 'default', 'grown', (object) => capacity(object) === '1536Mi');
    expect(await rig.cluster.untilEvent('FileSystemResizeSuccessful')).toMatchObject({ message: 'grown from 1Gi to 1536Mi' });
    rig.cluster.put(claimsResource, { ...grown, spec: asking('1Gi') });
    expect(capacity(rig.cluster.find(claimsResource, 'default', 'grown'))).toBe('1536Mi');
  });

  test('a status that could not be written is written a little later', async () => {
    const { updateStatus } = rig.cluster;
    const writes: number[] = [];
    rig.cluster.updateStatus = (resource, target, change) => {
      if (target.name !== 'unheard') return updateStatus(resource, target, change);
      writes.push(performance.now());
      if (writes.length === 1) throw new Error('the disk is full');
      return updateStatus(resource, target, change);
    };
    const { faults } = rig.kubelet.stats();
    // Nothing of it changes after the first status but by the second write: its one container never starts.
    rig.run('unheard', stay, { image: 'docker.io/library/absent:1' });
    await rig.untilPod('unheard', ({ status }) => status?.containerStatuses?.[0]?.state.waiting?.reason === 'ErrImagePull');
    rig.cluster.updateStatus = updateStatus;
    expect(rig.kubelet.stats().faults).toBe(faults + 1);
    expect(writes.length).toBeGreaterThan(1);
    expect((writes.at(-1) ?? 0) - (writes[0] ?? 0)).toBeLessThan(statusRetryMs * 10);
  });

  test('an unknown image waits with a readable reason', async () => {
    rig.run('foreign', stay, { image: 'docker.io/library/nginx:1' });
    const pod = await rig.untilPod('foreign', ({ status }) => status?.containerStatuses?.[0]?.state.waiting?.reason === 'ErrImagePull');
    expect(pod.status?.phase).toBe('Pending');
    expect(pod.status?.containerStatuses?.[0]?.state.waiting?.message).toContain('no program is known on this machine for image');
  });

  test('a crashing container is restarted at once, then with back-off, and keeps its previous log', async () => {
    rig.run('crashing', `console.log('run'); process.exit(3);`);
    const isBackingOff = (pod: { status?: { containerStatuses?: readonly { state: { waiting?: { reason: string } } }[] } }) =>
      pod.status?.containerStatuses?.[0]?.state.waiting?.reason === 'CrashLoopBackOff';
    const pod = await rig.untilPod('crashing', isBackingOff);
    const status = pod.status?.containerStatuses?.[0];
    expect(status?.restartCount).toBeGreaterThanOrEqual(1);
    expect(status?.lastState.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(await rig.lines('crashing', { previous: true })).toEqual(['run']);
    expect(rig.cluster.events.some(({ about, reason }) => about === 'crashing' && reason === 'BackOff')).toBe(true);
  });

  test('init containers run one after another before the others, and a finished pod has Succeeded', async () => {
    const step = (name: string) => ({ name, image: 'test/node:1', args: [`console.log('${name}')`] });
    rig.run('job', `console.log('main')`, {}, { restartPolicy: 'Never', initContainers: [step('first'), step('second')] });
    const pod = await rig.untilPod('job', ({ status }) => status?.phase === 'Succeeded');
    expect(pod.status?.initContainerStatuses?.map(({ name, state }) => `${name} ${state.terminated?.reason}`)).toEqual([
      'first Completed',
      'second Completed',
    ]);
    expect(await rig.lines('job', { container: 'second' })).toEqual(['second']);
    expect(pod.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'False', reason: 'PodCompleted' });
  });
});
