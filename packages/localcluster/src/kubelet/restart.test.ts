import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { processStatOf } from '../process-stat.ts';
import { openProcessRegistry } from './process-registry.ts';
import { openRig, type Rig } from './testing/kubelet-rig.ts';

const stay = 'setInterval(() => {}, 1000);';

describe('a kubelet that stops and starts', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await openRig('127.41.2.0/24');
  });
  afterEach(() => rig.end());

  test('stop ends every process at once and leaves the pods in the API; the next start runs them at the same addresses', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `pod-${index}`);
    const leave = join(rig.home, 'leave');
    const isLeft = `fs.existsSync(${JSON.stringify(leave)})`;
    const program = `process.on('SIGTERM', () => setInterval(() => ${isLeft} && process.exit(0), 20)); console.log('up'); ${stay}`;
    for (const name of names) rig.run(name, program);
    const before = await Promise.all(names.map((name) => rig.untilReady(name)));
    const pids = before.map(({ status }) => Number(status?.containerStatuses?.[0]?.containerID?.replace('process://', '')));
    await Promise.all(names.map((name) => rig.untilLine(name, /^up$/)));
    const told = Promise.all(names.map((name) => rig.cluster.untilEvent('Killing', name)));
    const stopping = rig.kubelet.stop();
    await told;
    // None was waited for before the others were told.
    expect(pids.filter((pid) => processStatOf(pid) === undefined)).toEqual([]);
    writeFileSync(leave, '');
    await stopping;
    expect(pids.filter((pid) => processStatOf(pid) !== undefined)).toEqual([]);
    expect(readdirSync(join(rig.home, 'kubelet', 'processes'))).toEqual([]);

    await rig.restart();
    const isRunningAgain = (count = 0) => count === 1;
    const after = await Promise.all(
      names.map((name) => rig.untilPod(name, ({ status }) => isRunningAgain(status?.containerStatuses?.[0]?.restartCount))),
    );
    expect(after.map(({ status }) => status?.podIP)).toEqual(before.map(({ status }) => status?.podIP));
    expect(after[0]?.status?.containerStatuses?.[0]?.lastState.terminated?.reason).toBe('ContainerStatusUnknown');
  });

  test('a pod that was ready is unready from the moment the next kubelet starts until it is ready again', async () => {
    const readinessProbe = { exec: { command: [process.execPath, '-e', ''] }, periodSeconds: 1, timeoutSeconds: 60 };
    rig.run('probed', stay, { readinessProbe });
    await rig.untilReady('probed');
    await rig.kubelet.stop();
    const unready = rig.untilPod('probed', ({ status }) => status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'False');
    await rig.restart();
    await unready;
    await rig.untilReady('probed');
  });

  test('a finished pod is not run again and can be deleted', async () => {
    rig.run('done', `console.log('once')`, {}, { restartPolicy: 'Never' });
    await rig.untilPod('done', ({ status }) => status?.phase === 'Succeeded');
    await rig.kubelet.stop();
    await rig.restart();
    expect(await rig.lines('done').catch(() => undefined)).toBeDefined();
    rig.cluster.remove({ group: '', version: 'v1', plural: 'pods' }, 'default', 'done');
    await rig.untilGone('done');
    expect(rig.kubelet.stats().containerStarts).toBe(0);
  });
});

describe('process registry', () => {
  const run = (program: string) => spawn(process.execPath, ['-e', program], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'registry-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('processes of a previous run are ended, also one that ignores SIGTERM', async () => {
    const child = run(`process.on('SIGTERM', () => {}); console.log('deaf'); ${stay}`);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const exited = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    openProcessRegistry(folder).record(child.pid ?? 0, 'default/pod/main');
    expect(await openProcessRegistry(folder).endStrays()).toBe(1);
    expect(await exited).toBe('SIGKILL');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a process whose pid was used again by another is left alone', async () => {
    const child = run(stay);
    const registry = openProcessRegistry(folder);
    registry.record(child.pid ?? 0, 'default/pod/main');
    const path = join(folder, `${child.pid}.json`);
    const { readFileSync } = await import('node:fs');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"startTicks":"\d+"/, '"startTicks":"1"'));
    expect(await openProcessRegistry(folder).endStrays()).toBe(0);
    expect(processStatOf(child.pid ?? 0)).toBeDefined();
    child.kill('SIGKILL');
  });

  test('children whose parent has died are found by their process group', async () => {
    const orphan = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(stay)}], { stdio: 'ignore' })`;
    const child = run(`console.log(${orphan}.pid); ${stay}`);
    const pid = Number(await new Promise((resolve) => child.stdout.once('data', (bytes: Buffer) => resolve(String(bytes)))));
    openProcessRegistry(folder).record(child.pid ?? 0, 'default/pod/main');
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
    expect(processStatOf(pid)).toBeDefined();
    expect(await openProcessRegistry(folder).endStrays()).toBe(1);
    expect(processStatOf(pid)).toBeUndefined();
  });
});
