import { spawnSync } from 'node:child_process';
import { type RealCluster, startRealCluster } from '../operator/cluster/real-cluster.ts';
import { CHART, type HelmRun, helm, NAMESPACE } from './helm.ts';

/** The operator's ServiceAccount, as the API server sees its token. */
const OPERATOR = ['--as', `system:serviceaccount:${NAMESPACE}:civitas-operator`, '--as-group', 'system:authenticated'];

export interface KubectlRun {
  readonly status: number | null;
  /** Output and errors. */
  readonly said: string;
}

/** A real API server with the chart installed into a namespace that admits only restricted pods. */
export interface ChartServer {
  readonly cluster: RealCluster;
  /** What helm said when it installed. */
  readonly notes: string;
  kubectl(args: readonly string[], input?: string): KubectlRun;
  /** With the operator's account instead of an administrator's. */
  asOperator(args: readonly string[], input?: string): KubectlRun;
  helm(args: readonly string[]): HelmRun;
  stop(): Promise<void>;
}

/** @throws Error with what kubectl or helm says when the chart cannot be installed. */
export async function startChartServer(): Promise<ChartServer> {
  const cluster = await startRealCluster();
  const access = ['--kubeconfig', cluster.kubeconfigPath];
  const kubectl = (args: readonly string[], input?: string): KubectlRun => {
    const run = spawnSync(cluster.tools.path('kubectl'), [...access, ...args], { encoding: 'utf8', input: input ?? '' });
    return { status: run.status, said: `${run.stdout}${run.stderr}` };
  };
  const onServer = (args: readonly string[]): HelmRun => helm([...args, ...access, '--namespace', NAMESPACE]);
  try {
    for (const args of [
      ['create', 'namespace', NAMESPACE],
      ['label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=restricted'],
    ]) {
      const { status, said } = kubectl(args);
      if (status !== 0) throw new Error(said);
    }
    const installed = onServer(['install', 'civitas', CHART]);
    if (installed.status !== 0) throw new Error(installed.stderr);
    return {
      cluster,
      notes: installed.stdout,
      kubectl,
      asOperator: (args, input) => kubectl([...OPERATOR, ...args], input),
      helm: onServer,
      stop: () => cluster.stop(),
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
