import { type ApiObject, objectAt, stringAt } from '../json.ts';
import { forbidden } from '../status-error.ts';
import { type Authorizer, coversRule, type PolicyRule, rulesOfRole } from './rbac.ts';
import type { User } from './user.ts';

/**
 * Nobody may grant what they do not hold: checked when a role or a binding is written.
 *
 * @throws StatusError 403 unless the user holds every granted rule, or has `escalate` on roles or `bind` on the role.
 */
export function refuseEscalation(authorizer: Authorizer, user: User, object: ApiObject): void {
  const namespace = object.metadata.namespace ?? '';
  const group = 'rbac.authorization.k8s.io';
  const isRole = object.kind === 'Role' || object.kind === 'ClusterRole';
  const roleKind = isRole ? object.kind : stringAt(object, 'roleRef', 'kind');
  const resource = roleKind === 'Role' ? 'roles' : 'clusterroles';
  const name = isRole ? object.metadata.name : stringAt(object, 'roleRef', 'name');
  const asked = { group, resource, subresource: '', name, namespace };
  if (authorizer.isAllowed(user, { ...asked, verb: isRole ? 'escalate' : 'bind' })) return;
  const granted = isRole ? rulesOfRole(object) : authorizer.rulesOfRef(objectAt(object, 'roleRef'), namespace);
  const held = authorizer.rulesFor(user, namespace);
  const missing = granted.filter((rule) => !coversRule(held, rule));
  if (missing.length === 0) return;
  const of = { group, plural: `${object.kind.toLowerCase()}s`, name: object.metadata.name };
  const shown = missing.map((rule) => shownRule(rule)).join('\n');
  throw forbidden(
    of,
    `user ${JSON.stringify(user.name)} (groups=${JSON.stringify(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${shown}`,
  );
}

function shownRule(rule: PolicyRule): string {
  const parts = [
    rule.nonResourceURLs.length > 0
      ? `NonResourceURLs:${JSON.stringify(rule.nonResourceURLs)}`
      : `APIGroups:${JSON.stringify(rule.apiGroups)}, Resources:${JSON.stringify(rule.resources)}`,
    ...(rule.resourceNames.length > 0 ? [`ResourceNames:${JSON.stringify(rule.resourceNames)}`] : []),
    `Verbs:${JSON.stringify(rule.verbs)}`,
  ];
  return `{${parts.join(', ')}}`;
}
