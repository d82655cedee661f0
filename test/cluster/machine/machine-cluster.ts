import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { findKubeTools, type KubeTools } from '../../../tools/kube/kube-tools.ts';
import { type ClusterCredentials, makeCredentials } from './certificates.ts';
import { type ClusterRecord, folderOfCluster, removeAbandoned, writeRecord } from './cluster-record.ts';
import { type StartDaemon, startControlPlane } from './control-plane.ts';
import { makeNetwork } from './network.ts';
import { type Places, placesOf } from './places.ts';
import { type CommandOptions, recordOf, runCommand, startDaemon } from './processes.ts';
import { assertMachine } from './required-machine.ts';
import { readSysctls, tearDown } from './tear-down.ts';
import { until } from './until.ts';
import { storageObjects } from './volumes.ts';
import { type ImageArchive, startWorker } from './worker-node.ts';

export interface ClusterOptions {
  readonly nodeCount: number;
  /** There is no registry. */
  readonly images: readonly ImageArchive[];
  readonly say: (line: string) => void;
}

/** A Kubernetes of this machine: real control plane, real kubelets, real containers. */
export interface MachineCluster {
  readonly places: Places;
  readonly kubeconfig: string;
  /** kubectl as cluster administrator. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Any command where pods, Services and the API server can be reached: on the first node, with KUBECONFIG set. */
  run(command: readonly string[], options?: Omit<CommandOptions, 'namespace'>): Promise<string>;
  apply(objects: readonly object[]): Promise<void>;
  tool(name: Parameters<KubeTools['path']>[0]): string;
  stop(): Promise<void>;
}

/**
 * Starts a cluster of its own; two at a time do not meet. Needs root, containerd, runc, CNI plugins and nftables (`.ci/servers`), and
 * `npm run kube:install`.
 *
 * @throws Error when something does not come up; nothing is left then.
 */
export async function startMachineCluster({ nodeCount, images, say }: ClusterOptions): Promise<MachineCluster> {
  assertMachine();
  const tools = findKubeTools();
  if (tools === undefined) throw new Error('Kubernetes is not built: npm run kube:install');
  for (const abandoned of await removeAbandoned()) say(`removed what cluster ${abandoned} had left`);
  const id = randomBytes(3).toString('hex');
  const places = placesOf(id, folderOfCluster(id), nodeCount);
  let record: ClusterRecord = { id, nodeCount, owner: recordOf('owner', process.pid), processes: [], sysctls: readSysctls() };
  const start: StartDaemon = (name, command, where) => {
    const daemon = startDaemon(name, command, where);
    record = { ...record, processes: [...record.processes, daemon.record] };
    writeRecord(places, record);
    return daemon;
  };
  const stop = (): Promise<void> => tearDown(places, record.processes, record.sysctls);
  const startedMs = performance.now();
  const passed = (what: string): void => say(`${what} after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  try {
    mkdirSync(places.folder, { recursive: true, mode: 0o755 });
    writeRecord(places, record);
    makeNetwork(places);
    const credentials = makeCredentials(places);
    await startControlPlane({ places, credentials, tools, start });
    passed('API server ready');
    await Promise.all(places.nodes.map((node) => startWorker({ node, credentials, tools, start, images })));
    passed('nodes started');
    const cluster = clusterOf({ places, credentials, tools, stop });
    await cluster.apply(storageObjects(places));
    await untilReady(cluster);
    passed('nodes ready');
    return cluster;
  } catch (error) {
    await stop();
    throw error;
  }
}

function clusterOf(parts: {
  places: Places;
  credentials: ClusterCredentials;
  tools: KubeTools;
  stop: () => Promise<void>;
}): MachineCluster {
  const { places, credentials, tools, stop } = parts;
  const kubeconfig = credentials.kubeconfig('admin');
  const namespace = places.nodes[0]?.namespace ?? places.controlNamespace;
  const run: MachineCluster['run'] = (command, options = {}) =>
    runCommand(command, { ...options, namespace, environment: { KUBECONFIG: kubeconfig, ...options.environment } });
  const kubectl: MachineCluster['kubectl'] = (args, input) => run([tools.path('kubectl'), ...args], input === undefined ? {} : { input });
  return {
    places,
    kubeconfig,
    kubectl,
    run,
    stop,
    tool: (name) => tools.path(name),
    async apply(objects) {
      const list = { apiVersion: 'v1', kind: 'List', items: objects };
      await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(list));
    },
  };
}

async function untilReady({ kubectl, places }: MachineCluster): Promise<void> {
  const names = places.nodes.map(({ name }) => `node/${name}`);
  await until('every node has registered', async () => {
    await kubectl(['get', ...names, '-o', 'name']);
    return true;
  });
  await kubectl(['wait', '--for=condition=Ready', '--timeout=120s', ...names]);
  await until('the default service account', async () => {
    await kubectl(['get', 'serviceaccount', 'default', '-o', 'name']);
    return true;
  });
}
