import type { ServerResponse } from 'node:http';
import type { PodLogSource } from '../cluster-port.ts';
import { clusterAudience, type TokenSigner } from './auth/token.ts';
import { isPodReady } from './builtin/pod.ts';
import { deleteObject, deleteOptionsOf } from './delete.ts';
import { disruptionOf, matchesBudget } from './disruption.ts';
import {
  type ApiObject,
  cloneJson,
  type Json,
  type JsonObject,
  numberAt,
  objectAt,
  objectsAt,
  setOwn,
  stringAt,
  stringsAt,
  valueAt,
} from './json.ts';
import { tokenLifetimeSeconds } from './limits.ts';
import { type ApiRequest, isTrue, type Target } from './request.ts';
import { type ResourceType, storeNameOf } from './resource.ts';
import { badRequest, conflict, notFound, StatusError, tooManyRequests } from './status-error.ts';
import type { ObjectStore } from './store.ts';
import { nowIso, type ObjectWriter, resourceName, type WriteContext } from './write.ts';

export interface SubresourceSources {
  readonly store: ObjectStore;
  readonly writer: ObjectWriter;
  readonly tokens: TokenSigner;
}

type NamedTarget = Target & { readonly name: string };

function found(store: ObjectStore, type: ResourceType, target: NamedTarget): ApiObject {
  const object = store.findHead(storeNameOf(type), type.namespaced ? (target.namespace ?? '') : undefined, target.name);
  if (object === undefined) throw notFound(resourceName(type, target.name));
  return object;
}

/** POST serviceaccounts/token: a token for the account, for an hour unless asked otherwise. */
export function requestToken(of: SubresourceSources, context: WriteContext, target: NamedTarget, body: Json): JsonObject {
  const account = found(of.store, context.type, target);
  const seconds = numberAt(body, 'spec', 'expirationSeconds') ?? tokenLifetimeSeconds;
  if (seconds < 600 || seconds > 2 ** 32)
    throw badRequest('spec.expirationSeconds: Invalid value: may not specify a duration less than 10 minutes');
  const nowSeconds = Math.floor(Date.now() / 1000);
  const audiences = stringsAt(body, 'spec', 'audiences');
  const expires = nowSeconds + seconds;
  const token = of.tokens.sign(
    {
      namespace: account.metadata.namespace ?? '',
      name: account.metadata.name,
      uid: account.metadata.uid,
      audiences: audiences.length === 0 ? [clusterAudience] : audiences,
      expiresUnixSeconds: expires,
    },
    nowSeconds,
  );
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: account.metadata.name, namespace: account.metadata.namespace ?? '', creationTimestamp: nowIso() },
    spec: { ...objectAt(body, 'spec'), expirationSeconds: seconds },
    status: { token, expirationTimestamp: new Date(expires * 1000).toISOString().replace(/\.\d+/, '') },
  };
}

/** POST pods/binding: places a pod on a node, once. */
export async function bindPod(of: SubresourceSources, context: WriteContext, target: NamedTarget, body: Json): Promise<JsonObject> {
  const pod = found(of.store, context.type, target);
  const node = stringAt(body, 'target', 'name');
  if (node === '') throw badRequest('target.name: Required value');
  const placed = stringAt(pod, 'spec', 'nodeName');
  if (placed !== '' && placed !== node)
    throw conflict(
      { group: '', plural: 'pods/binding', name: target.name },
      `pod ${target.name} is already assigned to node ${JSON.stringify(placed)}`,
    );
  const next: ApiObject = { ...pod, spec: { ...objectAt(pod, 'spec'), nodeName: node } };
  await of.store.commit(storeNameOf(context.type), pod, next).durable;
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}

/** POST pods/eviction: deletes the pod unless a PodDisruptionBudget forbids it now (429 with cause DisruptionBudget). */
export async function evictPod(of: SubresourceSources, context: WriteContext, target: NamedTarget, body: Json): Promise<JsonObject> {
  const pod = found(of.store, context.type, target);
  const isOver = ['Succeeded', 'Failed', 'Pending'].includes(stringAt(pod, 'status', 'phase'));
  if (!isOver && pod.metadata.deletionTimestamp === undefined) refuseDisruption(of.store, pod);
  const options = deleteOptionsOf(objectAt(body, 'deleteOptions'), new URLSearchParams());
  await deleteObject(of, context, target.name, options).durable;
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}

function refuseDisruption(store: ObjectStore, pod: ApiObject): void {
  const budgets = store.listHead('policy/poddisruptionbudgets', pod.metadata.namespace).filter((budget) => matchesBudget(budget, pod));
  if (budgets.length > 1) {
    throw new StatusError({
      code: 500,
      reason: 'InternalError',
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    });
  }
  const [budget] = budgets;
  if (budget === undefined) return;
  const facts = disruptionOf(budget, store.listHead('/pods', pod.metadata.namespace));
  const isUnhealthyAndSafe =
    !isPodReady(pod) &&
    (numberAt(facts, 'currentHealthy') ?? 0) >= (numberAt(facts, 'desiredHealthy') ?? 0) &&
    numberAt(facts, 'desiredHealthy') !== 0;
  if (isUnhealthyAndSafe || (numberAt(facts, 'disruptionsAllowed') ?? 0) > 0) return;
  const message = `The disruption budget ${budget.metadata.name} needs ${String(facts['desiredHealthy'])} healthy pods and has ${String(facts['currentHealthy'])} currently`;
  throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", [
    { reason: 'DisruptionBudget', message, field: '' },
  ]);
}

interface ScalePaths {
  readonly specReplicas: string[];
  readonly statusReplicas: string[];
}

function scalePaths(store: ObjectStore, type: ResourceType): ScalePaths {
  const definition = store.findHead('apiextensions.k8s.io/customresourcedefinitions', undefined, `${type.plural}.${type.group}`);
  const version = objectsAt(definition, 'spec', 'versions').find((item) => item['name'] === type.version);
  const stepsOf = (field: string): string[] =>
    stringAt(version, 'subresources', 'scale', field)
      .split('.')
      .filter((step) => step !== '');
  return { specReplicas: stepsOf('specReplicasPath'), statusReplicas: stepsOf('statusReplicasPath') };
}

/** GET …/scale */
export function scaleOf(store: ObjectStore, type: ResourceType, target: NamedTarget): JsonObject {
  const object = found(store, type, target);
  const paths = scalePaths(store, type);
  const { name, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      uid,
      resourceVersion,
      creationTimestamp,
      ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
    },
    spec: { replicas: numberAt(object, ...paths.specReplicas) ?? 0 },
    status: { replicas: numberAt(object, ...paths.statusReplicas) ?? 0 },
  };
}

/** PUT or PATCH …/scale: sets the number of replicas and nothing else. */
export async function setScale(of: SubresourceSources, context: WriteContext, target: NamedTarget, scale: Json): Promise<JsonObject> {
  const object = found(of.store, context.type, target);
  const replicas = numberAt(scale, 'spec', 'replicas');
  if (replicas === undefined) throw badRequest('spec.replicas: Required value');
  const next: ApiObject = {
    ...cloneJson<JsonObject>(object),
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: cloneJson(object.metadata),
  };
  const steps = scalePaths(of.store, context.type).specReplicas;
  const parent = valueAt(next, ...steps.slice(0, -1));
  const last = steps.at(-1);
  if (last !== undefined && typeof parent === 'object' && parent !== null && !Array.isArray(parent)) setOwn(parent, last, replicas);
  await of.writer.replace({ ...context, subresource: '' }, object, next).durable;
  return scaleOf(of.store, context.type, target);
}

/** GET pods/log: plain text, as it comes when `follow` is asked. */
export async function sendLog(
  of: { store: ObjectStore; logs: PodLogSource | undefined },
  type: ResourceType,
  target: NamedTarget,
  at: { request: ApiRequest; response: ServerResponse },
): Promise<void> {
  const { request, response } = at;
  const pod = found(of.store, type, target);
  const names = [...objectsAt(pod, 'spec', 'containers'), ...objectsAt(pod, 'spec', 'initContainers')].map((container) =>
    stringAt(container, 'name'),
  );
  const asked = request.query.get('container') ?? '';
  if (asked === '' && objectsAt(pod, 'spec', 'containers').length > 1) {
    throw badRequest(`a container name must be specified for pod ${target.name}, choose one of: [${names.join(' ')}]`);
  }
  const container = asked || names[0] || '';
  if (!names.includes(container)) throw badRequest(`container ${container} is not valid for pod ${target.name}`);
  if (of.logs === undefined)
    throw new StatusError({ code: 503, reason: 'ServiceUnavailable', message: 'the kubelet is not running: no logs can be read' });
  const previous = isTrue(request.query, 'previous');
  const status = objectsAt(pod, 'status', 'containerStatuses').find((item) => item['name'] === container);
  if (previous && (numberAt(status, 'restartCount') ?? 0) === 0) {
    throw badRequest(`previous terminated container ${JSON.stringify(container)} in pod ${JSON.stringify(target.name)} not found`);
  }
  const number = (key: string): number | undefined => (request.query.has(key) ? Number(request.query.get(key)) : undefined);
  const [tailLines, sinceSeconds, limitBytes] = [number('tailLines'), number('sinceSeconds'), number('limitBytes')];
  const lines = of.logs.readLog({
    namespace: target.namespace ?? '',
    pod: target.name,
    container,
    follow: isTrue(request.query, 'follow'),
    previous,
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    timestamps: isTrue(request.query, 'timestamps'),
    signal: request.signal,
  });
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  for await (const line of lines) {
    if (response.destroyed) break;
    if (!response.write(line.endsWith('\n') ? line : `${line}\n`))
      await new Promise<void>((resolve) => response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}
