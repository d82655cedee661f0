import { aTrace, type Tracing } from '@civitas/telemetry';
import type { FastifyInstance } from 'fastify';

const API = '/api/';
const FAULT_STATUS = 500;

/**
 * Each request to the API as a trace of its own: method, the route as its pattern, status. Never a path, which names people, and nothing that a
 * request says of traces itself. Streams of changes are left out: they live for hours.
 */
export function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  app.addHook('onResponse', async (request, reply) => {
    if (!request.url.startsWith(API) || String(reply.raw.getHeader('content-type')).startsWith('text/event-stream')) return;
    const operation = aTrace();
    if (!tracing.samples(operation)) return;
    const endUnixMs = Date.now();
    const { statusCode } = reply;
    const attributes = { method: request.method, route: request.routeOptions.url ?? '', status: statusCode, request: request.id };
    const failure = statusCode >= FAULT_STATUS ? { failure: String(statusCode) } : {};
    tracing.record({ name: 'request', operation, startUnixMs: endUnixMs - reply.elapsedTime, endUnixMs, attributes, ...failure });
  });
}
