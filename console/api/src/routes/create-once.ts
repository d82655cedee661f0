import type { Principal } from '@civitas/identity';
import type { FastifyRequest } from 'fastify';
import { audited } from '../audit/audited.ts';
import type { ConsoleContext } from '../context.ts';
import { headerOf } from '../http/header-of.ts';

interface Creation {
  readonly principal: Principal;
  readonly query: { readonly dryRun?: boolean };
  readonly body: { readonly name: string };
  readonly request: FastifyRequest;
}

/**
 * Makes a resource that a form describes: once per `Idempotency-Key`, and in the audit log first. What is only tried makes nothing, so it
 * needs neither.
 *
 * @param made name of the route and kind of what it makes.
 */
export async function createOnce<T>(
  context: ConsoleContext,
  { principal, query, body, request }: Creation,
  made: { readonly action: string; readonly kind: string },
  create: (dryRun: boolean) => Promise<T>,
): Promise<T> {
  if (query.dryRun === true) return create(true);
  const deed = { principal, action: made.action, agency: '', resource: `${made.kind}/${body.name}`, facts: body };
  const key = { sub: principal.sub, header: headerOf(request, 'idempotency-key'), request: [made.action, body] };
  return context.idempotency.once(key, () => audited(context, deed, () => create(false)));
}
