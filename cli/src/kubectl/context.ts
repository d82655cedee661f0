import type { KubeClient } from '@civitas/kube';
import type { Terminal } from '../terminal/terminal.ts';

/** What the plugin asks of an API server. */
export type Cluster = Pick<KubeClient, 'find' | 'listAll' | 'create' | 'mergePatch' | 'getText' | 'streamText'>;

/** What every verb works with. */
export interface KubectlContext {
  /** Opened when first asked for. */
  cluster(): Promise<Cluster>;
  /** Named with -n; undefined: all namespaces are looked at. */
  readonly namespace: string | undefined;
  /** Writes are checked by the server and not kept. */
  readonly dryRun: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  nowUnixMs(): number;
}
