import type { consoleMetrics, Instruments } from '@civitas/telemetry';
import type { FastifyInstance } from 'fastify';

export type ConsoleMeters = Instruments<typeof consoleMetrics>;

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
const REASONS = { 401: 'unauthenticated', 403: 'forbidden', 429: 'limited' } as const;

/** Counts every answer of the API. Streams of changes are counted while they are open, and time nothing. */
export function followRequests(app: FastifyInstance, meters: ConsoleMeters): void {
  let streamCount = 0;
  app.addHook('onResponse', async (request, reply) => {
    if (!request.url.startsWith('/api/')) return;
    const method = METHODS.has(request.method) ? request.method : 'other';
    meters.requests.inc({ method, status: `${Math.trunc(reply.statusCode / 100)}xx` });
    const reason = Reflect.get(REASONS, reply.statusCode) as string | undefined;
    if (reason !== undefined) meters.authenticationFailures.inc({ reason });
    if (isStream(reply.raw.getHeader('content-type'))) return;
    meters.requestSeconds.observe({ method }, reply.elapsedTime / 1000);
  });
  app.addHook('preHandler', async (request, reply) => {
    if (!request.headers.accept?.includes(STREAM)) return;
    streamCount += 1;
    meters.eventStreams.set({}, streamCount);
    reply.raw.once('close', () => {
      streamCount -= 1;
      meters.eventStreams.set({}, streamCount);
    });
  });
}

const STREAM = 'text/event-stream';

function isStream(type: unknown): boolean {
  return typeof type === 'string' && type.startsWith(STREAM);
}
