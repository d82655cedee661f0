import { runPanelQueries } from '../../../tools/dashboards/run-panel-queries.ts';

export interface PanelAnswers {
  /** Of all queries, how many had data. */
  readonly answeredCount: number;
  readonly allCount: number;
  /** Queries without data, each with what its panel says of having none. */
  readonly empty: readonly string[];
  /** Those of panels that should always have some. */
  readonly missing: readonly string[];
}

/** Puts every query of every dashboard to a Prometheus that scrapes a whole city. @param interval range of rates. */
export async function panelAnswers(prometheusUrl: string, interval: string): Promise<PanelAnswers> {
  const all = await runPanelQueries(prometheusUrl, interval);
  const empty = all.filter(({ seriesCount }) => seriesCount === 0);
  const textOf = ({ place, expr, emptyWhen = 'always' }: (typeof all)[number]): string => `${place} (${emptyWhen}): ${expr}`;
  return {
    allCount: all.length,
    answeredCount: all.length - empty.length,
    empty: empty.map(textOf),
    missing: empty.filter(({ emptyWhen }) => emptyWhen === undefined).map(textOf),
  };
}
