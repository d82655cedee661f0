import { API_PREFIX, PROBLEMS, type ProblemCode, ROUTES, type Route } from '@civitas/console-contract';
import { errorFields, type Logger, type Tracing } from '@civitas/telemetry';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type ConsoleMeters, followRequests } from '../telemetry/follow-requests.ts';
import { traceRequests } from '../telemetry/trace-requests.ts';
import { BODY_BYTES_MAX, REQUEST_MS_MAX, REQUESTS_PER_MINUTE } from './limits.ts';
import { ProblemError, problemOf } from './problem-error.ts';
import { problemOfError } from './problem-of-error.ts';
import { callerOf, type RouteSources, registerRoutes } from './register-routes.ts';
import { contentSecurityPolicy, setSecurityHeaders } from './security-headers.ts';
import { serveWeb } from './web-files.ts';

export interface ServerOptions extends RouteSources {
  readonly meters: ConsoleMeters;
  readonly log: Logger;
  /** Where spans of requests go; default nowhere. */
  readonly tracing?: Tracing;
  /** Folder of the built web; undefined where there is none. */
  readonly webFolder: string | undefined;
  /** Of a Keycloak on another origin. */
  readonly identityOrigin: string | undefined;
  /** Mounts what else is served on our origin. */
  readonly mount?: (app: FastifyInstance) => Promise<void>;
}

/** The whole HTTP server, not listening yet. */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const { log } = options;
  const policy = contentSecurityPolicy(options.identityOrigin);
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256 },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array', allErrors: true, allowUnionTypes: true } },
    // Before any hook has run: a path that cannot be read.
    frameworkErrors: (_error, _request, reply) => {
      setSecurityHeaders(reply, policy);
      void sendProblem(reply, new ProblemError('MALFORMED', 'the path cannot be read'));
    },
  });
  followRequests(app, options.meters);
  if (options.tracing !== undefined) traceRequests(app, options.tracing);
  app.addHook('onRequest', async (_, reply) => setSecurityHeaders(reply, policy));
  app.setErrorHandler((error, request, reply) => sendProblem(reply, toProblem(error, request, log)));
  await app.register(rateLimit, {
    global: false,
    max: REQUESTS_PER_MINUTE,
    timeWindow: 60_000,
    hook: 'preParsing',
    keyGenerator: callerOf,
    errorResponseBuilder: (_, { after }) => new ProblemError('RATE_LIMITED', `too many requests: try again in ${after}`),
  });
  await app.register(async (scope) => {
    // Nothing but JSON is taken: a form of another site cannot reach the API.
    scope.removeContentTypeParser('text/plain');
    registerRoutes(scope, options);
  });
  if (options.mount !== undefined) await options.mount(app);
  await serveWeb(app, options.webFolder);
  app.setNotFoundHandler((request, reply) => notFound(request, reply));
  return app;
}

const PATHS = Object.values<Route>(ROUTES).map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${API_PREFIX}${path.replaceAll(/:[a-zA-Z]+/g, '[^/]+')}/?$`),
}));

function notFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = new URL(request.url, 'http://console').pathname;
  const isApi = path === '/api' || path.startsWith('/api/');
  const page: unknown = isApi || path.startsWith('/realms/') || path.startsWith('/admin/') ? undefined : Reflect.get(reply, 'sendFile');
  if (typeof page === 'function' && (request.method === 'GET' || request.method === 'HEAD') && !/\.[a-z0-9]+$/i.test(path)) {
    return reply.header('cache-control', 'no-cache').sendFile('index.html');
  }
  const methods = PATHS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  if (methods.length === 0 || methods.some((method) => method === request.method)) return sendProblem(reply, refusal('NOT_FOUND'));
  return sendProblem(reply.header('allow', methods.join(', ')), refusal('METHOD_NOT_ALLOWED'));
}

function refusal(code: ProblemCode): ProblemError {
  return new ProblemError(code, PROBLEMS[code].title);
}

/** What the answer says of an error. A fault or a bug is told to the log alone. */
function toProblem(error: unknown, request: FastifyRequest, log: Logger): ProblemError {
  const problem = problemOfError(error);
  const facts = { method: request.method, route: request.routeOptions?.url ?? '', request: request.id };
  if (problem === undefined) {
    log.error('request-failed', { ...facts, ...errorFields(error) });
    return refusal('INTERNAL');
  }
  if (PROBLEMS[problem.code].status >= 500)
    log.warn('request-refused', { ...facts, code: problem.code, ...errorFields(problem.cause ?? problem) });
  return problem;
}

function sendProblem(reply: FastifyReply, problem: ProblemError): FastifyReply {
  return reply
    .code(PROBLEMS[problem.code].status)
    .headers({ 'cache-control': 'no-store', ...problem.headers })
    .type('application/problem+json; charset=utf-8')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problemOf(problem));
}
