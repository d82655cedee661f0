import { API_PREFIX, dryRunQuery, Problem, ROUTES, type Route, type RouteName } from '@civitas/console-contract';
import { STEP_UP_S_MAX, type TokenVerifier, type VerifiedToken } from '@civitas/identity';
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { decide } from '../policy/policy.ts';
import { authenticate, stepUpNeeded } from './bearer.ts';
import type { Call, Handlers } from './call.ts';
import { CHANGES_PER_MINUTE, REQUESTS_PER_MINUTE } from './limits.ts';
import { ProblemError } from './problem-error.ts';

export interface RouteSources {
  readonly verifier: TokenVerifier;
  readonly nowUnixMs: () => number;
  /** Agencies that take part in the network of that name. */
  readonly agenciesOf: (network: string) => readonly string[];
  /** Our own origin: pages of another one may not have a browser change anything. */
  readonly origin: string;
  readonly handlers: Handlers;
}

const CALLERS = new WeakMap<FastifyRequest, VerifiedToken>();

/** Whom a request is limited as: the person, else where it comes from. */
export function callerOf(request: FastifyRequest): string {
  return CALLERS.get(request)?.principal.sub ?? request.ip;
}

const fieldOf = (of: unknown, field: string): string | undefined => {
  const value: unknown = typeof of === 'object' && of !== null ? Reflect.get(of, field) : undefined;
  return typeof value === 'string' ? value : undefined;
};

/** What is only tried makes nothing. */
const isTried = (query: unknown): boolean => typeof query === 'object' && query !== null && Reflect.get(query, 'dryRun') === true;

/**
 * Whether a request takes a second factor. A trial of a route that knows `dryRun` takes none; the query is not yet checked here, so it
 * must say exactly what the check will read from it.
 */
function needsStepUp(route: Route, query: unknown): boolean {
  if (route.stepUp !== true) return false;
  return !(route.query === dryRunQuery && typeof query === 'object' && query !== null && Reflect.get(query, 'dryRun') === 'true');
}

/** Agencies that the thing a request is about belongs to. A request in the name of one agency is about that one alone. */
function agenciesIn(route: Route, request: FastifyRequest, sources: RouteSources): readonly string[] {
  const name = fieldOf(request.params, 'name') ?? '';
  if (route.scope === 'agency') return [name];
  if (route.scope !== 'network') return [];
  const parts = sources.agenciesOf(name);
  const inTheNameOf = fieldOf(request.body, 'agency');
  return inTheNameOf === undefined ? parts : parts.filter((agency) => agency === inTheNameOf);
}

/** The validator makes `["b"]` and `7` the strings `b` and `7`: a handler would then act for an agency that the policy has not seen. */
function refuseUnreadAgency({ body }: FastifyRequest): void {
  const agency: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'agency') : undefined;
  if (agency === undefined || typeof agency === 'string') return;
  const detail = 'must be string';
  throw new ProblemError('INVALID', `body: agency ${detail}`, { errors: [{ field: 'agency', code: 'type', detail }] });
}

function refuseOtherOrigins(route: Route, { headers }: FastifyRequest, origin: string): void {
  if (route.method === 'GET') return;
  if (headers.origin !== undefined && headers.origin !== origin) throw new ProblemError('ORIGIN_REFUSED', `Origin: expected ${origin}`);
}

/** The validator makes `1e309` an infinite number, which none of its bounds stops. */
function refuseInfinite(where: string, value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new ProblemError('MALFORMED', `${where}: a number out of range`);
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) refuseInfinite(where, inner);
}

/** Adds every route of the contract, each behind token, policy and limits. */
export function registerRoutes(app: FastifyInstance, sources: RouteSources): void {
  for (const name of Object.keys(ROUTES) as RouteName[]) registerRoute(app, name, sources);
}

function registerRoute(app: FastifyInstance, name: RouteName, sources: RouteSources): void {
  const route: Route = ROUTES[name];
  const handler = sources.handlers[name] as (call: Call<Route>) => unknown;
  const problems = { '4xx': Problem, '5xx': Problem };
  app.route({
    method: route.method satisfies HTTPMethods,
    url: `${API_PREFIX}${route.path}`,
    config: { rateLimit: { max: route.method === 'GET' ? REQUESTS_PER_MINUTE : CHANGES_PER_MINUTE } },
    schema: {
      ...(route.params === undefined ? {} : { params: route.params }),
      querystring: route.query ?? { type: 'object', properties: {}, additionalProperties: false },
      ...(route.body === undefined ? {} : { body: route.body }),
      response: route.answer === undefined ? problems : { '2xx': route.answer, ...problems },
    },
    onRequest: async (request) => {
      refuseOtherOrigins(route, request, sources.origin);
      if (route.scope !== 'public') CALLERS.set(request, await authenticate(request.headers, sources.verifier));
    },
    // Before the request is looked at closer: what somebody may not do, they are not told how to do.
    preValidation: async (request) => {
      const wanted = { ...route, agencies: agenciesIn(route, request, sources), stepUp: needsStepUp(route, request.query) };
      const decision = decide(CALLERS.get(request)?.principal, wanted, Math.floor(sources.nowUnixMs() / 1000));
      if (decision.kind === 'step-up') throw stepUpNeeded(STEP_UP_S_MAX);
      if (decision.kind === 'deny') throw new ProblemError('FORBIDDEN', 'your roles do not allow this', { reason: decision.reason });
      refuseUnreadAgency(request);
    },
    preHandler: async ({ params, query, body }) => {
      for (const [where, value] of Object.entries({ params, querystring: query, body })) refuseInfinite(where, value);
    },
    handler: async (request, reply) => {
      const verified = CALLERS.get(request);
      const answer = await handler(callOf(request, reply, verified));
      if (reply.sent || reply.raw.headersSent) return reply;
      reply.header('cache-control', 'no-store');
      if (route.mediaType !== undefined) reply.type(answer instanceof Buffer ? route.mediaType : `${route.mediaType}; charset=utf-8`);
      return reply.code(isTried(request.query) ? 200 : route.status).send(answer);
    },
  });
}

function callOf(request: FastifyRequest, reply: FastifyReply, verified: VerifiedToken | undefined): Call<Route> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const { params, query, body } = request;
  const of = { params, query, body, principal: verified?.principal, expiresAtUnixS: verified?.expiresAtUnixS ?? 0 };
  return { ...of, signal: gone.signal, request, reply } as Call<Route>;
}
