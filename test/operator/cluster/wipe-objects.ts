const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const OURS = '/registry/civitas.dev/';
const NAMESPACES = '/registry/namespaces/';

/**
 * Deletes straight from etcd what tests made: every object of our kinds, every namespace of theirs with all that is in it. No
 * finalizer and no grace holds it up; the API server's watches tell everybody, as of any deletion.
 *
 * @param etcdUrl of its JSON gateway.
 */
export async function wipeObjects(etcdUrl: string): Promise<void> {
  const keys = await keysBelow(etcdUrl, '/registry/');
  const made = new Set(
    keys
      .filter((key) => key.startsWith(NAMESPACES))
      .map((key) => key.slice(NAMESPACES.length))
      .filter((name) => !SYSTEM_NAMESPACES.includes(name)),
  );
  const isInside = (key: string): boolean => key.split('/').some((part) => made.has(part));
  // Namespaces first: nothing is made in one that is gone.
  const doomed = keys.filter((key) => key.startsWith(OURS) || isInside(key));
  for (const key of doomed.sort((left, right) => Number(right.startsWith(NAMESPACES)) - Number(left.startsWith(NAMESPACES))))
    await ask(etcdUrl, 'deleterange', { key: base64(key) });
}

async function keysBelow(etcdUrl: string, prefix: string): Promise<string[]> {
  // The end of a range of keys is its prefix with the last byte raised: '/' becomes '0'.
  const range = { key: base64(prefix), range_end: base64(`${prefix.slice(0, -1)}0`), keys_only: true };
  const { kvs = [] } = (await ask(etcdUrl, 'range', range)) as { readonly kvs?: readonly { readonly key: string }[] };
  return kvs.map(({ key }) => Buffer.from(key, 'base64').toString('utf8'));
}

async function ask(etcdUrl: string, verb: 'range' | 'deleterange', body: object): Promise<unknown> {
  const response = await fetch(`${etcdUrl}/v3/kv/${verb}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd refuses ${verb}: ${await response.text()}`);
  return response.json();
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
