import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { MachineCluster } from '../machine/machine-cluster.ts';
import { CITY_NAMESPACE } from './sample-city.ts';

/** Every state of a network's quorum that the API server told while something was done to it. */
export interface QuorumWatch {
  /** `status reason` of QuorumHealthy, in order, without repeats. */
  readonly seen: readonly string[];
  stop(): void;
}

/** Watches instead of asking now and then: a quorum that was lost for a moment is seen too. */
export function watchQuorum(cluster: MachineCluster, network: string): QuorumWatch {
  const condition =
    '{.status.conditions[?(@.type=="QuorumHealthy")].status} {.status.conditions[?(@.type=="QuorumHealthy")].reason}{"\\n"}';
  const namespace = cluster.places.nodes[0]?.namespace ?? '';
  const kubectl = [cluster.tool('kubectl'), '--kubeconfig', cluster.kubeconfig];
  const args = ['get', 'ledgernetwork', network, '-n', CITY_NAMESPACE, '--watch', '-o', `jsonpath=${condition}`];
  const child: ChildProcess = spawn('nsenter', [`--net=/run/netns/${namespace}`, '--', ...kubectl, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const seen: string[] = [];
  if (child.stdout !== null)
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (seen.at(-1) !== line) seen.push(line);
    });
  return { seen, stop: () => void child.kill('SIGTERM') };
}
