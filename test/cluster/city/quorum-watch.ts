import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { MachineCluster } from '../machine/machine-cluster.ts';
import { CITY_NAMESPACE } from './sample-city.ts';

/** Every state of a network's quorum that the API server told while something was done to it. */
export interface QuorumWatch {
  /** `status reason: message` of QuorumHealthy, in order, without repeats. */
  readonly seen: readonly string[];
  stop(): void;
}

interface Watched {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[];
  };
}

/** Watches instead of asking now and then: a quorum that was lost for a moment is seen too. */
export function watchQuorum(cluster: MachineCluster, network: string): QuorumWatch {
  const namespace = cluster.places.nodes[0]?.namespace ?? '';
  const kubectl = [cluster.tool('kubectl'), '--kubeconfig', cluster.kubeconfig];
  // One object a line, whatever its messages hold.
  const args = ['get', 'ledgernetwork', network, '-n', CITY_NAMESPACE, '--watch', '-o', 'jsonpath={@}{"\\n"}'];
  const child = spawn('nsenter', [`--net=/run/netns/${namespace}`, '--', ...kubectl, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const seen: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    // A kubectl that is ended in the middle of an object leaves half a line.
    if (child.killed) return;
    const condition = (JSON.parse(line) as Watched).status?.conditions?.find(({ type }) => type === 'QuorumHealthy');
    const state = condition === undefined ? 'Unknown' : `${condition.status} ${condition.reason}: ${condition.message}`;
    if (seen.at(-1) !== state) seen.push(state);
  });
  return { seen, stop: () => void child.kill('SIGTERM') };
}
