import type { MetricsRegistry } from '@civitas/telemetry';
import type { AuditLog } from '../audit/audit-log.ts';
import type { ConsoleMeters } from './follow-requests.ts';

/** The log, with every entry counted, and whether it takes any said at each scrape. */
export function countedAudit(
  audit: AuditLog,
  meters: Pick<ConsoleMeters, 'auditEntries' | 'auditWritable'>,
  registry: Pick<MetricsRegistry, 'beforeScrape'>,
): AuditLog {
  registry.beforeScrape(() => meters.auditWritable.set({}, audit.problem() === undefined ? 1 : 0));
  return {
    async append(facts) {
      try {
        const entry = await audit.append(facts);
        meters.auditEntries.inc({ result: 'written' });
        return entry;
      } catch (error) {
        meters.auditEntries.inc({ result: 'failed' });
        throw error;
      }
    },
    list: (options) => audit.list(options),
    problem: () => audit.problem(),
    close: () => audit.close(),
  };
}
