import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { isConditionTrue, type KubeClient, type KubeObject, namespaces } from '@civitas/kube';
import { waitFor } from '@civitas/testkit';
import { SYSTEM_NAMESPACE } from '../../operator/src/core/desired/names.ts';
import type { LedgerNetwork } from '../../operator/src/core/resources/ledger-network.ts';
import { ourResource } from '../../operator/src/host/testing/test-cluster.ts';
import { type RealCluster, startRealCluster } from '../../test/operator/cluster/real-cluster.ts';
import { createRealTestCluster } from '../../test/operator/cluster/test-cluster.ts';
import { COMPILE_CACHE } from '../../tools/start/compile-cache.ts';
import { cpuMicrosOf, rssBytesOf } from '../process-usage.ts';
import { type Quantiles, quantilesOf } from '../quantiles.ts';
import { cityObjects, NAMESPACE } from './city-objects.ts';
import type { OperatorReport } from './measured-operator.ts';

export interface OperatorBench {
  readonly networks: number;
  readonly nodes: number;
  /** Length of the window at rest. */
  readonly seconds: number;
  readonly say: (line: string) => void;
}

/** What a stretch of time cost. */
interface Stretch {
  readonly seconds: number;
  readonly loadAverage: number;
  readonly operatorCpuSeconds: number;
  readonly operatorRssBytes: number;
  readonly operatorHeapBytes: number;
  readonly operatorHeapTotalBytes: number;
  readonly operatorExternalBytes: number;
  readonly requests: Readonly<Record<string, number>>;
  readonly requestsPerSecond: number;
  readonly reconciles: Readonly<Record<string, number>>;
  readonly errors: number;
  /** Of the network controller: time, and CPU of the process in passes that ran alone. */
  readonly reconcileMs: Quantiles;
  readonly reconcileCpuMs: Quantiles & { readonly samples: number };
  readonly apiServerCpuSeconds: number;
  readonly etcdCpuSeconds: number;
}

const LEDGER_NETWORKS = ourResource<KubeObject & { status?: LedgerNetwork['status'] }>('ledgernetworks');
const SETTLED_WITHIN_MS = 3_600_000;
const LOOK_MS = 1000;
/** After the last write of a beginning: what settles by the clock does. */
const SETTLING_MS = 75_000;
/** Fewer writes than this in a look is rest. */
const RESTING_WRITES_MAX = 3;
/** Second number of the nodes' addresses. */
const OCTET = 187;

/** As charts/civitas starts it. */
const SHIPPED_FLAGS = ['--max-semi-space-size=4'];
/** An image holds sources without types and the laptop starts from compiled code: neither loads the compiler. */
const SHIPPED_ENVIRONMENT = { NODE_COMPILE_CACHE: COMPILE_CACHE };

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class OperatorProcess {
  readonly #child: ChildProcess;

  constructor(kubeconfigPath: string) {
    this.#child = startChild('./measured-operator.ts', kubeconfigPath, { flags: SHIPPED_FLAGS, environment: SHIPPED_ENVIRONMENT });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @throws Error once it has ended: one that loses its Lease does, and nothing would come of waiting. */
  async ended(): Promise<never> {
    const [code, signal] = await once(this.#child, 'exit');
    throw new Error(`the operator ended: code ${code}, signal ${signal}`);
  }

  async report(): Promise<OperatorReport> {
    const answered = once(this.#child, 'message');
    this.#child.send('report');
    const [report] = await answered;
    return report as OperatorReport;
  }

  started(): Promise<unknown> {
    return once(this.#child, 'message');
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}

/** Networks of simulated nodes on a real API server, and what the operator of them costs: while they are born, at rest, started anew. */
export async function benchOperator({ networks, nodes, seconds, say }: OperatorBench): Promise<object> {
  const cluster = await startRealCluster();
  const children: { stop(): Promise<void> }[] = [];
  try {
    const { client } = await createRealTestCluster(cluster);
    for (const name of [NAMESPACE, SYSTEM_NAMESPACE])
      await client.create(namespaces, {
        ...{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'civitas.dev/workspace': 'true' } } },
      });
    children.push(await startNodes(cluster));
    for (const { plural, body } of cityObjects(networks, nodes)) await client.create(ourResource(plural), body);
    let operator = new OperatorProcess(cluster.kubeconfigPath);
    children.push({ stop: () => operator.stop() });
    const birth = stretch(cluster, operator);
    await operator.started();
    await Promise.race([untilAvailable(client, networks, say), operator.ended()]);
    const born = birth.end(await operator.report());
    say(`all available after ${born.seconds} s`);
    await pause(SETTLING_MS);
    await operator.report();
    const resting = stretch(cluster, operator);
    await pause(seconds * 1000);
    const rest = resting.end(await operator.report());
    say(`at rest: ${rest.requestsPerSecond} requests/s, ${rest.operatorCpuSeconds} s of CPU`);
    await operator.stop();
    operator = new OperatorProcess(cluster.kubeconfigPath);
    const starting = stretch(cluster, operator);
    await operator.started();
    const restarted = starting.end(await Promise.race([untilReady(operator), operator.ended()]));
    return { networks, nodes: networks * nodes, born, rest, restarted };
  } finally {
    for (const child of children.reverse()) await child.stop();
    await cluster.stop();
  }
}

interface ChildSettings {
  readonly args?: readonly string[];
  /** Of its Node; `--cpu-prof` among NODE_OPTIONS profiles it. */
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

function startChild(file: string, kubeconfigPath: string, { args = [], flags = [], environment = {} }: ChildSettings): ChildProcess {
  const env = { ...process.env, ...environment, KUBECONFIG: kubeconfigPath };
  return fork(fileURLToPath(new URL(file, import.meta.url)), args, { env, execArgv: [...flags] });
}

async function startNodes({ kubeconfigPath }: RealCluster): Promise<{ stop(): Promise<void> }> {
  const child = startChild('./simulated-nodes.ts', kubeconfigPath, { args: [String(OCTET)] });
  await once(child, 'message');
  return {
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function untilAvailable(client: KubeClient, count: number, say: OperatorBench['say']): Promise<void> {
  let last = -1;
  await waitFor(
    `${count} networks Available`,
    async () => {
      await pause(LOOK_MS);
      const { items } = await client.list(LEDGER_NETWORKS, { namespace: NAMESPACE });
      const available = items.filter(({ status }) => isConditionTrue(status?.conditions, 'Available')).length;
      if (Math.floor(available / 20) !== Math.floor(last / 20)) say(`${available} of ${count} available`);
      last = available;
      return available === count;
    },
    SETTLED_WITHIN_MS,
  );
}

/** Ready, and then no more than a few writes a second. @returns everything counted until then. */
async function untilReady(operator: OperatorProcess): Promise<OperatorReport> {
  const reports: OperatorReport[] = [];
  await waitFor(
    'an operator that has looked at everything',
    async () => {
      await pause(LOOK_MS);
      const report = await operator.report();
      reports.push(report);
      const writes = Object.entries(report.requests).reduce((sum, [method, count]) => sum + (method === 'GET' ? 0 : count), 0);
      return report.isReady && writes <= RESTING_WRITES_MAX;
    },
    SETTLED_WITHIN_MS,
  );
  return reports.reduce((all, next) => ({
    ...next,
    ...{ requests: sumOf(all.requests, next.requests), reconciles: sumOf(all.reconciles, next.reconciles) },
    ...{ errors: all.errors + next.errors, wallMs: [...all.wallMs, ...next.wallMs], cpuMs: [...all.cpuMs, ...next.cpuMs] },
  }));
}

function sumOf(left: Readonly<Record<string, number>>, right: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return Object.fromEntries([...names].map((name) => [name, (left[name] ?? 0) + (right[name] ?? 0)]));
}

/** Begins to count now. */
function stretch(cluster: RealCluster, operator: OperatorProcess): { end(report: OperatorReport): Stretch } {
  const { api, etcd } = cluster.pids();
  const startedMs = performance.now();
  const pids = [operator.pid, api, etcd];
  const before = pids.map(cpuMicrosOf);
  return {
    end({ requests, reconciles, errors, wallMs, cpuMs, heapBytes, heapTotalBytes, externalBytes }) {
      const took = (performance.now() - startedMs) / 1000;
      const [own, ofApi, ofEtcd] = pids.map((pid, index) => Math.round((cpuMicrosOf(pid) - (before[index] ?? 0)) / 10_000) / 100);
      const all = Object.values(requests).reduce((sum, count) => sum + count, 0);
      return {
        ...{ seconds: Math.round(took * 10) / 10, loadAverage: Math.round((loadavg()[0] ?? 0) * 10) / 10 },
        ...{ operatorCpuSeconds: own ?? 0, operatorRssBytes: rssBytesOf(operator.pid), operatorHeapBytes: heapBytes },
        ...{ operatorHeapTotalBytes: heapTotalBytes, operatorExternalBytes: externalBytes },
        ...{ requests, requestsPerSecond: Math.round((all / took) * 100) / 100, reconciles, errors },
        ...{ reconcileMs: quantilesOf(wallMs), reconcileCpuMs: { ...quantilesOf(cpuMs), samples: cpuMs.length } },
        ...{ apiServerCpuSeconds: ofApi ?? 0, etcdCpuSeconds: ofEtcd ?? 0 },
      };
    },
  };
}
