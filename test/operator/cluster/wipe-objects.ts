/** Ranges of keys the API server keeps objects under, in etcd. */
const NAMESPACED = [
  ...['pods', 'configmaps', 'secrets', 'services/specs', 'services/endpoints', 'endpointslices', 'persistentvolumeclaims', 'events'],
  ...['poddisruptionbudgets', 'networkpolicies', 'resourcequotas', 'limitranges', 'leases', 'roles', 'rolebindings', 'serviceaccounts'],
];
const OURS = '/registry/civitas.dev/';

/** The names that the controllers keep in every namespace, and only make anew when they see a deletion. */
const KEPT = ['serviceaccounts'];

/**
 * Deletes straight from etcd; the API server's watches tell everybody, as of any deletion.
 *
 * @param etcdUrl of its JSON gateway.
 */
export async function wipeObjects(etcdUrl: string, namespaces: readonly string[]): Promise<void> {
  const kinds = NAMESPACED.filter((kind) => !KEPT.includes(kind));
  const prefixes = [OURS, ...namespaces.flatMap((namespace) => kinds.map((kind) => `/registry/${kind}/${namespace}/`))];
  for (const prefix of prefixes) {
    // The end of a range of keys is its prefix with the last byte raised: '/' becomes '0'.
    const body = { key: base64(prefix), range_end: base64(`${prefix.slice(0, -1)}0`) };
    const response = await fetch(`${etcdUrl}/v3/kv/deleterange`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd refuses to delete ${prefix}: ${await response.text()}`);
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
