import { type ApiObject, isObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt, stringsAt } from '../json.ts';
import { atomic, conditionsShape, deduced, keyed, set, struct } from '../patch/shape.ts';
import type { ResourceType, StrategyContext } from '../resource.ts';
import { type FieldError, invalidValue, notSupported, required } from '../status-error.ts';
import { ageColumn, nameColumn, shownLabels, textColumn } from './cells.ts';
import { defineResource } from './define.ts';

const serviceTypes = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

function prepareService(service: ApiObject, context: StrategyContext): void {
  const spec: JsonObject = isObject(service['spec']) ? service['spec'] : {};
  service['spec'] = spec;
  spec['type'] ??= 'ClusterIP';
  spec['sessionAffinity'] ??= 'None';
  for (const port of objectsAt(spec, 'ports')) {
    port['protocol'] ??= 'TCP';
    if (port['targetPort'] === undefined && port['port'] !== undefined) port['targetPort'] = port['port'];
  }
  service['status'] ??= { loadBalancer: {} };
  if (spec['type'] === 'ExternalName') return;
  spec['internalTrafficPolicy'] ??= 'Cluster';
  const before = context.old === undefined ? '' : stringAt(context.old, 'spec', 'clusterIP');
  const wanted = stringAt(spec, 'clusterIP') || before;
  const address =
    wanted === 'None' || (wanted !== '' && wanted === before)
      ? wanted
      : context.old === undefined
        ? context.allocateClusterIp(wanted)
        : wanted;
  spec['clusterIP'] = address;
  spec['clusterIPs'] = [address];
  spec['ipFamilies'] ??= ['IPv4'];
  spec['ipFamilyPolicy'] ??= 'SingleStack';
}

function validateService(service: ApiObject, old: ApiObject | undefined): FieldError[] {
  const spec = objectAt(service, 'spec');
  const errors: FieldError[] = [];
  const type = stringAt(spec, 'type');
  const ports = objectsAt(spec, 'ports');
  if (!serviceTypes.includes(type)) errors.push(notSupported('spec.type', type, serviceTypes));
  if (ports.length === 0 && stringAt(spec, 'clusterIP') !== 'None' && type !== 'ExternalName') errors.push(required('spec.ports'));
  const names = new Set<string>();
  ports.forEach((port, index) => {
    const at = `spec.ports[${index}]`;
    const number = numberAt(port, 'port');
    const name = stringAt(port, 'name');
    if (number === undefined) errors.push(required(`${at}.port`));
    else if (number < 1 || number > 65_535) errors.push(invalidValue(`${at}.port`, number, 'must be between 1 and 65535, inclusive'));
    if (ports.length > 1 && name === '') errors.push(required(`${at}.name`));
    if (name !== '' && names.has(name))
      errors.push({ reason: 'FieldValueDuplicate', field: `${at}.name`, message: `Duplicate value: ${JSON.stringify(name)}` });
    names.add(name);
  });
  const before = old === undefined ? '' : stringAt(old, 'spec', 'clusterIP');
  if (before !== '' && before !== stringAt(spec, 'clusterIP') && type !== 'ExternalName') {
    errors.push(invalidValue('spec.clusterIPs[0]', stringsAt(spec, 'clusterIPs'), 'may not change once set'));
  }
  return errors;
}

function shownPorts(service: ApiObject): string {
  return objectsAt(service, 'spec', 'ports')
    .map((port) => `${numberAt(port, 'port')}/${stringAt(port, 'protocol')}`)
    .join(',');
}

export const serviceResource: ResourceType = defineResource({
  plural: 'services',
  kind: 'Service',
  shortNames: ['svc'],
  categories: ['all'],
  hasStatus: true,
  spec: struct({
    ports: keyed(['port', 'protocol'], deduced, { protocol: 'TCP' }),
    selector: atomic,
    externalIPs: atomic,
    clusterIPs: atomic,
    ipFamilies: atomic,
    loadBalancerSourceRanges: set,
  }),
  status: struct({ conditions: conditionsShape }),
  columns: [
    nameColumn,
    textColumn('Type', (service) => stringAt(service, 'spec', 'type')),
    textColumn('Cluster-IP', (service) => stringAt(service, 'spec', 'clusterIP')),
    textColumn('External-IP', (service) => stringAt(service, 'spec', 'externalName')),
    textColumn('Port(s)', shownPorts),
    ageColumn,
    textColumn('Selector', (service) => shownLabels(objectAt(service, 'spec', 'selector')), { priority: 1 }),
  ],
  strategy: { prepare: prepareService, validate: validateService },
});
