import { type ApiObject, type Json, type JsonObject, objectAt, objectsAt, stringAt } from './json.ts';
import { type ResourceType, storeNameOf } from './resource.ts';
import { forbidden } from './status-error.ts';
import type { ObjectStore } from './store.ts';

const multipliers: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** The number a Kubernetes quantity stands for (`500m`, `1Gi`, `2`); undefined when it is none. */
export function parseQuantity(value: Json | undefined): number | undefined {
  const match = /^([+-]?\d+(?:\.\d+)?)(?:e([+-]?\d+)|([numkMGTP]|[KMGTP]i)?)$/.exec(String(value ?? ''));
  if (match === null) return undefined;
  const factor = match[2] === undefined ? multipliers[match[3] ?? ''] : 10 ** Number(match[2]);
  return factor === undefined ? undefined : Number(match[1]) * factor;
}

/** A number as a quantity: whole, in thousandths for parts, in binary units where it is even. */
export function shownQuantity(value: number, isBytes: boolean): string {
  if (!Number.isInteger(value)) return `${Math.ceil(value * 1000 - 1e-6)}m`;
  const unit = isBytes && value > 0 ? (['Gi', 'Mi', 'Ki'] as const).find((name) => value % (multipliers[name] ?? 1) === 0) : undefined;
  return unit === undefined ? String(value) : `${value / (multipliers[unit] ?? 1)}${unit}`;
}

const counted: Readonly<Record<string, string>> = {
  pods: '/pods',
  services: '/services',
  secrets: '/secrets',
  configmaps: '/configmaps',
  persistentvolumeclaims: '/persistentvolumeclaims',
  resourcequotas: '/resourcequotas',
};

/** The store a limit counts objects of; undefined for limits on amounts. */
function countedStore(limit: string): string | undefined {
  if (!limit.startsWith('count/')) return counted[limit];
  const [plural = '', ...group] = limit.slice('count/'.length).split('.');
  return `${group.join('.')}/${plural}`;
}

/** `requests.cpu` of the pods, say: where it stands in a container. `cpu` alone means requests. */
function amountPath(limit: string): [string, string] | undefined {
  const match = /^(?:(requests|limits)\.)?(cpu|memory)$/.exec(limit);
  return match?.[2] === undefined ? undefined : [match[1] ?? 'requests', match[2]];
}

function isLive(object: ApiObject): boolean {
  return object.kind !== 'Pod' || !['Succeeded', 'Failed'].includes(stringAt(object, 'status', 'phase'));
}

/** How much of one limit an object takes; undefined when it takes part but does not say how much. */
function shareOf(storeName: string, object: ApiObject, limit: string): number | undefined {
  if (countedStore(limit) === storeName) return 1;
  if (limit === 'requests.storage' && storeName === '/persistentvolumeclaims')
    return parseQuantity(objectAt(object, 'spec', 'resources', 'requests')['storage']);
  const path = amountPath(limit);
  if (path === undefined || storeName !== '/pods') return 0;
  const [kind, name] = path;
  return objectsAt(object, 'spec', 'containers').reduce((sum: number | undefined, container) => {
    const share = containerShare(container, [kind, name]);
    return sum === undefined || share === undefined ? undefined : sum + share;
  }, 0);
}

function containerShare(container: JsonObject, [kind, name]: [string, string]): number | undefined {
  const resources = objectAt(container, 'resources');
  return parseQuantity(objectAt(resources, kind)[name] ?? (kind === 'requests' ? objectAt(resources, 'limits')[name] : undefined));
}

/** What a pod has to say before the quota can count it: each limit with the containers that are silent about it. */
function missingShares(storeName: string, object: ApiObject, limits: readonly string[]): string {
  return limits
    .filter((limit) => shareOf(storeName, object, limit) === undefined)
    .sort()
    .map((limit) => {
      const path = amountPath(limit);
      const silent = objectsAt(object, 'spec', 'containers').filter(
        (item) => path !== undefined && containerShare(item, path) === undefined,
      );
      return silent.length === 0 ? limit : `${limit} for: ${silent.map((container) => stringAt(container, 'name')).join(',')}`;
    })
    .join('; ');
}

function usedOf(store: ObjectStore, namespace: string, limit: string): number {
  const storeNames = [
    ...new Set([
      countedStore(limit) ?? '',
      amountPath(limit) === undefined ? '' : '/pods',
      limit === 'requests.storage' ? '/persistentvolumeclaims' : '',
    ]),
  ];
  return storeNames
    .filter((name) => name !== '')
    .flatMap((name) =>
      store
        .listHead(name, namespace)
        .filter(isLive)
        .map((object) => shareOf(name, object, limit) ?? 0),
    )
    .reduce((sum, share) => sum + share, 0);
}

/** The status of a quota: its limits and what is used of each. */
export function quotaStatus(store: ObjectStore, quota: ApiObject): JsonObject {
  const hard = objectAt(quota, 'spec', 'hard');
  const isBytes = (limit: string): boolean => /memory|storage$/.test(limit);
  const used = Object.fromEntries(
    Object.keys(hard).map((limit) => [limit, shownQuantity(usedOf(store, quota.metadata.namespace ?? '', limit), isBytes(limit))]),
  );
  return { hard, used };
}

/**
 * Refuses an object that would take its namespace over a ResourceQuota.
 *
 * @throws StatusError 403 in the words of the real server.
 */
export function refuseOverQuota(store: ObjectStore, type: ResourceType, object: ApiObject): void {
  const { namespace, name } = object.metadata;
  if (namespace === undefined || !isLive(object)) return;
  const storeName = storeNameOf(type);
  const of = { group: type.group, plural: type.plural, name };
  for (const quota of store.listHead('/resourcequotas', namespace)) {
    const exceeded: { limit: string; asked: number; used: number; hard: string }[] = [];
    const limits = objectAt(quota, 'spec', 'hard');
    const missing = missingShares(storeName, object, Object.keys(limits));
    if (missing !== '') throw forbidden(of, `failed quota: ${quota.metadata.name}: must specify ${missing}`);
    for (const [limit, hard] of Object.entries(limits)) {
      const asked = shareOf(storeName, object, limit) ?? 0;
      if (asked === 0) continue;
      const used = usedOf(store, namespace, limit);
      if (used + asked > (parseQuantity(hard) ?? 0)) exceeded.push({ limit, asked, used, hard: String(hard) });
    }
    if (exceeded.length === 0) continue;
    const shown = (read: (one: (typeof exceeded)[number]) => string): string =>
      exceeded.map((one) => `${one.limit}=${read(one)}`).join(',');
    const amount = (limit: string, value: number): string => shownQuantity(value, /memory|storage$/.test(limit));
    throw forbidden(
      of,
      `exceeded quota: ${quota.metadata.name}, requested: ${shown((one) => amount(one.limit, one.asked))}, used: ${shown((one) => amount(one.limit, one.used))}, limited: ${shown((one) => one.hard)}`,
    );
  }
}
