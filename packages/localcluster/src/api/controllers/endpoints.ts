import { endpointSliceResource, endpointsResource } from '../builtin/cluster.ts';
import { isPodReady } from '../builtin/pod.ts';
import { type ApiObject, cloneJson, equalJson, type Json, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.ts';
import { type ResourceType, storeNameOf } from '../resource.ts';
import { type ControllerContext, controllerWrite } from './controller.ts';

/** Keeps Endpoints and EndpointSlices: which ready pods stand behind each Service that has a selector. */
export function runEndpoints(context: ControllerContext): () => void {
  const { store } = context;
  const settleNamespace = (pod: ApiObject, old: ApiObject | undefined): void => {
    for (const service of store.listHead('/services', pod.metadata.namespace)) {
      if (selects(service, pod) || (old !== undefined && selects(service, old))) settle(context, service);
    }
  };
  const unsubscribePods = store.subscribe('/pods', (event) => {
    if (event.type === 'DELETED' || event.old === undefined || factsOf(event.old) !== factsOf(event.object))
      settleNamespace(event.object, event.old);
  });
  const unsubscribeServices = store.subscribe('/services', (event) => {
    const service = store.findHead('/services', event.object.metadata.namespace, event.object.metadata.name);
    if (service !== undefined) settle(context, service);
  });
  return () => {
    unsubscribePods();
    unsubscribeServices();
  };
}

/** What endpoints depend on; other changes of a pod do not matter. */
function factsOf(pod: ApiObject): string {
  return JSON.stringify([
    pod.metadata.labels ?? {},
    stringAt(pod, 'status', 'podIP'),
    isPodReady(pod),
    pod.metadata.deletionTimestamp ?? '',
  ]);
}

function selects(service: ApiObject, pod: ApiObject): boolean {
  const wanted = Object.entries(objectAt(service, 'spec', 'selector'));
  return wanted.length > 0 && wanted.every(([key, value]) => (pod.metadata.labels ?? {})[key] === value);
}

function settle(context: ControllerContext, service: ApiObject): void {
  const { namespace, name } = service.metadata;
  const owner = context.store.findHead('/namespaces', undefined, namespace ?? '');
  if (
    Object.keys(objectAt(service, 'spec', 'selector')).length === 0 ||
    owner === undefined ||
    owner.metadata.deletionTimestamp !== undefined
  )
    return;
  const pods = context.store
    .listHead('/pods', namespace)
    .filter((pod) => selects(service, pod) && stringAt(pod, 'status', 'podIP') !== '' && pod.metadata.deletionTimestamp === undefined);
  const addressOf = (pod: ApiObject): JsonObject => ({
    ip: stringAt(pod, 'status', 'podIP'),
    nodeName: stringAt(pod, 'spec', 'nodeName'),
    targetRef: referenceOf(pod),
  });
  const ready = pods.filter((pod) => isPodReady(pod));
  const waiting = pods.filter((pod) => !isPodReady(pod));
  const ports = portsOf(service, pods[0]);
  const isOpen = objectAt(service, 'spec')['publishNotReadyAddresses'] === true;
  const addresses = (isOpen ? pods : ready).map(addressOf);
  const notReady = isOpen ? [] : waiting.map(addressOf);
  const subset: JsonObject = {
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
    ports,
  };
  const labels = { ...service.metadata.labels };
  const ownerReferences = [
    { apiVersion: 'v1', kind: 'Service', name, uid: service.metadata.uid, controller: true, blockOwnerDeletion: true },
  ];
  keep(context, endpointsResource, {
    metadata: { name, namespace: namespace ?? '', labels, ownerReferences },
    subsets: pods.length === 0 ? [] : [subset],
  });
  const endpoints: Json = pods.map((pod) => ({
    addresses: [stringAt(pod, 'status', 'podIP')],
    conditions: { ready: isOpen || isPodReady(pod), serving: isPodReady(pod), terminating: false },
    nodeName: stringAt(pod, 'spec', 'nodeName'),
    targetRef: referenceOf(pod),
  }));
  const sliceLabels = {
    ...labels,
    'kubernetes.io/service-name': name,
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  };
  keep(context, endpointSliceResource, {
    metadata: { name, namespace: namespace ?? '', labels: sliceLabels, ownerReferences },
    addressType: 'IPv4',
    endpoints,
    ports,
  });
}

function referenceOf(pod: ApiObject): JsonObject {
  return { kind: 'Pod', namespace: pod.metadata.namespace ?? '', name: pod.metadata.name, uid: pod.metadata.uid };
}

/** A Service's ports as its pods have them; a named target is looked up in the first pod. */
function portsOf(service: ApiObject, pod: ApiObject | undefined): JsonObject[] {
  const named = objectsAt(pod, 'spec', 'containers').flatMap((container) => objectsAt(container, 'ports'));
  return objectsAt(service, 'spec', 'ports').flatMap((port) => {
    const target = port['targetPort'];
    const number =
      typeof target === 'number'
        ? target
        : numberAt(
            named.find((known) => known['name'] === target),
            'containerPort',
          );
    return number === undefined
      ? []
      : [
          {
            ...(stringAt(port, 'name') === '' ? {} : { name: stringAt(port, 'name') }),
            port: number,
            protocol: stringAt(port, 'protocol'),
          },
        ];
  });
}

/** Makes or brings up to date one derived object. */
function keep(context: ControllerContext, type: ResourceType, wanted: JsonObject): void {
  const { store, writer } = context;
  const namespace = stringAt(wanted, 'metadata', 'namespace');
  const known = store.findHead(storeNameOf(type), namespace, stringAt(wanted, 'metadata', 'name'));
  const write = controllerWrite(type, namespace);
  if (known === undefined) {
    writer.create(write, wanted);
    return;
  }
  const next: ApiObject = {
    ...cloneJson<JsonObject>(known),
    ...wanted,
    apiVersion: known.apiVersion,
    kind: known.kind,
    metadata: { ...cloneJson(known.metadata), ...objectAt(wanted, 'metadata') },
  };
  if (!equalJson(next, known)) writer.replace(write, known, next);
}
