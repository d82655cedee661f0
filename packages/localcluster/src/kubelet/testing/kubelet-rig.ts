/** A kubelet over a memory cluster in a temporary folder, and short pods of small node programs. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kubelet, startKubelet } from '../kubelet.ts';
import type { Pace } from '../kubelet-context.ts';
import type { Container, Pod, PodSpec } from '../pod.ts';
import { podsResource } from '../pod.ts';
import { createMemoryCluster, type MemoryCluster } from './memory-cluster.ts';

export interface Rig {
  readonly cluster: MemoryCluster;
  readonly home: string;
  kubelet: Kubelet;
  /** Another kubelet on the same home and API, as after a restart. */
  restart(): Promise<void>;
  /** Puts a pod of one container that runs this JavaScript. */
  run(name: string, program: string, overrides?: Partial<Container>, spec?: Partial<PodSpec>): Pod;
  untilPod(name: string, holds: (pod: Pod) => boolean): Promise<Pod>;
  untilReady(name: string): Promise<Pod>;
  untilGone(name: string): Promise<void>;
  /** First log line that the pattern fits, waiting for it. */
  untilLine(pod: string, pattern: RegExp): Promise<string>;
  lines(pod: string, request?: { previous?: boolean; tailLines?: number; timestamps?: boolean; container?: string }): Promise<string[]>;
  end(): Promise<void>;
}

const quick: Partial<Pace> = { secondMs: 50, crashBackoffMsMin: 20, crashBackoffMsMax: 100 };

export const quietLog = { debug: () => {}, info: () => {}, warn: () => {}, error: (facts: object) => console.error(facts) };

/** @param podCidr One range per test file: two kubelets of one machine must not share addresses. */
export async function openRig(podCidr: string): Promise<Rig> {
  const home = mkdtempSync(join(tmpdir(), 'kubelet-'));
  const cluster = createMemoryCluster();
  const images = { 'test/node': [process.execPath, '-e'] };
  const api = { apiUrl: 'https://127.40.0.1:6443', caPem: 'ca of this cluster' };
  const begin = () => startKubelet({ port: cluster, home, podCidr, ...api, images, log: quietLog, pace: quick });

  const rig: Rig = {
    cluster,
    home,
    kubelet: await begin(),
    async restart() {
      rig.kubelet = await begin();
    },
    run(name, program, overrides = {}, spec = {}) {
      const container = { name: 'main', image: 'test/node:1', args: [program], ...overrides };
      const metadata = { namespace: 'default', name, labels: { app: name } };
      return cluster.put(podsResource, { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [container], ...spec } }) as Pod;
    },
    untilPod: async (name, holds) =>
      (await cluster.until(podsResource, 'default', name, (object) => object !== undefined && holds(object as Pod))) as Pod,
    untilReady: (name) =>
      rig.untilPod(
        name,
        ({ status }) => status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true,
      ),
    async untilGone(name) {
      await cluster.until(podsResource, 'default', name, (object) => object === undefined);
    },
    async untilLine(pod, pattern) {
      const ended = new AbortController();
      await rig.untilPod(pod, ({ status }) => status?.containerStatuses?.some(({ state }) => state.running ?? state.terminated) === true);
      const request = { namespace: 'default', pod, follow: true, previous: false, timestamps: false, signal: ended.signal };
      const seen: string[] = [];
      for await (const line of rig.kubelet.logs.readLog(request)) {
        seen.push(line);
        if (pattern.test(line)) return line;
      }
      throw new Error(`the log ended without ${pattern}: ${seen.join('\n')}`);
    },
    async lines(pod, request = {}) {
      const { signal } = new AbortController();
      const all = { namespace: 'default', pod, follow: false, previous: false, timestamps: false, signal, ...request };
      const read: string[] = [];
      for await (const line of rig.kubelet.logs.readLog(all)) read.push(line);
      return read;
    },
    async end() {
      await rig.kubelet.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
  return rig;
}
