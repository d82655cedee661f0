/** Whom a request acts as, where the asker's rights include `impersonate` on each part. */
export interface Impersonated {
  /** User name, such as `system:serviceaccount:<namespace>:<name>`. */
  readonly user: string;
  /** Left out: the groups that a ServiceAccount has by itself. */
  readonly groups?: readonly string[];
  /** By key, such as `civitas.dev/subject`; stands in the API server's audit log. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What a header may carry as it is. */
const HEADER_TEXT = /^[\x20-\x7e]*$/;

/**
 * The headers of a request that acts as somebody else.
 *
 * @throws TypeError for a name or value that no header can carry: it must not reach the server as something else.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
export function impersonationHeaders({
  user,
  groups = [],
  extra = {},
}: Impersonated): Readonly<Record<string, string | readonly string[]>> {
  const values = [user, ...groups, ...Object.values(extra).flat()];
  const wrong = values.find((value) => value === '' || !HEADER_TEXT.test(value));
  if (wrong !== undefined) throw new TypeError(`no header can carry ${JSON.stringify(wrong)}`);
  return {
    'Impersonate-User': user,
    ...(groups.length === 0 ? {} : { 'Impersonate-Group': groups }),
    // Keys are lower-cased by HTTP, so that one in capitals would arrive as another.
    ...Object.fromEntries(Object.entries(extra).map(([key, list]) => [`Impersonate-Extra-${encodeURIComponent(key.toLowerCase())}`, list])),
  };
}
