import type { ServerResponse } from 'node:http';
import type { PodLogSource } from '../cluster-port.ts';
import type { Attributes, Authorizer } from './auth/rbac.ts';
import { answerReview } from './auth/reviews.ts';
import type { TokenSigner } from './auth/token.ts';
import { deletedStatus, deleteObject, deleteOptionsOf } from './delete.ts';
import { aggregated, coreVersions, groupList, oneGroup, resourceList, reviewResources } from './discovery.ts';
import { isObject, type Json, type JsonObject, objectAt, objectsAt } from './json.ts';
import { openApiDocument, openApiIndex, openApiV2, versionInfo } from './openapi.ts';
import { applyJsonPatch } from './patch/json-patch.ts';
import { applyMergePatch } from './patch/merge-patch.ts';
import { patchObject } from './patch-object.ts';
import { getObject, listObjects, type WatchHub } from './read.ts';
import type { Registry } from './registry.ts';
import { type ApiRequest, decodeBody, isTrue, type Target } from './request.ts';
import { apiVersionOf, type ResourceType, storeNameOf } from './resource.ts';
import { selectedName } from './selector.ts';
import { forbidden, invalidOptions, methodNotAllowed, notSupported, pathNotFound, StatusError } from './status-error.ts';
import type { ObjectStore } from './store.ts';
import { bindPod, evictPod, requestToken, scaleOf, sendLog, setScale } from './subresources.ts';
import { formOf, servedAs, shownList, shownObject } from './table.ts';
import type { ObjectWriter, WriteContext, Written } from './write.ts';

export interface RouterSources {
  readonly store: ObjectStore;
  readonly registry: Registry;
  readonly writer: ObjectWriter;
  readonly authorizer: Authorizer;
  readonly tokens: TokenSigner;
  readonly watches: WatchHub;
  readonly address: string;
  readonly logs: () => PodLogSource | undefined;
  readonly audit: ((entry: AuditEntry) => void) | undefined;
}

/** One authorized or refused request: who asked for what. */
export interface AuditEntry extends Attributes {
  readonly user: string;
  readonly isAllowed: boolean;
}

export interface Answer {
  readonly code: number;
  readonly body: Json | string;
  readonly contentType?: string;
  readonly warnings?: readonly string[];
}

type NamedTarget = Target & { readonly name: string };

/** Answers one authenticated request; undefined when the answer was streamed. @throws StatusError for every refusal. */
export async function route(
  of: RouterSources,
  request: ApiRequest,
  response: ServerResponse,
  readAll: () => Promise<Buffer>,
): Promise<Answer | undefined> {
  authorize(of, request);
  const { target } = request;
  if (target === undefined) return answerPath(of, request);
  const decoded = async (): Promise<Json> => {
    const body = await readAll();
    return body.length === 0 ? null : decodeBody(body, request.headers['content-type'] ?? 'application/json');
  };
  const review = reviewResources.find(
    (entry) => entry.group === target.group && entry.version === target.version && entry.plural === target.plural,
  );
  if (review !== undefined) {
    if (request.method !== 'POST') throw methodNotAllowed();
    return { code: 201, body: answerReview(review.plural, await decoded(), request.user, of) };
  }
  const type = of.registry.find(target.group, target.version, target.plural);
  if (type === undefined) throw pathNotFound();
  if (type.namespaced ? target.namespace === undefined && target.name !== undefined : target.namespace !== undefined) throw pathNotFound();
  const isWatch = request.verb === 'watch';
  if (isWatch && request.method === 'GET' && target.subresource === '') {
    of.watches.serve(type, target, request, response);
    return undefined;
  }
  if (target.subresource !== '' && target.subresource !== 'status')
    return answerSubresource(of, type, { request, response, target, decoded });
  if (target.subresource === 'status' && !type.hasStatus) throw pathNotFound();
  return request.method === 'GET' ? answerRead(of, type, { request, target }) : answerWrite(of, type, { request, target, decoded });
}

function authorize({ authorizer, audit }: Pick<RouterSources, 'authorizer' | 'audit'>, request: ApiRequest): void {
  const { target, user } = request;
  const asked: Attributes = {
    verb: request.verb,
    group: target?.group ?? '',
    resource: target?.plural ?? '',
    subresource: target?.subresource ?? '',
    // As in the real server, a list or watch pinned to one name by its field selector may be allowed by resourceNames.
    name: target?.name ?? selectedName(request.query.get('fieldSelector') ?? '') ?? '',
    namespace: target?.namespace ?? (target?.group === '' && target.plural === 'namespaces' ? (target.name ?? '') : ''),
    ...(target === undefined ? { path: request.path } : {}),
  };
  const isAllowed = authorizer.isAllowed(user, asked);
  audit?.({ ...asked, user: user.name, isAllowed });
  if (isAllowed) return;
  if (target === undefined)
    throw new StatusError({
      code: 403,
      reason: 'Forbidden',
      message: `forbidden: User ${JSON.stringify(user.name)} cannot ${request.verb} path ${JSON.stringify(request.path)}`,
      details: {},
    });
  const resource = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
  const scope =
    asked.namespace === '' || target.namespace === undefined
      ? ' at the cluster scope'
      : ` in the namespace ${JSON.stringify(asked.namespace)}`;
  throw forbidden(
    { group: target.group, plural: target.plural, name: asked.name },
    `User ${JSON.stringify(user.name)} cannot ${request.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(asked.group)}${scope}`,
  );
}

function answerPath(of: RouterSources, request: ApiRequest): Answer {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
  const path = request.path.replace(/\/+$/, '');
  if (['/healthz', '/livez', '/readyz'].includes(path) || /^\/(healthz|livez|readyz)\//.test(path))
    return { code: 200, body: 'ok', contentType: 'text/plain; charset=utf-8' };
  const body = pathBody(of, path, request.headers.accept ?? '');
  if (body === undefined) throw pathNotFound();
  const isAggregated = isObject(body) && body['kind'] === 'APIGroupDiscoveryList';
  return {
    code: 200,
    body,
    ...(isAggregated ? { contentType: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' } : {}),
  };
}

function pathBody(of: RouterSources, path: string, accept: string): JsonObject | undefined {
  const { registry } = of;
  const isAggregated = accept.includes('as=APIGroupDiscoveryList') && accept.includes('v=v2;');
  if (path === '' || path === '/')
    return { paths: ['/api', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'] };
  if (path === '/version') return versionInfo();
  if (path === '/api') return isAggregated ? aggregated(registry, true) : coreVersions(of.address);
  if (path === '/apis') return isAggregated ? aggregated(registry, false) : groupList(registry);
  if (path === '/openapi/v2') return openApiV2(registry);
  if (path === '/openapi/v3') return openApiIndex(registry);
  const document = /^\/openapi\/v3\/(?:api\/([^/]+)|apis\/([^/]+)\/([^/]+))$/.exec(path);
  if (document !== null) return openApiDocument(registry, { group: document[2] ?? '', version: document[1] ?? document[3] ?? '' });
  const group = /^\/(?:api\/([^/]+)|apis\/([^/]+)(?:\/([^/]+))?)$/.exec(path);
  if (group === null) return undefined;
  const version = group[1] ?? group[3];
  return version === undefined ? oneGroup(registry, group[2] ?? '') : resourceList(registry, { group: group[2] ?? '', version });
}

function isNamed(target: Target): target is NamedTarget {
  return target.name !== undefined;
}

function answerRead(of: RouterSources, type: ResourceType, at: { request: ApiRequest; target: Target }): Answer {
  const { request, target } = at;
  return { code: 200, body: isNamed(target) ? getObject(of.store, type, target, request) : listObjects(of.store, type, target, request) };
}

const OPTIONS: Readonly<Record<string, Parameters<typeof invalidOptions>[0]>> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
  DELETE: 'DeleteOptions',
};

/** @throws StatusError 422 for a query that names no known way to write. */
function writeContextOf(type: ResourceType, request: ApiRequest, target: Target): WriteContext {
  const dryRun = request.query.getAll('dryRun');
  if (dryRun.some((value) => value !== 'All' && value !== ''))
    throw invalidOptions(OPTIONS[request.method] ?? 'CreateOptions', [notSupported('dryRun', dryRun, ['All'])]);
  const asked = request.query.get('fieldValidation') ?? '';
  if (!['', 'Ignore', 'Strict', 'Warn'].includes(asked))
    throw invalidOptions(OPTIONS[request.method] ?? 'CreateOptions', [
      notSupported('fieldValidation', asked, ['', 'Ignore', 'Strict', 'Warn']),
    ]);
  const agent = (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown';
  const isApply = (request.headers['content-type'] ?? '').includes('apply-patch');
  return {
    type,
    namespace: type.namespaced ? (target.namespace ?? '') : undefined,
    subresource: target.subresource === 'status' ? 'status' : '',
    user: request.user,
    dryRun: dryRun.includes('All'),
    fieldManager: request.query.get('fieldManager') ?? (isApply ? '' : agent),
    fieldValidation: asked === 'Strict' || asked === 'Ignore' ? asked : 'Warn',
    warnings: [],
  };
}

interface WriteRequest {
  readonly request: ApiRequest;
  readonly target: Target;
  readonly decoded: () => Promise<Json>;
}

async function answerWrite(of: RouterSources, type: ResourceType, at: WriteRequest): Promise<Answer> {
  const { request, target } = at;
  const context = writeContextOf(type, request, target);
  if (request.method === 'DELETE') return answerDelete(of, context, at);
  const body = await at.decoded();
  const written = write(of, context, { request, target, body });
  await written.durable;
  const shown = shownObject(type, servedAs(written.object, apiVersionOf(type)), {
    form: formOf(request.headers.accept),
    include: request.query.get('includeObject'),
  });
  return { code: written.isCreated ? 201 : 200, body: shown, warnings: context.warnings };
}

function write(of: RouterSources, context: WriteContext, at: { request: ApiRequest; target: Target; body: Json }): Written {
  const { request, target, body } = at;
  const { method } = request;
  if (method === 'POST' && !isNamed(target)) {
    if (context.type.namespaced && target.namespace === undefined) throw methodNotAllowed();
    return of.writer.create(context, body);
  }
  if (!isNamed(target)) throw methodNotAllowed();
  if (method === 'PUT') return of.writer.update(context, target.name, body);
  if (method !== 'PATCH') throw methodNotAllowed();
  const isApply = (request.headers['content-type'] ?? '').includes('apply-patch');
  const isNew = isApply && of.store.findHead(storeNameOf(context.type), context.namespace, target.name) === undefined;
  if (isNew) authorize(of, { ...request, verb: 'create' });
  return patchObject(of, context, {
    name: target.name,
    contentType: request.headers['content-type'] ?? '',
    patch: body,
    force: isTrue(request.query, 'force'),
  });
}

async function answerDelete(of: RouterSources, context: WriteContext, at: WriteRequest): Promise<Answer> {
  const { request, target } = at;
  const { type } = context;
  if (target.subresource !== '') throw methodNotAllowed();
  const options = deleteOptionsOf(await at.decoded(), request.query);
  if (isNamed(target)) {
    const written = deleteObject(of, context, target.name, options);
    await written.durable;
    return { code: 200, body: written.isRemoved ? deletedStatus(context, written.object) : servedAs(written.object, apiVersionOf(type)) };
  }
  const chosen = objectsAt(listObjects(of.store, type, target, { ...request, headers: {} }), 'items');
  const deleted = chosen.map((item) => {
    const metadata = objectAt(item, 'metadata');
    const namespace = type.namespaced ? String(metadata['namespace']) : undefined;
    return deleteObject(of, { ...context, namespace }, String(metadata['name']), options);
  });
  await Promise.all(deleted.map((written) => written.durable));
  const apiVersion = apiVersionOf(type);
  const objects = deleted.map((written) => servedAs(written.object, apiVersion));
  return {
    code: 200,
    body: shownList(type, objects, { form: 'object', include: null, listMeta: { resourceVersion: String(of.store.version) }, apiVersion }),
  };
}

interface SubresourceRequest extends WriteRequest {
  readonly response: ServerResponse;
}

async function answerSubresource(of: RouterSources, type: ResourceType, at: SubresourceRequest): Promise<Answer | undefined> {
  const { request, target } = at;
  if (!isNamed(target) || !type.subresources.some((sub) => sub.name === target.subresource)) throw pathNotFound();
  const context = { ...writeContextOf(type, request, target), subresource: '' };
  switch (`${request.method} ${target.subresource}`) {
    case 'GET log':
      await sendLog({ store: of.store, logs: of.logs() }, type, target, { request, response: at.response });
      return undefined;
    case 'POST eviction':
      return { code: 201, body: await evictPod(of, context, target, await at.decoded()) };
    case 'POST binding':
      return { code: 201, body: await bindPod(of, context, target, await at.decoded()) };
    case 'POST token':
      return { code: 201, body: requestToken(of, context, target, await at.decoded()) };
    case 'GET scale':
      return { code: 200, body: scaleOf(of.store, type, target) };
    case 'PUT scale':
      return { code: 200, body: await setScale(of, context, target, await at.decoded()) };
    case 'PATCH scale': {
      const patch = await at.decoded();
      const current = scaleOf(of.store, type, target);
      return {
        code: 200,
        body: await setScale(of, context, target, Array.isArray(patch) ? applyJsonPatch(current, patch) : applyMergePatch(current, patch)),
      };
    }
    default:
      throw methodNotAllowed();
  }
}
