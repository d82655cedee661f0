import { type ApiObject, isObject, objectAt, stringAt, stringsAt, valueAt } from '../json.ts';
import { atomic, conditionsShape, struct } from '../patch/shape.ts';
import type { ResourceType } from '../resource.ts';
import { type FieldError, invalidValue, notSupported } from '../status-error.ts';
import { ageColumn, nameColumn, shownSelector, stringOrNumberAt, textColumn } from './cells.ts';
import { defineResource } from './define.ts';

function validateBudget(budget: ApiObject): FieldError[] {
  const spec = objectAt(budget, 'spec');
  const errors: FieldError[] = [];
  if (spec['minAvailable'] !== undefined && spec['maxUnavailable'] !== undefined) {
    errors.push(invalidValue('spec', '<spec>', 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const field of ['minAvailable', 'maxUnavailable']) {
    const value = spec[field];
    const isFine =
      value === undefined ||
      (typeof value === 'number' && Number.isInteger(value) && value >= 0) ||
      (typeof value === 'string' && /^\d+%$/.test(value));
    if (!isFine) errors.push(invalidValue(`spec.${field}`, value, 'must be an integer of at least 0 or a percentage (e.g. "5%")'));
  }
  return errors;
}

export const budgetResource: ResourceType = defineResource({
  group: 'policy',
  plural: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  shortNames: ['pdb'],
  hasStatus: true,
  hasGeneration: true,
  spec: struct({ selector: atomic }),
  status: struct({ conditions: conditionsShape }),
  columns: [
    nameColumn,
    textColumn('Min Available', (budget) => stringOrNumberAt(budget, 'spec', 'minAvailable'), { missing: 'N/A' }),
    textColumn('Max Unavailable', (budget) => stringOrNumberAt(budget, 'spec', 'maxUnavailable'), { missing: 'N/A' }),
    { name: 'Allowed Disruptions', type: 'integer', cell: (budget) => valueAt(budget, 'status', 'disruptionsAllowed') ?? 0 },
    ageColumn,
  ],
  strategy: { validate: validateBudget },
});

export const networkPolicyResource: ResourceType = defineResource({
  group: 'networking.k8s.io',
  plural: 'networkpolicies',
  kind: 'NetworkPolicy',
  shortNames: ['netpol'],
  hasGeneration: true,
  spec: struct({ podSelector: atomic, ingress: atomic, egress: atomic, policyTypes: atomic }),
  columns: [nameColumn, textColumn('Pod-Selector', (policy) => shownSelector(objectAt(policy, 'spec', 'podSelector'))), ageColumn],
  strategy: {
    prepare: (policy) => {
      const spec = policy['spec'];
      if (isObject(spec)) spec['policyTypes'] ??= spec['egress'] === undefined ? ['Ingress'] : ['Ingress', 'Egress'];
    },
    validate: (policy) =>
      stringsAt(policy, 'spec', 'policyTypes').flatMap((type, index) =>
        ['Ingress', 'Egress'].includes(type) ? [] : [notSupported(`spec.policyTypes[${index}]`, type, ['Ingress', 'Egress'])],
      ),
  },
});

export const priorityClassResource: ResourceType = defineResource({
  group: 'scheduling.k8s.io',
  plural: 'priorityclasses',
  kind: 'PriorityClass',
  shortNames: ['pc'],
  namespaced: false,
  columns: [
    nameColumn,
    textColumn('Value', (object) => stringOrNumberAt(object, 'value')),
    textColumn('Global-Default', (object) => String(object['globalDefault'] === true)),
    ageColumn,
  ],
});

export const storageClassResource: ResourceType = defineResource({
  group: 'storage.k8s.io',
  plural: 'storageclasses',
  kind: 'StorageClass',
  shortNames: ['sc'],
  namespaced: false,
  columns: [nameColumn, textColumn('Provisioner', (object) => stringAt(object, 'provisioner')), ageColumn],
});
