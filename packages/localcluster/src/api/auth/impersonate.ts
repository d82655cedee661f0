import { forbidden } from '../status-error.ts';
import type { Authorizer } from './rbac.ts';
import type { User } from './user.ts';

/**
 * The user a request acts as: the asker, or whom the Impersonate-* headers name when the asker may `impersonate` each of them.
 *
 * @param headers every value of each header, apart: a group may hold a comma.
 * @throws StatusError 403 naming the first part that is not allowed.
 */
export function impersonate(authorizer: Authorizer, asker: User, headers: NodeJS.Dict<string[]>): User {
  const name = headers['impersonate-user']?.[0] ?? '';
  const groups = headers['impersonate-group'] ?? [];
  const uid = headers['impersonate-uid']?.[0] ?? '';
  const extras = Object.entries(headers).filter(([key]) => key.startsWith('impersonate-extra-'));
  if (name === '') {
    if (groups.length > 0 || uid !== '' || extras.length > 0)
      throw forbidden({ group: '', plural: 'users', name: '' }, 'requested headers without impersonating a user');
    return asker;
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  const check = (group: string, resource: string, what: { name: string; namespace?: string; subresource?: string }): void => {
    const asked = {
      verb: 'impersonate',
      group,
      resource,
      subresource: what.subresource ?? '',
      name: what.name,
      namespace: what.namespace ?? '',
    };
    if (!authorizer.isAllowed(asker, asked)) {
      const scope = what.namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(what.namespace)}`;
      throw forbidden(
        { group, plural: resource, name: what.name },
        `User ${JSON.stringify(asker.name)} cannot impersonate resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)} ${scope}`,
      );
    }
  };
  if (account?.[1] !== undefined && account[2] !== undefined) check('', 'serviceaccounts', { name: account[2], namespace: account[1] });
  else check('', 'users', { name });
  for (const group of groups) check('', 'groups', { name: group });
  if (uid !== '') check('authentication.k8s.io', 'uids', { name: uid });
  const extra: Record<string, readonly string[]> = {};
  for (const [header, value] of extras) {
    const key = decodedKey(header.slice('impersonate-extra-'.length));
    for (const one of value ?? []) check('authentication.k8s.io', 'userextras', { name: one, subresource: key });
    extra[key] = value ?? [];
  }
  const own = account?.[1] === undefined || groups.length > 0 ? groups : ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`];
  return { name, uid, groups: [...new Set([...own, 'system:authenticated'])], extra };
}

/** A key that is not percent-encoded text is taken as it stands, as in the real server. */
function decodedKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
