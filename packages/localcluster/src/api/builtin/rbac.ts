import { type ApiObject, equalJson, isObject, type JsonObject, objectsAt, stringAt, stringsAt } from '../json.ts';
import { atomic } from '../patch/shape.ts';
import type { ResourceType } from '../resource.ts';
import { type FieldError, invalidValue, notSupported, required } from '../status-error.ts';
import { ageColumn, createdAtColumn, nameColumn, textColumn } from './cells.ts';
import { defineResource } from './define.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

function validateRules(role: ApiObject, isNamespaced: boolean): FieldError[] {
  return objectsAt(role, 'rules').flatMap((rule, index) => {
    const at = `rules[${index}]`;
    const errors: FieldError[] = [];
    if (stringsAt(rule, 'verbs').length === 0) errors.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
    const urls = stringsAt(rule, 'nonResourceURLs');
    if (urls.length > 0) {
      if (isNamespaced) errors.push(invalidValue(`${at}.nonResourceURLs`, urls, 'namespaced rules cannot apply to non-resource URLs'));
      if (stringsAt(rule, 'resources').length > 0)
        errors.push(invalidValue(`${at}.nonResourceURLs`, urls, 'rules cannot apply to both regular resources and non-resource URLs'));
      return errors;
    }
    if (!Array.isArray(rule['apiGroups']) || rule['apiGroups'].length === 0)
      errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
    if (stringsAt(rule, 'resources').length === 0)
      errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
    return errors;
  });
}

function prepareBinding(binding: ApiObject): void {
  const roleRef = binding['roleRef'];
  if (isObject(roleRef)) roleRef['apiGroup'] ??= rbacGroup;
  for (const subject of objectsAt(binding, 'subjects')) {
    if (subject['kind'] !== 'ServiceAccount') subject['apiGroup'] ??= rbacGroup;
  }
}

function validateBinding(binding: ApiObject, old: ApiObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const kinds = binding.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  const kind = stringAt(binding, 'roleRef', 'kind');
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds));
  if (stringAt(binding, 'roleRef', 'name') === '') errors.push(required('roleRef.name'));
  objectsAt(binding, 'subjects').forEach((subject, index) => errors.push(...validateSubject(subject, `subjects[${index}]`)));
  if (old !== undefined && !equalJson(old['roleRef'], binding['roleRef']))
    errors.push(invalidValue('roleRef', binding['roleRef'], 'cannot change roleRef'));
  return errors;
}

function validateSubject(subject: JsonObject, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const kind = stringAt(subject, 'kind');
  if (stringAt(subject, 'name') === '') errors.push(required(`${at}.name`));
  if (!['ServiceAccount', 'User', 'Group'].includes(kind))
    errors.push(notSupported(`${at}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  if (kind === 'ServiceAccount' && stringAt(subject, 'namespace') === '') errors.push(required(`${at}.namespace`));
  return errors;
}

function subjectsOf(binding: ApiObject, kind: string): string {
  return objectsAt(binding, 'subjects')
    .filter((subject) => subject['kind'] === kind)
    .map((subject) =>
      kind === 'ServiceAccount' ? `${stringAt(subject, 'namespace')}/${stringAt(subject, 'name')}` : stringAt(subject, 'name'),
    )
    .join(', ');
}

const bindingColumns = [
  nameColumn,
  textColumn('Role', (binding) => `${stringAt(binding, 'roleRef', 'kind')}/${stringAt(binding, 'roleRef', 'name')}`),
  ageColumn,
  textColumn('Users', (binding) => subjectsOf(binding, 'User'), { priority: 1, missing: '' }),
  textColumn('Groups', (binding) => subjectsOf(binding, 'Group'), { priority: 1, missing: '' }),
  textColumn('ServiceAccounts', (binding) => subjectsOf(binding, 'ServiceAccount'), { priority: 1, missing: '' }),
];

const roleColumns = [nameColumn, createdAtColumn];
const roleFields = { rules: atomic, aggregationRule: atomic };
const bindingFields = { subjects: atomic, roleRef: atomic };
const bindingStrategy = { prepare: prepareBinding, validate: validateBinding };

export const rbacResources: readonly ResourceType[] = [
  defineResource({
    group: rbacGroup,
    plural: 'roles',
    kind: 'Role',
    columns: roleColumns,
    fields: roleFields,
    strategy: { validate: (role) => validateRules(role, true) },
  }),
  defineResource({
    group: rbacGroup,
    plural: 'clusterroles',
    kind: 'ClusterRole',
    namespaced: false,
    columns: roleColumns,
    fields: roleFields,
    strategy: { validate: (role) => validateRules(role, false) },
  }),
  defineResource({
    group: rbacGroup,
    plural: 'rolebindings',
    kind: 'RoleBinding',
    columns: bindingColumns,
    fields: bindingFields,
    strategy: bindingStrategy,
  }),
  defineResource({
    group: rbacGroup,
    plural: 'clusterrolebindings',
    kind: 'ClusterRoleBinding',
    namespaced: false,
    columns: bindingColumns,
    fields: bindingFields,
    strategy: bindingStrategy,
  }),
];
