import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './helm.ts';

const ACCOUNT_FOLDER = 'var/run/secrets/kubernetes.io/serviceaccount';
const METRICS_PORT = 9464;
const RESTARTS_MAX = 5;
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface OperatorPod {
  /** As it stands in the Lease. */
  readonly identity: string;
  /** What it has written so far. */
  log(): string;
  isReady(): Promise<boolean>;
  /** Replaces the mounted token, as the kubelet does well before it ends. */
  mountToken(token: string): void;
  /** Asks it to end. @returns its exit code. */
  stop(): Promise<number | null>;
}

export interface PodFacts {
  readonly name: string;
  readonly address: string;
  readonly apiUrl: string;
  readonly caPem: string;
  readonly token: string;
}

/** The operator's program as a pod has it: its ServiceAccount mounted below a root of its own, the API server in its environment, no kubeconfig. */
export function startOperatorPod({ name, address, apiUrl, caPem, token }: PodFacts): OperatorPod {
  const root = mkdtempSync(join(tmpdir(), 'civitas-pod-'));
  const account = join(root, ACCOUNT_FOLDER);
  mkdirSync(account, { recursive: true });
  // As the kubelet does: what is read meanwhile is the old text or the new one, whole.
  const mount = (file: string, text: string): void => {
    writeFileSync(join(account, `${file}.next`), text, { mode: 0o600 });
    renameSync(join(account, `${file}.next`), join(account, file));
  };
  mount('token', token);
  mount('ca.crt', caPem);
  mount('namespace', 'civitas-system');
  const { hostname, port } = new URL(apiUrl);
  const logPath = join(root, 'log');
  writeFileSync(logPath, '');
  const env = {
    ...{ KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, CIVITAS_ROOT: root },
    ...{ POD_NAME: name, POD_UID: `uid-${name}`, POD_IP: address, METRICS_PORT: String(METRICS_PORT) },
  };
  const [preload, main] = [join(ROOT, 'operator/src/preload.ts'), join(ROOT, 'operator/src/main.ts')];
  const program = ['exec "$0" --import "$1" "$2" >>"$3" 2>&1', process.execPath, preload, main, logPath];
  const stopping = new AbortController();
  let restarts = 0;
  let child: ChildProcess;
  // Who loses the Lease ends, and the kubelet starts it again: on a machine that stands still for seconds that happens.
  const run = async (): Promise<void> => {
    do {
      child = spawn('/bin/sh', ['-c', ...program], { env, stdio: 'ignore' });
      running.add(child);
      await once(child, 'exit');
      running.delete(child);
    } while (!stopping.signal.aborted && restarts++ < RESTARTS_MAX);
  };
  const ended = run();
  return {
    identity: `${name}_uid-${name}`,
    log: () => readFileSync(logPath, 'utf8'),
    async isReady() {
      if (restarts > RESTARTS_MAX) throw new Error(`the operator ends again and again: ${readFileSync(logPath, 'utf8').slice(-2000)}`);
      try {
        return (await fetch(`http://${address}:${METRICS_PORT}/readyz`)).ok;
      } catch {
        return false;
      }
    },
    mountToken: (next) => mount('token', next),
    async stop() {
      stopping.abort();
      child.kill('SIGTERM');
      await ended;
      rmSync(root, { recursive: true, force: true });
      return child.exitCode;
    },
  };
}
