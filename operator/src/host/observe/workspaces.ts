import { isApiError, type KubeClient, type KubeObject, type Log, type MetricsSink, namespaces, roleBindings } from '@civitas/kube';
import { LABELS, MANAGED_BY, SYSTEM_NAMESPACE } from '../../core/desired/names.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

/** The ClusterRole that the operator may bind to itself, and only in namespaces that ask for it by label. */
export const WORKSPACE_ROLE = 'civitas-operator-workspace';
const SERVICE_ACCOUNT = 'civitas-operator';

export interface WorkspacesOptions {
  readonly client: KubeClient;
  readonly metrics: MetricsSink;
  readonly log: Log;
  readonly onChange: (object: KubeObject) => void;
}

/** The namespaces the operator works in, opened when first needed. */
export interface Workspaces {
  /** Undefined when the namespace is missing or does not carry the label that lets the operator in. */
  enter(namespace: string, signal: AbortSignal): Promise<Workspace | undefined>;
  /** Binds the role without watching anything: for namespaces where little is written. False as `enter` gives undefined. */
  letIn(namespace: string): Promise<boolean>;
  /** One that was entered before. */
  find(namespace: string): Workspace | undefined;
  /** Stops looking into a namespace; it can be entered anew. */
  leave(namespace: string): Promise<void>;
  stop(): Promise<void>;
}

/** None is open yet. */
export function createWorkspaces(options: WorkspacesOptions): Workspaces {
  const open = new Map<string, Promise<Workspace | undefined>>();
  const ready = new Map<string, Workspace>();

  const start = async (namespace: string, signal: AbortSignal): Promise<Workspace | undefined> => {
    if (namespace !== SYSTEM_NAMESPACE && !(await letIn(options.client, namespace))) return undefined;
    const workspace = await openWorkspace({ ...options, namespace }, signal);
    ready.set(namespace, workspace);
    return workspace;
  };

  return {
    letIn: (namespace) => letIn(options.client, namespace),
    find: (namespace) => ready.get(namespace),
    async enter(namespace, signal) {
      const known = ready.get(namespace);
      if (known !== undefined) return known;
      // Set before anything is awaited: two who enter at once share one set of watches.
      const opening = open.get(namespace) ?? start(namespace, signal);
      open.set(namespace, opening);
      try {
        const workspace = await opening;
        if (workspace === undefined) open.delete(namespace);
        return workspace;
      } catch (error) {
        open.delete(namespace);
        throw error;
      }
    },
    async leave(namespace) {
      const workspace = ready.get(namespace);
      ready.delete(namespace);
      open.delete(namespace);
      await workspace?.stop();
    },
    async stop() {
      const opened = await Promise.allSettled(open.values());
      await Promise.all(
        opened.flatMap((result) => (result.status === 'fulfilled' && result.value !== undefined ? [result.value.stop()] : [])),
      );
    },
  };
}

/** Binds the workspace role to the operator in a namespace that was labelled for it by whoever made it. */
async function letIn(client: KubeClient, namespace: string): Promise<boolean> {
  const found = await client.find(namespaces, { name: namespace });
  if (found?.metadata.labels?.[LABELS.workspace] !== 'true') return false;
  try {
    await client.create(roleBindings, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: WORKSPACE_ROLE, namespace, labels: MANAGED_BY },
      ...{
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: WORKSPACE_ROLE },
        subjects: [{ kind: 'ServiceAccount', name: SERVICE_ACCOUNT, namespace: SYSTEM_NAMESPACE }],
      },
    });
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
  return true;
}
