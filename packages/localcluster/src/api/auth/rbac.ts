import { type ApiObject, type JsonObject, objectAt, objectsAt, stringAt, stringsAt } from '../json.ts';
import { labelSelectorOf } from '../selector.ts';
import type { ObjectStore } from '../store.ts';
import type { User } from './user.ts';

/** One question to the authorizer. `path` is set only for requests that name no resource. */
export interface Attributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly namespace: string;
  readonly path?: string;
}

export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

export function rulesOfRole(role: JsonObject): PolicyRule[] {
  return objectsAt(role, 'rules').map((rule) => ({
    verbs: stringsAt(rule, 'verbs'),
    apiGroups: stringsAt(rule, 'apiGroups'),
    resources: stringsAt(rule, 'resources'),
    resourceNames: stringsAt(rule, 'resourceNames'),
    nonResourceURLs: stringsAt(rule, 'nonResourceURLs'),
  }));
}

function includes(list: readonly string[], wanted: string): boolean {
  return list.includes('*') || list.includes(wanted);
}

/** Whether one rule allows what is asked (k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac, RuleAllows). */
export function ruleAllows(rule: PolicyRule, asked: Attributes): boolean {
  if (!includes(rule.verbs, asked.verb)) return false;
  if (asked.path !== undefined) {
    const { path } = asked;
    return rule.nonResourceURLs.some((url) => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))));
  }
  const resource = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
  const isResource = includes(rule.resources, resource) || (asked.subresource !== '' && rule.resources.includes(`*/${asked.subresource}`));
  return (
    includes(rule.apiGroups, asked.group) && isResource && (rule.resourceNames.length === 0 || rule.resourceNames.includes(asked.name))
  );
}

/** Whether everything `wanted` allows is allowed by `held` together, rule by rule; a wanted rule with several values is taken apart. */
export function coversRule(held: readonly PolicyRule[], wanted: PolicyRule): boolean {
  if (wanted.nonResourceURLs.length > 0) {
    return wanted.verbs.every((verb) =>
      wanted.nonResourceURLs.every((url) =>
        held.some(
          (rule) =>
            includes(rule.verbs, verb) &&
            rule.nonResourceURLs.some(
              (known) => known === '*' || known === url || (known.endsWith('*') && url.startsWith(known.slice(0, -1))),
            ),
        ),
      ),
    );
  }
  const names = wanted.resourceNames.length === 0 ? [undefined] : wanted.resourceNames;
  return wanted.verbs.every((verb) =>
    wanted.apiGroups.every((group) =>
      wanted.resources.every((resource) => names.every((name) => held.some((rule) => coversOne(rule, { verb, group, resource, name })))),
    ),
  );
}

function coversOne(rule: PolicyRule, one: { verb: string; group: string; resource: string; name: string | undefined }): boolean {
  const sub = one.resource.split('/')[1];
  const isResource = includes(rule.resources, one.resource) || (sub !== undefined && rule.resources.includes(`*/${sub}`));
  const isName = rule.resourceNames.length === 0 || (one.name !== undefined && rule.resourceNames.includes(one.name));
  return includes(rule.verbs, one.verb) && includes(rule.apiGroups, one.group) && isResource && isName;
}

const rbacStore = 'rbac.authorization.k8s.io';

/** Role-based access control over the roles and bindings in the store. */
export class Authorizer {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  isAllowed(user: User, asked: Attributes): boolean {
    if (user.groups.includes('system:masters')) return true;
    return this.rulesFor(user, asked.namespace).some((rule) => ruleAllows(rule, asked));
  }

  /** Every rule that holds for a user cluster-wide and, where `namespace` is not '', in that namespace. */
  rulesFor(user: User, namespace: string): PolicyRule[] {
    if (user.groups.includes('system:masters'))
      return [
        { ...everything, nonResourceURLs: [] },
        { ...everything, apiGroups: [], resources: [], nonResourceURLs: ['*'] },
      ];
    const rules = this.#bound(this.#store.listHead(`${rbacStore}/clusterrolebindings`), user, '');
    if (namespace !== '') rules.push(...this.#bound(this.#store.listHead(`${rbacStore}/rolebindings`, namespace), user, namespace));
    return rules;
  }

  #bound(bindings: readonly ApiObject[], user: User, namespace: string): PolicyRule[] {
    return bindings
      .filter((binding) => objectsAt(binding, 'subjects').some((subject) => isSubject(subject, user, namespace)))
      .flatMap((binding) => this.rulesOfRef(objectAt(binding, 'roleRef'), namespace));
  }

  /** The rules behind a roleRef; a role that does not exist grants nothing. */
  rulesOfRef(roleRef: JsonObject, namespace: string): PolicyRule[] {
    const name = stringAt(roleRef, 'name');
    if (roleRef['kind'] === 'Role') {
      const role = this.#store.findHead(`${rbacStore}/roles`, namespace, name);
      return role === undefined ? [] : rulesOfRole(role);
    }
    const role = this.#store.findHead(`${rbacStore}/clusterroles`, undefined, name);
    return role === undefined ? [] : this.rulesOfClusterRole(role);
  }

  rulesOfClusterRole(role: ApiObject): PolicyRule[] {
    const selectors = objectsAt(role, 'aggregationRule', 'clusterRoleSelectors').map((selector) => labelSelectorOf(selector));
    const parts =
      selectors.length === 0
        ? []
        : this.#store
            .listHead(`${rbacStore}/clusterroles`)
            .filter((other) => other !== role && selectors.some((test) => test(other.metadata.labels ?? {})));
    return [...rulesOfRole(role), ...parts.flatMap((part) => rulesOfRole(part))];
  }
}

const everything: PolicyRule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [], nonResourceURLs: [] };

function isSubject(subject: JsonObject, user: User, bindingNamespace: string): boolean {
  const name = stringAt(subject, 'name');
  switch (subject['kind']) {
    case 'User':
      return name === user.name;
    case 'Group':
      return user.groups.includes(name);
    case 'ServiceAccount':
      return `system:serviceaccount:${stringAt(subject, 'namespace') || bindingNamespace}:${name}` === user.name;
    default:
      return false;
  }
}
