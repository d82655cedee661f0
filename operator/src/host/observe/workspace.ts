import {
  type ConfigMap,
  configMaps,
  createReflector,
  type KubeClient,
  type KubeObject,
  type Log,
  type MetricsSink,
  type NetworkPolicy,
  networkPolicies,
  type PersistentVolumeClaim,
  type Pod,
  type PodDisruptionBudget,
  persistentVolumeClaims,
  podDisruptionBudgets,
  pods,
  type Reflector,
  type Resource,
  type Secret,
  type Service,
  secrets,
  services,
  withoutManagedFields,
} from '@civitas/kube';
import { MANAGED_SELECTOR, SYSTEM_NAMESPACE } from '../../core/desired/names.ts';

/** What the operator made in one namespace, kept equal to the API server. */
export interface Workspace {
  readonly namespace: string;
  readonly pods: Reflector<Pod>;
  readonly services: Reflector<Service>;
  readonly configMaps: Reflector<ConfigMap>;
  readonly secrets: Reflector<Secret>;
  readonly volumes: Reflector<PersistentVolumeClaim>;
  readonly budgets: Reflector<PodDisruptionBudget>;
  readonly policies: Reflector<NetworkPolicy>;
  stop(): Promise<void>;
}

export interface WorkspaceOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly metrics: MetricsSink;
  readonly log: Log;
  /** Told of every change of what lies in it. */
  readonly onChange: (object: KubeObject) => void;
}

/** Starts watching; resolves once everything has been listed. Rejects when the signal aborts first. */
export async function openWorkspace(options: WorkspaceOptions, signal: AbortSignal): Promise<Workspace> {
  const started: Reflector<KubeObject>[] = [];
  const follow = <T extends KubeObject>(resource: Resource<T>, keep: (object: T) => T = withoutManagedFields): Reflector<T> => {
    const { client, namespace, metrics, log } = options;
    const reflector = createReflector({ client, resource, namespace, labelSelector: MANAGED_SELECTOR, metrics, log, keep });
    reflector.subscribe(({ object }) => options.onChange(object));
    reflector.start();
    started.push(reflector);
    return reflector;
  };
  const workspace: Workspace = {
    namespace: options.namespace,
    pods: follow(pods, whatIsReadOfPod),
    services: follow(services),
    configMaps: follow(configMaps),
    secrets: follow(secrets, options.namespace === SYSTEM_NAMESPACE ? withoutManagedFields : withoutKeys),
    volumes: follow(persistentVolumeClaims),
    budgets: follow(podDisruptionBudgets),
    policies: follow(networkPolicies),
    stop: async () => {
      await Promise.all(started.map((reflector) => reflector.stop()));
    },
  };
  try {
    await Promise.all(started.map((reflector) => reflector.waitForSync(signal)));
  } catch (error) {
    await workspace.stop();
    throw error;
  }
  return workspace;
}

/**
 * Hundreds of networks have a thousand pods: of what one was made with only its images are read again, of its status where it is, whether it
 * is ready, and how its containers stand.
 */
export function whatIsReadOfPod(pod: Pod): Pod {
  const containers = (pod.spec?.containers ?? []).map(({ name, image }) => (image === undefined ? { name } : { name, image }));
  const slim = { ...withoutManagedFields(pod), spec: { containers } };
  const { status } = pod;
  if (status === undefined) return slim;
  const { phase, podIP, conditions, containerStatuses, initContainerStatuses } = status;
  const statesOf = (statuses: typeof containerStatuses = []) =>
    statuses.map(({ name, ready, restartCount, image, imageID, state }) => ({
      ...{ name, ready, restartCount, image, imageID },
      ...(state === undefined ? {} : { state }),
    }));
  return {
    ...slim,
    status: {
      ...(phase === undefined ? {} : { phase }),
      ...(podIP === undefined ? {} : { podIP }),
      conditions: (conditions ?? []).filter(({ type }) => type === 'Ready' || type === 'PodScheduled'),
      containerStatuses: statesOf(containerStatuses),
      initContainerStatuses: statesOf(initContainerStatuses),
    },
  };
}

/** Keys of nodes are issued and forgotten: all that is read of their Secrets stands beside the data. */
function withoutKeys(secret: Secret): Secret {
  const data = Object.fromEntries(Object.keys(secret.data ?? {}).map((name) => [name, '']));
  return { ...withoutManagedFields(secret), data };
}

/** Where objects of a kind are kept; undefined for kinds that are written without being watched. */
export function storeOf(workspace: Workspace, kind: string): { get(key: string): KubeObject | undefined } | undefined {
  switch (kind) {
    case 'Service':
      return workspace.services.store;
    case 'ConfigMap':
      return workspace.configMaps.store;
    case 'PersistentVolumeClaim':
      return workspace.volumes.store;
    case 'PodDisruptionBudget':
      return workspace.budgets.store;
    case 'NetworkPolicy':
      return workspace.policies.store;
    default:
      return undefined;
  }
}
