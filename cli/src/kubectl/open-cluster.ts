import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient, type KubeClient, loadKubeConfig } from '@civitas/kube';
import { Fault } from '../fault.ts';
import { homeFolder, KUBECONFIG_FILE } from '../profile/home.ts';
import { createTerminal } from '../terminal/terminal.ts';
import type { KubectlContext } from './context.ts';

export interface PluginOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly output?: string;
  readonly dryRun?: boolean;
}

/** The kubeconfig that kubectl would take, and where it has none that of the city on this machine. */
export function kubeConfigPath(named: string | undefined, env: NodeJS.ProcessEnv = process.env, home = homedir()): string | undefined {
  if (named !== undefined) return named;
  if ((env['KUBECONFIG'] ?? '') !== '' || existsSync(join(home, '.kube', 'config'))) return undefined;
  const own = join(homeFolder(env), KUBECONFIG_FILE);
  return existsSync(own) ? own : undefined;
}

async function openClient({ kubeconfig, context }: PluginOptions): Promise<KubeClient> {
  try {
    return createKubeClient(await loadKubeConfig({ path: kubeConfigPath(kubeconfig), context }));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Fault('KUBECONFIG_MISSING', `no cluster to ask: ${message}`, { cause: error });
  }
}

/** What a verb works with; the cluster is called only when the verb asks for it. */
export function openPlugin(options: PluginOptions, signal: AbortSignal): KubectlContext & { close(): void } {
  const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr }, { json: options.output === 'json' });
  let opened: Promise<KubeClient> | undefined;
  return {
    cluster: () => (opened ??= openClient(options)),
    namespace: options.namespace,
    dryRun: options.dryRun ?? false,
    terminal,
    signal,
    nowUnixMs: () => Date.now(),
    close: () => void opened?.then((client) => client.close()).catch(() => undefined),
  };
}
