import {
  type ApiObject,
  cloneJson,
  equalJson,
  isObject,
  type JsonObject,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  stringsAt,
} from '../json.ts';
import { atomic, conditionsShape, deduced, keyed, set, struct } from '../patch/shape.ts';
import type { ResourceType } from '../resource.ts';
import { type FieldError, fieldForbidden, invalidValue, required } from '../status-error.ts';
import { ageColumn, ageSince, createdAtColumn, nameColumn, pathColumn, textColumn } from './cells.ts';
import { defineResource } from './define.ts';

function prepareNamespace(namespace: ApiObject, old: ApiObject | undefined): void {
  namespace.metadata.labels = { ...namespace.metadata.labels, 'kubernetes.io/metadata.name': namespace.metadata.name };
  if (old === undefined) {
    namespace['spec'] = { finalizers: ['kubernetes'] };
    namespace['status'] = { phase: 'Active' };
  } else namespace['spec'] = cloneJson(objectAt(old, 'spec'));
}

function nodeStatus(node: ApiObject): string {
  const ready = objectsAt(node, 'status', 'conditions').find((condition) => condition['type'] === 'Ready');
  const text = ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return objectAt(node, 'spec')['unschedulable'] === true ? `${text},SchedulingDisabled` : text;
}

function nodeRoles(node: ApiObject): string {
  const prefix = 'node-role.kubernetes.io/';
  return Object.keys(node.metadata.labels ?? {})
    .filter((label) => label.startsWith(prefix))
    .map((label) => label.slice(prefix.length))
    .sort()
    .join(',');
}

function nodeAddress(node: ApiObject, type: string): string {
  return stringAt(
    objectsAt(node, 'status', 'addresses').find((address) => address['type'] === type),
    'address',
  );
}

function prepareClaim(claim: ApiObject, old: ApiObject | undefined): void {
  const spec: JsonObject = isObject(claim['spec']) ? claim['spec'] : {};
  claim['spec'] = spec;
  spec['volumeMode'] ??= 'Filesystem';
  if (old === undefined) claim['status'] = { phase: 'Pending' };
}

function validateClaim(claim: ApiObject, old: ApiObject | undefined): FieldError[] {
  const spec = objectAt(claim, 'spec');
  const errors: FieldError[] = [];
  if (stringsAt(spec, 'accessModes').length === 0) errors.push(required('spec.accessModes', 'at least 1 access mode is required'));
  if (objectAt(spec, 'resources', 'requests')['storage'] === undefined) errors.push(required('spec.resources[storage]'));
  const fixed = (of: JsonObject): JsonObject => {
    const { resources: _resources, volumeName: _volumeName, volumeAttributesClassName: _class, ...rest } = of;
    return rest;
  };
  if (old !== undefined && !equalJson(fixed(spec), fixed(objectAt(old, 'spec')))) {
    errors.push(
      fieldForbidden('spec', 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'),
    );
  }
  return errors;
}

const accessModes: Record<string, string> = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' };

function prepareEvent(event: ApiObject): void {
  event['type'] ??= 'Normal';
  event['count'] ??= 1;
  event['firstTimestamp'] ??= event['lastTimestamp'] ?? event.metadata.creationTimestamp;
  event['lastTimestamp'] ??= event['firstTimestamp'];
}

function validateEvent(event: ApiObject): FieldError[] {
  if (!isObject(event['involvedObject'])) return [required('involvedObject')];
  const namespace = stringAt(event, 'involvedObject', 'namespace') || 'default';
  return namespace === event.metadata.namespace
    ? []
    : [invalidValue('involvedObject.namespace', namespace, 'does not match event.namespace')];
}

function eventTime(event: ApiObject): string {
  return stringAt(event, 'series', 'lastObservedTime') || stringAt(event, 'lastTimestamp') || stringAt(event, 'eventTime');
}

function eventSource(event: ApiObject): string {
  return [stringAt(event, 'source', 'component') || stringAt(event, 'reportingComponent'), stringAt(event, 'source', 'host')]
    .filter((part) => part !== '')
    .join(', ');
}

export const namespaceResource: ResourceType = defineResource({
  plural: 'namespaces',
  kind: 'Namespace',
  shortNames: ['ns'],
  namespaced: false,
  hasStatus: true,
  spec: struct({ finalizers: atomic }),
  status: struct({ conditions: conditionsShape }),
  columns: [nameColumn, pathColumn('Status', 'status.phase'), ageColumn],
  strategy: { prepare: (object, context) => prepareNamespace(object, context.old) },
});

export const nodeResource: ResourceType = defineResource({
  plural: 'nodes',
  kind: 'Node',
  shortNames: ['no'],
  namespaced: false,
  hasStatus: true,
  spec: struct({ taints: atomic, podCIDRs: set }),
  status: struct({ conditions: conditionsShape, addresses: keyed('type') }),
  columns: [
    nameColumn,
    textColumn('Status', nodeStatus),
    textColumn('Roles', nodeRoles),
    ageColumn,
    pathColumn('Version', 'status.nodeInfo.kubeletVersion'),
    textColumn('Internal-IP', (node) => nodeAddress(node, 'InternalIP'), { priority: 1 }),
    textColumn('External-IP', (node) => nodeAddress(node, 'ExternalIP'), { priority: 1 }),
    pathColumn('OS-Image', 'status.nodeInfo.osImage', { priority: 1, missing: '<unknown>' }),
    pathColumn('Kernel-Version', 'status.nodeInfo.kernelVersion', { priority: 1, missing: '<unknown>' }),
    pathColumn('Container-Runtime', 'status.nodeInfo.containerRuntimeVersion', { priority: 1, missing: '<unknown>' }),
  ],
});

export const claimResource: ResourceType = defineResource({
  plural: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  shortNames: ['pvc'],
  hasStatus: true,
  spec: struct({ accessModes: atomic, selector: atomic, dataSource: atomic }),
  status: struct({ conditions: conditionsShape, accessModes: atomic }),
  columns: [
    nameColumn,
    pathColumn('Status', 'status.phase'),
    pathColumn('Volume', 'spec.volumeName', { missing: '' }),
    pathColumn('Capacity', 'status.capacity.storage', { missing: '' }),
    textColumn(
      'Access Modes',
      (claim) =>
        stringsAt(claim, 'status', 'accessModes')
          .map((mode) => accessModes[mode] ?? mode)
          .join(','),
      { missing: '' },
    ),
    pathColumn('StorageClass', 'spec.storageClassName', { missing: '' }),
    pathColumn('VolumeAttributesClass', 'spec.volumeAttributesClassName', { missing: '<unset>' }),
    ageColumn,
    pathColumn('VolumeMode', 'spec.volumeMode', { priority: 1 }),
  ],
  strategy: { prepare: (object, context) => prepareClaim(object, context.old), validate: validateClaim },
});

export const eventResource: ResourceType = defineResource({
  plural: 'events',
  kind: 'Event',
  shortNames: ['ev'],
  fields: { involvedObject: atomic, source: deduced },
  columns: [
    textColumn('Last Seen', (event, nowUnixMs) => ageSince(eventTime(event), nowUnixMs)),
    pathColumn('Type', 'type'),
    pathColumn('Reason', 'reason'),
    textColumn(
      'Object',
      (event) => `${stringAt(event, 'involvedObject', 'kind').toLowerCase()}/${stringAt(event, 'involvedObject', 'name')}`,
    ),
    pathColumn('Subobject', 'involvedObject.fieldPath', { priority: 1, missing: '' }),
    textColumn('Source', eventSource, { priority: 1, missing: '' }),
    textColumn('Message', (event) => stringAt(event, 'message').trim(), { missing: '' }),
    textColumn('First Seen', (event, nowUnixMs) => ageSince(stringAt(event, 'firstTimestamp') || stringAt(event, 'eventTime'), nowUnixMs), {
      priority: 1,
    }),
    pathColumn('Count', 'count', { priority: 1, missing: '1' }),
    { ...nameColumn, priority: 1 },
  ],
  strategy: { prepare: prepareEvent, validate: validateEvent },
});

export const leaseResource: ResourceType = defineResource({
  group: 'coordination.k8s.io',
  plural: 'leases',
  kind: 'Lease',
  columns: [nameColumn, pathColumn('Holder', 'spec.holderIdentity', { missing: '' }), ageColumn],
  strategy: {
    validate: (lease) => {
      const duration = numberAt(lease, 'spec', 'leaseDurationSeconds');
      return duration !== undefined && duration <= 0 ? [invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0')] : [];
    },
  },
});

export const resourceQuotaResource: ResourceType = defineResource({
  plural: 'resourcequotas',
  kind: 'ResourceQuota',
  shortNames: ['quota'],
  hasStatus: true,
  spec: struct({ scopes: atomic }),
  columns: [
    nameColumn,
    textColumn('Request', (quota) => shownQuota(quota, (name) => !name.startsWith('limits.')), { missing: '' }),
    textColumn('Limit', (quota) => shownQuota(quota, (name) => name.startsWith('limits.')), { missing: '' }),
    ageColumn,
  ],
});

function shownQuota(quota: ApiObject, isShown: (name: string) => boolean): string {
  const used = objectAt(quota, 'status', 'used');
  return Object.entries(objectAt(quota, 'spec', 'hard'))
    .filter(([name]) => isShown(name))
    .map(([name, hard]) => `${name}: ${String(used[name] ?? 0)}/${String(hard)}`)
    .join(', ');
}

export const limitRangeResource: ResourceType = defineResource({
  plural: 'limitranges',
  kind: 'LimitRange',
  shortNames: ['limits'],
  columns: [nameColumn, createdAtColumn],
});

export const endpointsResource: ResourceType = defineResource({
  plural: 'endpoints',
  kind: 'Endpoints',
  shortNames: ['ep'],
  fields: { subsets: atomic },
  columns: [
    nameColumn,
    textColumn('Endpoints', (object) =>
      objectsAt(object, 'subsets')
        .flatMap((subset) =>
          objectsAt(subset, 'addresses').flatMap((address) =>
            objectsAt(subset, 'ports').map((port) => `${stringAt(address, 'ip')}:${numberAt(port, 'port')}`),
          ),
        )
        .join(','),
    ),
    ageColumn,
  ],
});

export const endpointSliceResource: ResourceType = defineResource({
  group: 'discovery.k8s.io',
  plural: 'endpointslices',
  kind: 'EndpointSlice',
  fields: { endpoints: atomic, ports: atomic },
  columns: [
    nameColumn,
    pathColumn('AddressType', 'addressType'),
    textColumn(
      'Ports',
      (slice) =>
        objectsAt(slice, 'ports')
          .map((port) => String(numberAt(port, 'port')))
          .join(','),
      { missing: '<unset>' },
    ),
    textColumn(
      'Endpoints',
      (slice) =>
        objectsAt(slice, 'endpoints')
          .flatMap((endpoint) => stringsAt(endpoint, 'addresses'))
          .join(','),
      { missing: '<unset>' },
    ),
    ageColumn,
  ],
});
