import type { TSchema } from '@sinclair/typebox';
import { IDEMPOTENCY_KEY_CHARS_MAX } from './limits.ts';
import { PROBLEMS, Problem, type ProblemCode } from './problem.ts';
import { API_PREFIX, type Route } from './route.ts';
import { ROUTES } from './routes.ts';

/** Problems that every route may answer with. */
const ALWAYS: readonly ProblemCode[] = ['MALFORMED', 'RATE_LIMITED', 'INTERNAL'];
const SIGNED_IN: readonly ProblemCode[] = ['TOKEN_MISSING', 'TOKEN_REFUSED', 'FORBIDDEN', 'DIRECTORY_UNREACHABLE'];
/** What comes with a change is read before anyone knows whether it wants a body. */
const CHANGING: readonly ProblemCode[] = ['ORIGIN_REFUSED', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED'];

function problemsOf(route: Route): readonly ProblemCode[] {
  const codes = new Set<ProblemCode>([...ALWAYS, ...route.problems]);
  if (route.scope !== 'public') for (const code of SIGNED_IN) codes.add(code);
  // A gateway verifies the token itself, and may want a fresher sign-in than the console does.
  if (route.stepUp === true || route.problems.includes('LEDGER_REFUSED')) codes.add('STEP_UP_NEEDED');
  if (route.method !== 'GET') for (const code of CHANGING) codes.add(code);
  if (route.body !== undefined) codes.add('INVALID');
  return [...codes].sort();
}

function parametersOf(where: 'path' | 'query', schema: TSchema | undefined): readonly object[] {
  const properties: Readonly<Record<string, TSchema>> = schema?.['properties'] ?? {};
  const required: readonly string[] = schema?.['required'] ?? [];
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    ...(property.description === undefined ? {} : { description: property.description }),
    schema: property,
  }));
}

/** What goes with a request besides its path, query and body: each header by the problem that its absence or reuse leads to. */
function headersOf({ problems }: Route): readonly object[] {
  const idempotencyKey = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'Made by the caller for one wish: a repetition with the same key and the same request is answered and not done again.',
    schema: { type: 'string', minLength: 1, maxLength: IDEMPOTENCY_KEY_CHARS_MAX },
  };
  const ifMatch = {
    name: 'If-Match',
    in: 'header',
    required: true,
    description: 'ETag of the version that was read.',
    schema: { type: 'string' },
  };
  return [
    ...(problems.includes('IDEMPOTENCY_REUSED') ? [idempotencyKey] : []),
    ...(problems.includes('PRECONDITION_MISSING') ? [ifMatch] : []),
  ];
}

const hasDryRun = ({ query }: Route): boolean => Reflect.has(query?.['properties'] ?? {}, 'dryRun');

function problemAnswers(route: Route): Readonly<Record<string, object>> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemsOf(route)) byStatus.set(PROBLEMS[code].status, [...(byStatus.get(PROBLEMS[code].status) ?? []), code]);
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries([...byStatus].map(([status, codes]) => [String(status), { description: codes.join(', '), content }]));
}

function operationOf(name: string, route: Route): object {
  const media = route.mediaType ?? 'application/json';
  const schema = route.answer ?? (route.mediaType === undefined ? undefined : { type: 'string' });
  const done = {
    description: 'Done.',
    ...(route.etag === true ? { headers: { ETag: { description: 'Version, for If-Match.', schema: { type: 'string' } } } } : {}),
    ...(schema === undefined ? {} : { content: { [media]: { schema } } }),
  };
  const tried = hasDryRun(route) ? { '200': { ...done, description: 'Tried: nothing has been done.' } } : {};
  return {
    operationId: name,
    summary: route.summary,
    tags: [route.resource],
    'x-civitas-policy': { verb: route.verb, resource: route.resource, scope: route.scope, stepUp: route.stepUp === true },
    ...(route.scope === 'public' ? { security: [] } : {}),
    parameters: [...parametersOf('path', route.params), ...parametersOf('query', route.query), ...headersOf(route)],
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: route.body } } } }),
    responses: { ...tried, [String(route.status)]: done, ...problemAnswers(route) },
  };
}

/** The whole API as an OpenAPI 3.1 document. */
export function openApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, route] of Object.entries<Route>(ROUTES)) {
    const path = route.path.replaceAll(/:([a-zA-Z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(name, route) };
  }
  const { $id: _, ...problem } = Problem;
  return {
    openapi: '3.1.0',
    info: { title: 'Civitas console', version: '1', description: 'REST and server-sent events of the console; see docs/guides.' },
    servers: [{ url: API_PREFIX }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Problem: problem },
    },
  };
}
