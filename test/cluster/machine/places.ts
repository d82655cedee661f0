import { join } from 'node:path';

/** Names and addresses of one cluster. Everything lies in network namespaces of its own, so two clusters may have the same addresses. */
export interface Places {
  /** Six letters or digits that no other cluster on this machine has. */
  readonly id: string;
  /** Everything the cluster writes, but sockets. */
  readonly folder: string;
  /** Sockets and runtime state: a socket's path has 107 bytes at most. */
  readonly runtimeFolder: string;
  /** Namespace of the API server and its companions, and the bridge that joins the nodes. */
  readonly controlNamespace: string;
  readonly nodes: readonly NodePlaces[];
}

export interface NodePlaces {
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
  readonly podCidr: string;
  readonly folder: string;
  readonly runtimeFolder: string;
  readonly containerdSocket: string;
  /** Below every cgroup controller. */
  readonly cgroup: string;
}

export const CONTROL_ADDRESS = '10.99.0.1';
export const API_URL = `https://${CONTROL_ADDRESS}:6443`;
export const SERVICE_CIDR = '10.96.0.0/16';
export const POD_CIDR = '10.244.0.0/16';

export function placesOf(id: string, folder: string, nodeCount: number): Places {
  const runtimeFolder = `/run/civitas-${id}`;
  const nodes = Array.from({ length: nodeCount }, (_, index): NodePlaces => {
    const name = `node${index + 1}`;
    return {
      name,
      namespace: `cv${id}-${name}`,
      address: `10.99.0.${11 + index}`,
      podCidr: `10.244.${index + 1}.0/24`,
      folder: join(folder, name),
      runtimeFolder: join(runtimeFolder, name),
      containerdSocket: join(runtimeFolder, name, 'containerd.sock'),
      cgroup: `civitas-${id}-${name}`,
    };
  });
  return { id, folder, runtimeFolder, controlNamespace: `cv${id}-control`, nodes };
}
