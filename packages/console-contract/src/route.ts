import type { TSchema } from '@sinclair/typebox';
import type { ProblemCode } from './problem.ts';

/** What a caller wants to do; with a resource it is what the policy decides about. */
export const VERBS = ['read', 'create', 'update', 'delete', 'invite', 'approve', 'export'] as const;
export type Verb = (typeof VERBS)[number];

export const RESOURCES = [
  'console',
  'session',
  'network',
  'link',
  'agency',
  'member',
  'inbox',
  'proposal',
  'key',
  'ledger',
  'audit',
  'download',
  'event',
  'case',
  'citizen',
  'support',
] as const;
export type Resource = (typeof RESOURCES)[number];

/**
 * Whose the thing is that a route is about: of nobody (open to the world), of the caller, of the agency `:name` names, of the network
 * that `:name` names, or of the city.
 */
export type Scope = 'public' | 'self' | 'agency' | 'network' | 'city';

/** One address of the API. `path` stands below `/api/v1`, with `:name` for parameters. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly summary: string;
  readonly verb: Verb;
  readonly resource: Resource;
  readonly scope: Scope;
  /** Needs a sign-in with a second factor within the last five minutes (RFC 9470), but for a trial with `dryRun`. */
  readonly stepUp?: true;
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  /** Status of success and its body; `undefined` where there is none. */
  readonly status: 200 | 201 | 204;
  readonly answer?: TSchema;
  /** The answer names its version in `ETag`. */
  readonly etag?: true;
  /** Media type of the answer where it is no JSON. */
  readonly mediaType?: string;
  /** Problems of its own, besides those every route may answer with. */
  readonly problems: readonly ProblemCode[];
}

/** Keeps the precise types of the schemas. */
export function defineRoute<const R extends Route>(route: R): R {
  return route;
}

export const API_PREFIX = '/api/v1';
