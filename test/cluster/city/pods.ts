import type { MachineCluster } from '../machine/machine-cluster.ts';
import { CITY_NAMESPACE } from './sample-city.ts';

interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly capabilities?: { readonly drop?: readonly string[] };
}

export interface RunningPod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly namespace: string };
  readonly spec: {
    readonly nodeName?: string;
    readonly securityContext?: SecurityContext;
    readonly containers: readonly { readonly name: string; readonly image: string; readonly securityContext?: SecurityContext }[];
  };
  readonly status: {
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly ready: boolean;
      readonly image: string;
      readonly imageID: string;
    }[];
  };
}

export async function podsOf(cluster: MachineCluster, namespace: string = CITY_NAMESPACE): Promise<readonly RunningPod[]> {
  const text = await cluster.kubectl(['get', 'pods', '-n', namespace, '-o', 'json']);
  return (JSON.parse(text) as { readonly items: readonly RunningPod[] }).items;
}

export const isReady = ({ spec, status }: RunningPod): boolean =>
  status.containerStatuses?.length === spec.containers.length && status.containerStatuses.every(({ ready }) => ready);
