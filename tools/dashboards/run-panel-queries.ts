import { DASHBOARDS } from '../../packages/telemetry/src/dashboards/index.ts';
import { withoutVariables } from './read-query.ts';

/** One query of a panel as Prometheus answered it. */
export interface AnsweredQuery {
  /** `<dashboard>: <panel>`. */
  readonly place: string;
  readonly expr: string;
  readonly seriesCount: number;
  /** What the panel says about having no data. */
  readonly emptyWhen: string | undefined;
}

/**
 * Puts every query of every panel to a Prometheus, with all values of each variable.
 *
 * @param interval range of rates, at least four scrapes long.
 * @throws Error when Prometheus refuses a query: that is never the city's doing.
 */
export async function runPanelQueries(prometheusUrl: string, interval: string): Promise<readonly AnsweredQuery[]> {
  const answered: AnsweredQuery[] = [];
  for (const { title, rows } of DASHBOARDS) {
    for (const panel of rows.flatMap(({ panels }) => panels)) {
      for (const query of panel.queries) {
        const expr = withoutVariables(query.expr, interval);
        const seriesCount = await countSeries(prometheusUrl, expr);
        answered.push({ place: `${title}: ${panel.title}`, expr, seriesCount, emptyWhen: panel.emptyWhen });
      }
    }
  }
  return answered;
}

async function countSeries(prometheusUrl: string, expr: string): Promise<number> {
  const response = await fetch(`${prometheusUrl}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query: expr }) });
  const body = (await response.json()) as { status: string; error?: string; data?: { result: readonly { value: [number, string] }[] } };
  if (body.status !== 'success' || body.data === undefined) throw new Error(`${expr}: ${body.error ?? response.status}`);
  return body.data.result.filter(({ value }) => value[1] !== 'NaN').length;
}
