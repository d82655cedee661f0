import type { FastifyRequest } from 'fastify';

/** The one value of a header that may come once; undefined when the request has none. */
export function headerOf({ headers }: Pick<FastifyRequest, 'headers'>, name: 'if-match' | 'idempotency-key'): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}
