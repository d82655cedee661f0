import {
  type ApiObject,
  arrayAt,
  cloneJson,
  equalJson,
  isObject,
  type Json,
  type JsonObject,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  valueAt,
} from '../json.ts';
import { atomic, conditionsShape, deduced, keyed, type Shape, set, struct } from '../patch/shape.ts';
import type { ResourceType } from '../resource.ts';
import { duplicate, type FieldError, fieldForbidden, invalidValue, notSupported, required } from '../status-error.ts';
import { ageColumn, ageSince, nameColumn, textColumn } from './cells.ts';
import { defineResource } from './define.ts';
import { isDnsLabel } from './names.ts';

const containerShape: Shape = struct({
  env: keyed(
    'name',
    struct({ valueFrom: struct({ configMapKeyRef: atomic, secretKeyRef: atomic, fieldRef: atomic, resourceFieldRef: atomic }) }),
  ),
  ports: keyed(['containerPort', 'protocol'], deduced, { protocol: 'TCP' }),
  volumeMounts: keyed('mountPath'),
  volumeDevices: keyed('devicePath'),
});

const podSpecShape: Shape = struct({
  containers: keyed('name', containerShape),
  initContainers: keyed('name', containerShape),
  volumes: keyed(
    'name',
    struct({ secret: struct({ items: atomic }), configMap: struct({ items: atomic }), projected: struct({ sources: atomic }) }),
  ),
  imagePullSecrets: keyed('name'),
  hostAliases: keyed('ip'),
  topologySpreadConstraints: keyed(['topologyKey', 'whenUnsatisfiable'], deduced, { whenUnsatisfiable: 'DoNotSchedule' }),
  readinessGates: atomic,
  nodeSelector: atomic,
});

const podStatusShape: Shape = struct({ conditions: conditionsShape, podIPs: keyed('ip'), hostIPs: keyed('ip'), resizeStatus: set });

function setMissing(target: JsonObject, defaults: JsonObject): void {
  for (const [key, value] of Object.entries(defaults)) if (target[key] === undefined) target[key] = cloneJson(value);
}

function fillProbe(probe: Json | undefined): void {
  if (!isObject(probe)) return;
  setMissing(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  if (isObject(probe['httpGet'])) setMissing(probe['httpGet'], { path: '/', scheme: 'HTTP' });
  if (isObject(probe['grpc'])) setMissing(probe['grpc'], { service: '' });
}

function fillContainer(container: JsonObject): void {
  const image = stringAt(container, 'image');
  const isLatest = !image.includes('@') && (!/:[^/]+$/.test(image) || image.endsWith(':latest'));
  setMissing(container, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: isLatest ? 'Always' : 'IfNotPresent',
    resources: {},
  });
  for (const entry of objectsAt(container, 'env')) {
    const from = entry['valueFrom'];
    if (isObject(from) && isObject(from['fieldRef'])) setMissing(from['fieldRef'], { apiVersion: 'v1' });
  }
  for (const port of objectsAt(container, 'ports')) setMissing(port, { protocol: 'TCP' });
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) fillProbe(container[probe]);
}

function fillVolume(volume: JsonObject): void {
  for (const source of ['secret', 'configMap', 'projected', 'downwardAPI']) {
    if (isObject(volume[source])) setMissing(volume[source], { defaultMode: 420 });
  }
  const sources = [
    'secret',
    'configMap',
    'projected',
    'downwardAPI',
    'emptyDir',
    'persistentVolumeClaim',
    'hostPath',
    'ephemeral',
    'csi',
    'nfs',
    'image',
  ];
  if (!sources.some((source) => volume[source] !== undefined)) volume['emptyDir'] = {};
}

function qosClassOf(spec: JsonObject): string {
  const containers = objectsAt(spec, 'containers');
  const named = containers.some(
    (container) =>
      Object.keys(objectAt(container, 'resources', 'requests')).length + Object.keys(objectAt(container, 'resources', 'limits')).length > 0,
  );
  if (!named) return 'BestEffort';
  const isGuaranteed = containers.every((container) => {
    const limits = objectAt(container, 'resources', 'limits');
    const requests = objectAt(container, 'resources', 'requests');
    return ['cpu', 'memory'].every(
      (name) => limits[name] !== undefined && (requests[name] === undefined || equalJson(requests[name], limits[name])),
    );
  });
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}

function preparePod(pod: ApiObject, old: ApiObject | undefined): void {
  const spec = objectAt(pod, 'spec');
  setMissing(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
    priority: 0,
  });
  const account = stringAt(spec, 'serviceAccountName') || stringAt(spec, 'serviceAccount') || 'default';
  spec['serviceAccountName'] = account;
  spec['serviceAccount'] = account;
  for (const container of [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')]) fillContainer(container);
  for (const volume of objectsAt(spec, 'volumes')) fillVolume(volume);
  if (isObject(pod['spec'])) pod['spec'] = spec;
  if (old === undefined) pod['status'] = { phase: 'Pending', qosClass: qosClassOf(spec) };
}

function validatePod(pod: ApiObject, old: ApiObject | undefined): FieldError[] {
  const spec = objectAt(pod, 'spec');
  const containers = objectsAt(spec, 'containers');
  const errors: FieldError[] = [];
  if (containers.length === 0) errors.push(required('spec.containers'));
  const volumes = new Set<string>();
  objectsAt(spec, 'volumes').forEach((volume, index) => {
    const name = stringAt(volume, 'name');
    if (name === '') errors.push(required(`spec.volumes[${index}].name`));
    else if (!isDnsLabel(name))
      errors.push(
        invalidValue(
          `spec.volumes[${index}].name`,
          name,
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'",
        ),
      );
    if (volumes.has(name)) errors.push(duplicate(`spec.volumes[${index}].name`, name));
    volumes.add(name);
  });
  const names = new Set<string>();
  containers.forEach((container, index) =>
    errors.push(...validateContainer(container, { path: `spec.containers[${index}]`, names, volumes })),
  );
  objectsAt(spec, 'initContainers').forEach((container, index) =>
    errors.push(...validateContainer(container, { path: `spec.initContainers[${index}]`, names, volumes })),
  );
  const policy = stringAt(spec, 'restartPolicy');
  if (!['Always', 'OnFailure', 'Never'].includes(policy))
    errors.push(notSupported('spec.restartPolicy', policy, ['Always', 'OnFailure', 'Never']));
  const grace = numberAt(spec, 'terminationGracePeriodSeconds');
  if (grace === undefined || grace < 0)
    errors.push(invalidValue('spec.terminationGracePeriodSeconds', grace ?? null, 'must be greater than or equal to 0'));
  if (old !== undefined) errors.push(...validatePodUpdate(spec, objectAt(old, 'spec')));
  return errors;
}

function validateContainer(container: JsonObject, at: { path: string; names: Set<string>; volumes: ReadonlySet<string> }): FieldError[] {
  const errors: FieldError[] = [];
  const name = stringAt(container, 'name');
  if (name === '') errors.push(required(`${at.path}.name`));
  else if (!isDnsLabel(name))
    errors.push(
      invalidValue(
        `${at.path}.name`,
        name,
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
      ),
    );
  else if (at.names.has(name)) errors.push(duplicate(`${at.path}.name`, name));
  at.names.add(name);
  if (stringAt(container, 'image') === '') errors.push(required(`${at.path}.image`));
  objectsAt(container, 'volumeMounts').forEach((mount, index) => {
    const volume = stringAt(mount, 'name');
    if (!at.volumes.has(volume))
      errors.push({
        reason: 'FieldValueInvalid',
        field: `${at.path}.volumeMounts[${index}].name`,
        message: `Not found: ${JSON.stringify(volume)}`,
      });
    if (stringAt(mount, 'mountPath') === '') errors.push(required(`${at.path}.volumeMounts[${index}].mountPath`));
  });
  objectsAt(container, 'env').forEach((variable, index) => {
    if (stringAt(variable, 'name') === '') errors.push(required(`${at.path}.env[${index}].name`));
    const value = variable['value'];
    if (value !== undefined && typeof value !== 'string')
      errors.push(invalidValue(`${at.path}.env[${index}].value`, value, 'must be a string: put it in quotes'));
  });
  for (const field of ['command', 'args']) {
    arrayAt(container, field).forEach((word, index) => {
      if (typeof word !== 'string') errors.push(invalidValue(`${at.path}.${field}[${index}]`, word, 'must be a string: put it in quotes'));
    });
  }
  objectsAt(container, 'ports').forEach((port, index) => {
    const number = numberAt(port, 'containerPort');
    if (number === undefined) errors.push(required(`${at.path}.ports[${index}].containerPort`));
    else if (number < 1 || number > 65_535)
      errors.push(invalidValue(`${at.path}.ports[${index}].containerPort`, number, 'must be between 1 and 65535, inclusive'));
  });
  return errors;
}

const podUpdateRule =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function validatePodUpdate(spec: JsonObject, old: JsonObject): FieldError[] {
  const fixed = (of: JsonObject): JsonObject => {
    const copy = cloneJson(of);
    for (const field of ['activeDeadlineSeconds', 'tolerations', 'nodeName']) delete copy[field];
    for (const container of [...objectsAt(copy, 'containers'), ...objectsAt(copy, 'initContainers')]) {
      // A pod stored before a default was known must not look changed by it.
      fillContainer(container);
      delete container['image'];
      delete container['imagePullPolicy'];
    }
    return copy;
  };
  const isRebound = stringAt(old, 'nodeName') !== '' && stringAt(old, 'nodeName') !== stringAt(spec, 'nodeName');
  return isRebound || !equalJson(fixed(spec), fixed(old)) ? [fieldForbidden('spec', podUpdateRule)] : [];
}

/** The STATUS column of `kubectl get pods`. */
export function shownPodStatus(pod: ApiObject): string {
  let reason = stringAt(pod, 'status', 'reason') || stringAt(pod, 'status', 'phase');
  const initStatuses = objectsAt(pod, 'status', 'initContainerStatuses');
  const pendingInit = initStatuses.findIndex((status) => numberAt(status, 'state', 'terminated', 'exitCode') !== 0);
  if (pendingInit >= 0 && stringAt(pod, 'status', 'phase') === 'Pending') {
    const state = objectAt(initStatuses[pendingInit], 'state');
    const waiting = stringAt(state, 'waiting', 'reason');
    if (isObject(state['terminated']))
      reason = `Init:${stringAt(state, 'terminated', 'reason') || `ExitCode:${String(valueAt(state, 'terminated', 'exitCode'))}`}`;
    else if (waiting !== '' && waiting !== 'PodInitializing') reason = `Init:${waiting}`;
    else reason = `Init:${pendingInit}/${objectsAt(pod, 'spec', 'initContainers').length}`;
  } else {
    let hasRunning = false;
    for (const status of objectsAt(pod, 'status', 'containerStatuses').reverse()) {
      const waiting = stringAt(status, 'state', 'waiting', 'reason');
      const terminated = valueAt(status, 'state', 'terminated');
      if (waiting !== '') reason = waiting;
      else if (isObject(terminated)) reason = stringAt(terminated, 'reason') || `ExitCode:${String(terminated['exitCode'])}`;
      else if (status['ready'] === true && isObject(valueAt(status, 'state', 'running'))) hasRunning = true;
    }
    if (reason === 'Completed' && hasRunning) reason = 'Running';
  }
  return pod.metadata.deletionTimestamp === undefined ? reason : 'Terminating';
}

function shownRestarts(pod: ApiObject, nowUnixMs: number): string {
  const statuses = objectsAt(pod, 'status', 'containerStatuses');
  const count = statuses.reduce((sum, status) => sum + (numberAt(status, 'restartCount') ?? 0), 0);
  const last =
    statuses
      .map((status) => stringAt(status, 'lastState', 'terminated', 'finishedAt'))
      .sort()
      .at(-1) ?? '';
  return count === 0 || last === '' ? String(count) : `${count} (${ageSince(last, nowUnixMs)} ago)`;
}

function shownReady(pod: ApiObject): string {
  const ready = objectsAt(pod, 'status', 'containerStatuses').filter((status) => status['ready'] === true).length;
  return `${ready}/${objectsAt(pod, 'spec', 'containers').length}`;
}

export function isPodReady(pod: ApiObject): boolean {
  return objectsAt(pod, 'status', 'conditions').some((condition) => condition['type'] === 'Ready' && condition['status'] === 'True');
}

export const podResource: ResourceType = defineResource({
  plural: 'pods',
  kind: 'Pod',
  shortNames: ['po'],
  categories: ['all'],
  hasStatus: true,
  spec: podSpecShape,
  status: podStatusShape,
  subresources: [
    { name: 'log', kind: 'Pod', verbs: ['get'] },
    { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
    { name: 'binding', kind: 'Binding', verbs: ['create'] },
  ],
  columns: [
    nameColumn,
    textColumn('Ready', shownReady),
    textColumn('Status', shownPodStatus),
    textColumn('Restarts', shownRestarts),
    ageColumn,
    textColumn('IP', (pod) => stringAt(pod, 'status', 'podIP'), { priority: 1 }),
    textColumn('Node', (pod) => stringAt(pod, 'spec', 'nodeName'), { priority: 1 }),
    textColumn('Nominated Node', (pod) => stringAt(pod, 'status', 'nominatedNodeName'), { priority: 1 }),
    textColumn('Readiness Gates', () => '', { priority: 1 }),
  ],
  strategy: { prepare: (pod, context) => preparePod(pod, context.old), validate: validatePod },
});
