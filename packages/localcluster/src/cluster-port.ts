/**
 * What the process kubelet asks of the API server it lives beside: the same objects, events and optimistic writes a remote
 * kubelet gets over HTTP, without the HTTP. Implemented by `api/`, used by `kubelet/`.
 */

/** Any Kubernetes object as JSON. `metadata.resourceVersion` is a decimal string that only grows. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
  readonly [field: string]: unknown;
}

/** Group is '' for core. `plural` is the lower-case resource name: `pods`, `secrets`, `ledgernetworks`. */
export interface ResourceRef {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

export interface WatchedEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

export interface ClusterPort {
  find(resource: ResourceRef, namespace: string | undefined, name: string): KubeObject | undefined;
  list(resource: ResourceRef, namespace?: string): readonly KubeObject[];
  /** Replays what exists as ADDED, then every later change in commit order; returns the function that ends it. */
  watch(resource: ResourceRef, onEvent: (event: WatchedEvent) => void): () => void;
  create(resource: ResourceRef, object: unknown): KubeObject;
  /** Reads, lets `change` return the wanted object, writes its status only; does nothing when status is unchanged or the uid differs. */
  updateStatus(resource: ResourceRef, target: ObjectTarget, change: (current: KubeObject) => unknown): KubeObject | undefined;
  /**
   * Like `updateStatus`, for everything but status: binds a pod to the node (`spec.nodeName`), renews the node's Lease, names a
   * claim's volume. Left out: the kubelet does without.
   */
  update?(resource: ResourceRef, target: ObjectTarget, change: (current: KubeObject) => unknown): KubeObject | undefined;
  /** Removes an object whose grace period the kubelet has served (uid precondition). */
  finishDelete(resource: ResourceRef, target: ObjectTarget): void;
  /** Records a core/v1 Event about an object, aggregated by (object, reason, message). */
  recordEvent(about: KubeObject, event: { type: 'Normal' | 'Warning'; reason: string; message: string; component: string }): void;
  /** A bearer token for a ServiceAccount, as mounted into its pods. */
  serviceAccountToken(namespace: string, name: string): string;
}

export interface ObjectTarget {
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
}

/** What the API server asks of the kubelet to serve `kubectl logs`. */
export interface PodLogSource {
  /** Lines of one container, oldest first; ends when the container has ended unless `follow`. */
  readLog(request: {
    namespace: string;
    pod: string;
    container?: string;
    follow: boolean;
    previous: boolean;
    tailLines?: number;
    sinceSeconds?: number;
    limitBytes?: number;
    timestamps: boolean;
    signal: AbortSignal;
  }): AsyncIterable<string>;
}
