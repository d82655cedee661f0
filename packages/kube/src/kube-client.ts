/** The verbs of the Kubernetes API, typed by resource. */

import { isApiError } from './api-error.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { type Impersonated, impersonationHeaders } from './impersonation.ts';
import { listPageObjects } from './limits.ts';
import { type KubeList, type KubeObject, type ObjectBody, type ObjectRef, pathOf, type Resource } from './resource.ts';
import { createTransport, type Transport, type TransportOptions, type TransportRequest } from './transport.ts';
import { readText, readWatchEvents, type WatchEvent } from './watch-stream.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions extends CallOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined;
}

export interface WatchOptions extends Omit<ListOptions, 'limit' | 'continue'> {
  readonly allowWatchBookmarks?: boolean | undefined;
  readonly sendInitialEvents?: boolean | undefined;
  readonly timeoutSeconds?: number | undefined;
}

export interface WriteOptions extends CallOptions {
  readonly dryRun?: boolean | undefined;
  readonly fieldManager?: string | undefined;
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Takes fields over from other managers instead of failing with Conflict. Default false. */
  readonly force?: boolean | undefined;
}

export interface PatchOptions extends WriteOptions {
  readonly subresource?: string | undefined;
}

export interface DeleteOptions extends CallOptions {
  /** Preconditions: the delete fails with Conflict unless both still hold. */
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan' | undefined;
  readonly gracePeriodSeconds?: number | undefined;
}

/** One step of RFC 6902. */
export type JsonPatchStep =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string };

/** Every method throws ApiError. Objects are returned as the server sent them. */
export interface KubeClient {
  get<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, options?: CallOptions): Promise<T>;
  /** `get`, with undefined for NotFound. */
  find<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, options?: CallOptions): Promise<T | undefined>;
  /** One page; all objects when `limit` is left out. */
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<KubeList<T>>;
  /** All pages, 500 objects each; one list without pages where the server has forgotten the version they are of. */
  listAll<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends KubeObject>(resource: Resource<T>, body: ObjectBody, options?: WriteOptions): Promise<T>;
  /** Replaces; `metadata.resourceVersion` makes it conditional. */
  update<T extends KubeObject>(resource: Resource<T>, body: ObjectBody, options?: WriteOptions): Promise<T>;
  updateStatus<T extends KubeObject>(resource: Resource<T>, body: ObjectBody, options?: WriteOptions): Promise<T>;
  /** True when there was something to delete, also when finalizers or a grace period hold it for now. */
  delete(resource: Resource, ref: ObjectRef, options?: DeleteOptions): Promise<boolean>;
  /** Server-side apply of exactly the fields in `body`. */
  apply<T extends KubeObject>(resource: Resource<T>, body: ObjectBody, options: ApplyOptions): Promise<T>;
  applyStatus<T extends KubeObject>(resource: Resource<T>, body: ObjectBody, options: ApplyOptions): Promise<T>;
  /** RFC 7386. */
  mergePatch<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, patch: object, options?: PatchOptions): Promise<T>;
  /** RFC 6902. */
  jsonPatch<T extends KubeObject>(
    resource: Resource<T>,
    ref: ObjectRef,
    patch: readonly JsonPatchStep[],
    options?: PatchOptions,
  ): Promise<T>;
  /** Opens one watch; the events end when the server closes it. Nothing is reconnected: that is the reflector's work. */
  watch<T extends KubeObject>(resource: Resource<T>, options?: WatchOptions): Promise<AsyncGenerator<WatchEvent<T>>>;
  /** GET of any path of the server as text: `/version`, a pod's `log` subresource. */
  getText(path: string, options?: CallOptions): Promise<string>;
  /** The same as it comes, until the server ends it or the signal aborts: a log that is followed. */
  streamText(path: string, options?: CallOptions): Promise<AsyncGenerator<string>>;
  /** The same connections as somebody else, where our own rights include `impersonate`; closing it does nothing. */
  as(whom: Impersonated): KubeClient;
  close(): void;
}

/** A client of the kubeconfig's current context. Connections are kept alive until `close`. */
export function createKubeClient(config: ClusterAccess, options: TransportOptions = {}): KubeClient {
  return clientOver(createTransport(config, options));
}

function actingAs(transport: Transport, whom: Impersonated): Transport {
  const headers = impersonationHeaders(whom);
  return {
    send: (request) => transport.send({ ...request, headers }),
    open: (request) => transport.open({ ...request, headers }),
    close: () => {},
  };
}

function clientOver(transport: Transport): KubeClient {
  const call = async <T>(request: Omit<TransportRequest, 'idempotent'> & { idempotent?: boolean }): Promise<T> =>
    JSON.parse(await transport.send({ idempotent: request.method === 'GET', ...request }));

  const write = <T extends KubeObject>(verb: 'POST' | 'PUT', target: WriteTarget<T>, options: WriteOptions = {}): Promise<T> =>
    call({ method: verb, path: `${bodyPath(verb, target)}${writeQuery(options)}`, body: target.body, signal: options.signal });

  const patch = <T extends KubeObject>(target: PatchTarget<T>, options: PatchOptions & { force?: boolean | undefined }): Promise<T> =>
    call({
      method: 'PATCH',
      path: `${pathOf(target.resource, { ...target.ref, ...(options.subresource ? { subresource: options.subresource } : {}) })}${writeQuery(options)}`,
      body: target.body,
      contentType: target.contentType,
      signal: options.signal,
      idempotent: target.contentType === applyPatch,
    });

  const list = async <T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<KubeList<T>> => {
    const path = `${pathOf(resource, { namespace: options.namespace })}${listQuery(options)}`;
    return withItemKinds(await call<ServedList<T>>({ method: 'GET', path, signal: options.signal }));
  };

  const get = <T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, options: CallOptions = {}): Promise<T> =>
    call({ method: 'GET', path: pathOf(resource, ref), signal: options.signal });

  const apply = <T extends KubeObject>(resource: Resource<T>, body: ObjectBody, options: ApplyOptions & PatchOptions): Promise<T> =>
    patch({ resource, ref: refOfBody(body), body, contentType: applyPatch }, options);

  return {
    get,
    list,
    async find(resource, ref, options) {
      try {
        return await get(resource, ref, options);
      } catch (error) {
        if (isApiError(error, 'NotFound')) return undefined;
        throw error;
      }
    },
    listAll: (resource, options) => listPages(list, resource, options),
    create: (resource, body, options) => write('POST', { resource, body }, options),
    update: (resource, body, options) => write('PUT', { resource, body }, options),
    updateStatus: (resource, body, options) => write('PUT', { resource, body, subresource: 'status' }, options),
    async delete(resource, ref, options = {}) {
      try {
        await call({ method: 'DELETE', path: pathOf(resource, ref), body: deleteBody(options), signal: options.signal });
        return true;
      } catch (error) {
        if (isApiError(error, 'NotFound')) return false;
        throw error;
      }
    },
    apply,
    applyStatus: (resource, body, options) => apply(resource, body, { ...options, subresource: 'status' }),
    mergePatch: (resource, ref, body, options = {}) => patch({ resource, ref, body, contentType: 'application/merge-patch+json' }, options),
    jsonPatch: (resource, ref, body, options = {}) => patch({ resource, ref, body, contentType: 'application/json-patch+json' }, options),
    async watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions = {}) {
      const path = `${pathOf(resource, { namespace: options.namespace })}${listQuery(options, true)}`;
      return readWatchEvents<T>(await transport.open({ method: 'GET', path, signal: options.signal, idempotent: true }));
    },
    getText: (path, options = {}) => transport.send({ method: 'GET', path, signal: options.signal, idempotent: true }),
    async streamText(path, options = {}) {
      return readText(await transport.open({ method: 'GET', path, signal: options.signal, idempotent: true }));
    },
    as: (whom) => clientOver(actingAs(transport, whom)),
    close: () => transport.close(),
  };
}

const applyPatch = 'application/apply-patch+yaml';

interface WriteTarget<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly body: ObjectBody;
  readonly subresource?: string;
}

interface PatchTarget<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly ref: ObjectRef;
  readonly body: object;
  readonly contentType: string;
}

function bodyPath<T extends KubeObject>(verb: 'POST' | 'PUT', { resource, body, subresource }: WriteTarget<T>): string {
  if (verb === 'POST') return pathOf(resource, { namespace: body.metadata.namespace });
  return pathOf(resource, { ...refOfBody(body), ...(subresource === undefined ? {} : { subresource }) });
}

function refOfBody(body: ObjectBody): ObjectRef {
  if (body.metadata.name === undefined) throw new TypeError(`a ${body.kind} without metadata.name has no address`);
  return { namespace: body.metadata.namespace, name: body.metadata.name };
}

interface ServedList<T> extends KubeList<T> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly items: readonly T[];
}

/** Lists of built-in kinds name the kind once, on the list; a lone object always carries it. */
function withItemKinds<T extends KubeObject>(served: ServedList<T>): KubeList<T> {
  const kind = served.kind.replace(/List$/, '');
  return { metadata: served.metadata, items: (served.items ?? []).map((item) => ({ ...item, apiVersion: served.apiVersion, kind })) };
}

async function listPages<T extends KubeObject>(
  list: (resource: Resource<T>, options: ListOptions) => Promise<KubeList<T>>,
  resource: Resource<T>,
  options: ListOptions = {},
): Promise<KubeList<T>> {
  const items: T[] = [];
  let page = await list(resource, { ...options, limit: listPageObjects });
  items.push(...page.items);
  while (page.metadata.continue) {
    // A continued list takes its version from the token; naming one as well is refused.
    const rest = { ...options, resourceVersion: undefined, resourceVersionMatch: undefined };
    try {
      page = await list(resource, { ...rest, limit: listPageObjects, continue: page.metadata.continue });
    } catch (error) {
      // The pages took longer than the server keeps old versions: all at once, as client-go's pager does, or it may never come through.
      if (!isApiError(error, 'Expired')) throw error;
      return list(resource, rest);
    }
    items.push(...page.items);
  }
  return { metadata: { resourceVersion: page.metadata.resourceVersion }, items };
}

function listQuery(options: ListOptions & WatchOptions, watch = false): string {
  const { labelSelector, fieldSelector, resourceVersion, resourceVersionMatch, limit, allowWatchBookmarks, sendInitialEvents } = options;
  const { timeoutSeconds, continue: token } = options;
  return queryOf({
    watch: watch || undefined,
    labelSelector,
    fieldSelector,
    resourceVersion,
    resourceVersionMatch,
    limit,
    continue: token,
    allowWatchBookmarks,
    sendInitialEvents,
    timeoutSeconds,
  });
}

function writeQuery(options: WriteOptions & { force?: boolean | undefined }): string {
  return queryOf({ fieldManager: options.fieldManager, force: options.force, dryRun: options.dryRun ? 'All' : undefined });
}

function queryOf(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query.toString()}`;
}

function deleteBody({ uid, resourceVersion, propagationPolicy, gracePeriodSeconds }: DeleteOptions): object {
  const preconditions = uid === undefined && resourceVersion === undefined ? undefined : { uid, resourceVersion };
  return { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, propagationPolicy, gracePeriodSeconds };
}
