import { arrayAt, isObject, type Json, type JsonObject, objectAt, stringAt, stringsAt } from '../json.ts';
import { badRequest } from '../status-error.ts';
import type { ObjectStore } from '../store.ts';
import { userOfToken } from './authenticate.ts';
import type { Attributes, Authorizer } from './rbac.ts';
import type { TokenSigner } from './token.ts';
import type { User } from './user.ts';

export interface ReviewSources {
  readonly authorizer: Authorizer;
  readonly tokens: TokenSigner;
  readonly store: ObjectStore;
}

/** Answers one of the kinds that are asked, not stored. @throws StatusError 400 for a body that asks nothing. */
export function answerReview(plural: string, body: Json, user: User, sources: ReviewSources): JsonObject {
  if (!isObject(body)) throw badRequest('the body is not an object');
  const spec = objectAt(body, 'spec');
  return { ...body, metadata: objectAt(body, 'metadata'), status: statusOf(plural, spec, { user, sources }) };
}

function statusOf(plural: string, spec: JsonObject, of: { user: User; sources: ReviewSources }): JsonObject {
  const { user, sources } = of;
  switch (plural) {
    case 'selfsubjectaccessreviews':
      return accessStatus(spec, user, sources.authorizer);
    case 'subjectaccessreviews':
    case 'localsubjectaccessreviews':
      return accessStatus(
        spec,
        { name: stringAt(spec, 'user'), uid: stringAt(spec, 'uid'), groups: stringsAt(spec, 'groups'), extra: {} },
        sources.authorizer,
      );
    case 'selfsubjectrulesreviews':
      return rulesStatus(stringAt(spec, 'namespace'), user, sources.authorizer);
    case 'selfsubjectreviews':
      return { userInfo: userInfo(user) };
    default: {
      const found = userOfToken(stringAt(spec, 'token'), sources);
      return found === undefined
        ? { authenticated: false, error: 'the token is not one of this cluster, or has expired' }
        : { authenticated: true, user: userInfo(found), audiences: stringsAt(spec, 'audiences') };
    }
  }
}

function userInfo(user: User): JsonObject {
  const extra = Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]]));
  return {
    username: user.name,
    ...(user.uid === '' ? {} : { uid: user.uid }),
    groups: [...user.groups],
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function attributesOf(spec: JsonObject): Attributes {
  const path = stringAt(spec, 'nonResourceAttributes', 'path');
  const asked = objectAt(spec, 'resourceAttributes');
  const empty = { group: '', resource: '', subresource: '', name: '', namespace: '' };
  if (isObject(spec['nonResourceAttributes'])) return { ...empty, verb: stringAt(spec, 'nonResourceAttributes', 'verb'), path };
  if (arrayAt(spec, 'resourceAttributes').length === 0 && !isObject(spec['resourceAttributes'])) {
    throw badRequest('exactly one of resourceAttributes or nonResourceAttributes must be specified');
  }
  return {
    verb: stringAt(asked, 'verb'),
    group: stringAt(asked, 'group'),
    resource: stringAt(asked, 'resource'),
    subresource: stringAt(asked, 'subresource'),
    name: stringAt(asked, 'name'),
    namespace: stringAt(asked, 'namespace'),
  };
}

function accessStatus(spec: JsonObject, user: User, authorizer: Authorizer): JsonObject {
  return authorizer.isAllowed(user, attributesOf(spec)) ? { allowed: true, reason: 'RBAC: allowed by a binding' } : { allowed: false };
}

function rulesStatus(namespace: string, user: User, authorizer: Authorizer): JsonObject {
  const rules = authorizer.rulesFor(user, namespace);
  return {
    incomplete: false,
    resourceRules: rules
      .filter((rule) => rule.nonResourceURLs.length === 0)
      .map((rule) => ({
        verbs: [...rule.verbs],
        apiGroups: [...rule.apiGroups],
        resources: [...rule.resources],
        ...(rule.resourceNames.length === 0 ? {} : { resourceNames: [...rule.resourceNames] }),
      })),
    nonResourceRules: rules
      .filter((rule) => rule.nonResourceURLs.length > 0)
      .map((rule) => ({ verbs: [...rule.verbs], nonResourceURLs: [...rule.nonResourceURLs] })),
  };
}
