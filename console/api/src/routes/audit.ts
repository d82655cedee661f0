import { type AuditEntry, PAGE_ITEMS_DEFAULT } from '@civitas/console-contract';
import { isPlatformAdmin } from '@civitas/identity';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { encodeCursor, wholeCursor } from '../http/page.ts';
import { ProblemError } from '../http/problem-error.ts';
import { agenciesAllowing } from '../policy/policy.ts';

export function auditHandlers(context: ConsoleContext): HandlersOf<'listAudit'> {
  return {
    listAudit: async ({ principal, query }) => {
      const own = isPlatformAdmin(principal) ? undefined : new Set(agenciesAllowing(principal, 'read', 'audit'));
      const { agency, limit = PAGE_ITEMS_DEFAULT } = query;
      if (agency !== undefined && own?.has(agency) === false)
        throw new ProblemError('FORBIDDEN', `the audit log of ${agency} is for its owners and auditors`, { reason: 'not-a-member' });
      const wanted = (entry: AuditEntry): boolean =>
        (own === undefined || own.has(entry.agency)) && (agency === undefined || entry.agency === agency);
      const items = await context.audit.list({ before: wholeCursor(query.cursor) ?? 0, limit, wanted });
      const last = items.at(-1);
      return {
        items: [...items],
        ...(items.length < limit || last === undefined || last.sequence === 1 ? {} : { next: encodeCursor(String(last.sequence)) }),
      };
    },
  };
}
