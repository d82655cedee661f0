import type { Json, JsonObject } from './json.ts';
import type { Registry } from './registry.ts';
import type { ResourceType, Subresource } from './resource.ts';

/** Kinds that are asked, not stored. */
export interface ReviewResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export const reviewResources: readonly ReviewResource[] = [
  { group: 'authorization.k8s.io', version: 'v1', plural: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview', namespaced: false },
  { group: 'authorization.k8s.io', version: 'v1', plural: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview', namespaced: false },
  { group: 'authorization.k8s.io', version: 'v1', plural: 'subjectaccessreviews', kind: 'SubjectAccessReview', namespaced: false },
  { group: 'authorization.k8s.io', version: 'v1', plural: 'localsubjectaccessreviews', kind: 'LocalSubjectAccessReview', namespaced: true },
  { group: 'authentication.k8s.io', version: 'v1', plural: 'selfsubjectreviews', kind: 'SelfSubjectReview', namespaced: false },
  { group: 'authentication.k8s.io', version: 'v1', plural: 'tokenreviews', kind: 'TokenReview', namespaced: false },
];

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** Every group and version served, core first, then by name. */
export function groupVersions(registry: Registry): GroupVersion[] {
  const seen = new Map<string, GroupVersion>();
  for (const { group, version } of [...registry.all(), ...reviewResources]) seen.set(`${group}/${version}`, { group, version });
  return [...seen.values()].sort((left, right) => (`${left.group}/${left.version}` < `${right.group}/${right.version}` ? -1 : 1));
}

function groupEntry(registry: Registry, group: string): JsonObject {
  const versions = groupVersions(registry)
    .filter((entry) => entry.group === group)
    .map(({ version }) => ({ groupVersion: `${group}/${version}`, version }));
  const preferred = versions.at(-1);
  return { name: group, versions, ...(preferred === undefined ? {} : { preferredVersion: preferred }) };
}

/** `/api` */
export function coreVersions(address: string): JsonObject {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }] };
}

/** `/apis` */
export function groupList(registry: Registry): JsonObject {
  const names = [...new Set(groupVersions(registry).map(({ group }) => group))].filter((group) => group !== '');
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: names.map((group) => groupEntry(registry, group)) };
}

/** `/apis/<group>`; undefined for a group that is not served. */
export function oneGroup(registry: Registry, group: string): JsonObject | undefined {
  return groupVersions(registry).some((entry) => entry.group === group)
    ? { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(registry, group) }
    : undefined;
}

function resourcesIn(registry: Registry, of: GroupVersion): { types: ResourceType[]; reviews: ReviewResource[] } {
  const isIn = (entry: GroupVersion): boolean => entry.group === of.group && entry.version === of.version;
  return { types: registry.all().filter(isIn), reviews: reviewResources.filter(isIn) };
}

/** `/api/v1`, `/apis/<group>/<version>`; undefined when it is not served. */
export function resourceList(registry: Registry, of: GroupVersion): JsonObject | undefined {
  const { types, reviews } = resourcesIn(registry, of);
  if (types.length + reviews.length === 0) return undefined;
  const resources: Json[] = types.flatMap((type) => [
    {
      name: type.plural,
      singularName: type.singular,
      namespaced: type.namespaced,
      kind: type.kind,
      verbs: [...type.verbs],
      ...(type.shortNames.length === 0 ? {} : { shortNames: [...type.shortNames] }),
      ...(type.categories.length === 0 ? {} : { categories: [...type.categories] }),
      storageVersionHash: '',
    },
    ...subresourcesOf(type).map((sub) => ({
      name: `${type.plural}/${sub.name}`,
      singularName: '',
      namespaced: type.namespaced,
      kind: sub.kind,
      ...(sub.group === undefined ? {} : { group: sub.group, version: sub.version ?? 'v1' }),
      verbs: [...sub.verbs],
    })),
  ]);
  for (const review of reviews)
    resources.push({
      name: review.plural,
      singularName: review.kind.toLowerCase(),
      namespaced: review.namespaced,
      kind: review.kind,
      verbs: ['create'],
    });
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: of.group === '' ? of.version : `${of.group}/${of.version}`, resources };
}

function subresourcesOf(type: ResourceType): readonly Subresource[] {
  const status: Subresource = { name: 'status', kind: type.kind, verbs: ['get', 'patch', 'update'] };
  return type.hasStatus ? [status, ...type.subresources] : type.subresources;
}

/** Aggregated discovery: all groups with all their resources in one answer. `isCore` picks `/api` or `/apis`. */
export function aggregated(registry: Registry, isCore: boolean): JsonObject {
  const names = [...new Set(groupVersions(registry).map(({ group }) => group))].filter((group) => (group === '') === isCore);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: names.map((group) => ({
      metadata: isCore ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
      versions: groupVersions(registry)
        .filter((entry) => entry.group === group)
        .reverse()
        .map((entry) => aggregatedVersion(registry, entry)),
    })),
  };
}

function aggregatedVersion(registry: Registry, of: GroupVersion): JsonObject {
  const { types, reviews } = resourcesIn(registry, of);
  const kindOf = (kind: string, at: GroupVersion): JsonObject => ({ group: at.group, version: at.version, kind });
  return {
    version: of.version,
    freshness: 'Current',
    resources: [
      ...types.map(
        (type): JsonObject => ({
          resource: type.plural,
          responseKind: kindOf(type.kind, of),
          scope: type.namespaced ? 'Namespaced' : 'Cluster',
          singularResource: type.singular,
          verbs: [...type.verbs],
          ...(type.shortNames.length === 0 ? {} : { shortNames: [...type.shortNames] }),
          ...(type.categories.length === 0 ? {} : { categories: [...type.categories] }),
          subresources: subresourcesOf(type).map((sub) => ({
            subresource: sub.name,
            responseKind: kindOf(sub.kind, sub.group !== undefined ? { group: sub.group, version: sub.version ?? 'v1' } : of),
            verbs: [...sub.verbs],
          })),
        }),
      ),
      ...reviews.map(
        (review): JsonObject => ({
          resource: review.plural,
          responseKind: kindOf(review.kind, of),
          scope: review.namespaced ? 'Namespaced' : 'Cluster',
          singularResource: review.kind.toLowerCase(),
          verbs: ['create'],
        }),
      ),
    ],
  };
}
