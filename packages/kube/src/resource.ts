/** Kubernetes objects and the addresses of their kinds. */

/** Owner of an object, as garbage collection reads it. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Metadata as the server returns it; times are RFC 3339 strings. */
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
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** What a caller sends: an object that has no uid and no resourceVersion yet, or names only the fields it owns. */
export interface ObjectBody {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string | undefined;
    readonly resourceVersion?: string;
    readonly uid?: string;
    readonly finalizers?: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly OwnerReference[];
  };
  readonly spec?: unknown;
  readonly status?: unknown;
  /** Top-level fields of the built-in kinds that have no spec. */
  readonly data?: unknown;
  readonly stringData?: unknown;
  readonly binaryData?: unknown;
  readonly type?: unknown;
  readonly immutable?: unknown;
  readonly rules?: unknown;
  readonly roleRef?: unknown;
  readonly subjects?: unknown;
  readonly automountServiceAccountToken?: unknown;
}

/** One kind's REST address; `T` is the shape of its objects. Group is '' for core. */
export interface Resource<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never present: carries `T` for the compiler. */
  readonly shape?: T;
}

/** Name of one object; the namespace is left out for cluster-scoped kinds. */
export interface ObjectRef {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface KubeList<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
  readonly items: readonly T[];
}

/** Names a kind: `defineResource<LedgerNetwork>({ group: 'civitas.dev', version: 'v1alpha1', plural: 'ledgernetworks', namespaced: true })`. */
export function defineResource<T extends KubeObject>(address: Omit<Resource<T>, 'shape'>): Resource<T> {
  return address;
}

/** `<group>/<plural>` as RBAC and logs write it; only the plural for core kinds. */
export function resourceNameOf(resource: Resource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

/**
 * Path of a collection, of one object, or of a subresource.
 *
 * @param namespace Left out: all namespaces (collections) or a cluster-scoped kind.
 */
export function pathOf(resource: Resource, target: { namespace?: string | undefined; name?: string; subresource?: string }): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const space = resource.namespaced && target.namespace ? `/namespaces/${encodeURIComponent(target.namespace)}` : '';
  const name = target.name === undefined ? '' : `/${encodeURIComponent(target.name)}`;
  const subresource = target.subresource === undefined ? '' : `/${target.subresource}`;
  return `${root}${space}/${resource.plural}${name}${subresource}`;
}

/** Queue key of an object: `namespace/name`, or `name` for cluster-scoped kinds. */
export function keyOf(ref: ObjectRef): string {
  return ref.namespace ? `${ref.namespace}/${ref.name}` : ref.name;
}

/** The object a key names. */
export function refOf(key: string): ObjectRef {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Order of two resource versions, which are decimal strings that only grow (KEP-5504): negative, zero or positive. */
export function compareResourceVersions(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}
