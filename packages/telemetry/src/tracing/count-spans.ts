import type { processMetrics } from '../process-metrics.ts';
import type { Instruments, MetricsRegistry } from '../registry.ts';
import type { Tracing } from './tracing.ts';

const RESULTS = ['exported', 'failed', 'dropped'] as const;

/** Says in the metrics of the process what becomes of its spans. */
export function countSpans(
  tracing: Tracing,
  { traceSpans }: Pick<Instruments<typeof processMetrics>, 'traceSpans'>,
  registry: MetricsRegistry,
): void {
  let counted = tracing.counts();
  registry.beforeScrape(() => {
    const counts = tracing.counts();
    for (const result of RESULTS) traceSpans.inc({ result }, counts[result] - counted[result]);
    counted = counts;
  });
}
