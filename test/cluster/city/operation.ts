import type { MachineCluster } from '../machine/machine-cluster.ts';
import { until } from '../machine/until.ts';
import { type QuorumWatch, watchQuorum } from './quorum-watch.ts';
import { CITY_NAMESPACE } from './sample-city.ts';

const DONE_MS_MAX = 240_000;
const POLL_MS = 2000;

interface Operation {
  readonly status?: {
    readonly progress?: string;
    readonly message?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
  };
}

export interface OperationRun {
  readonly progress: string;
  /** States of the network's quorum while it was under way. */
  readonly quorum: QuorumWatch['seen'];
}

/** Makes a LedgerOperation and waits until it has ended well. @throws Error that says how far it came. */
export async function runOperation(
  cluster: MachineCluster,
  name: string,
  spec: { networkRef: string; type: string; [field: string]: unknown },
): Promise<OperationRun> {
  const metadata = { name, namespace: CITY_NAMESPACE };
  const watch = watchQuorum(cluster, spec.networkRef);
  try {
    await cluster.apply([{ apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerOperation', metadata, spec }]);
    const progress = await until(
      `${spec.type} of ${spec.networkRef}`,
      async () => {
        const { status } = JSON.parse(
          await cluster.kubectl(['get', 'ledgeroperation', name, '-n', CITY_NAMESPACE, '-o', 'json']),
        ) as Operation;
        const complete = status?.conditions?.find(({ type }) => type === 'Complete');
        if (complete?.status === 'True') return status?.progress ?? '';
        throw new Error(`${complete?.reason ?? 'no status yet'}, ${status?.progress ?? ''} ${status?.message ?? ''}`);
      },
      DONE_MS_MAX,
      POLL_MS,
    );
    return { progress, quorum: watch.seen };
  } finally {
    watch.stop();
  }
}
