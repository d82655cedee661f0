import { type Pace, PRODUCTION, type Rule, type RuleGroup, windowAt } from './alert.ts';

/** A promise over 30 days, from which burn-rate rules are made. */
export interface Slo {
  /** Names the runbook, docs/runbooks/<alert>.md, and both of its alerts. */
  readonly alert: `Civitas${string}`;
  /** Sloth's id is civitas-<name>. */
  readonly name: string;
  /** Share of events that must be good, 0 … 1. */
  readonly objective: number;
  /** Events and bad events within `[$window]`, summed by `by`. */
  readonly total: string;
  readonly errors: string;
  readonly by: readonly string[];
  /** With fewer events an hour a ratio says nothing, and no alert fires. */
  readonly eventsMin: number;
  readonly summary: string;
  readonly description: string;
}

/** Google SRE workbook, chapter 5: share of the budget that is gone by the time it fires: 2 %, 5 %, 10 %. */
export const BURN = {
  fast: { factor: 14.4, long: 3600, short: 300 },
  medium: { factor: 6, long: 21_600, short: 1800 },
  slow: { factor: 1, long: 259_200, short: 21_600 },
} as const;

const WINDOWS = [
  { name: '5m', seconds: 300 },
  { name: '30m', seconds: 1800 },
  { name: '1h', seconds: 3600 },
  { name: '6h', seconds: 21_600 },
  { name: '3d', seconds: 259_200 },
] as const;
const PERIOD_DAYS = 30;

const nameOf = (seconds: number): string => WINDOWS.find((window) => window.seconds === seconds)?.name ?? '';

/** Recorded ratios and alerts of one promise, with the names that Sloth records, so that its dashboards and it can take over. */
export function sloGroups(slo: Slo, pace: Pace = PRODUCTION): readonly RuleGroup[] {
  const id = `civitas-${slo.name}`;
  const labels = { sloth_id: id, sloth_service: 'civitas', sloth_slo: slo.name };
  const fill = (text: string, seconds: number): string => text.replaceAll('$window', windowAt(seconds, pace));
  const recordings: Rule[] = WINDOWS.map(({ name, seconds }) => ({
    record: `slo:sli_error:ratio_rate${name}`,
    expr: `(${fill(slo.errors, seconds)}) / (${fill(slo.total, seconds)} > 0)`,
    labels: { ...labels, sloth_window: name },
  }));
  const events: Rule = { record: 'slo:sli_events:increase1h', expr: fill(slo.total, 3600), labels };
  const selector = `{sloth_id="${id}"}`;
  const budget = Number((1 - slo.objective).toFixed(6));
  const on = `on (${['sloth_id', ...slo.by].join(', ')})`;
  const meta: Rule[] = [
    { record: 'slo:objective:ratio', expr: `vector(${slo.objective})`, labels },
    { record: 'slo:error_budget:ratio', expr: `vector(${budget})`, labels },
    { record: 'slo:time_period:days', expr: `vector(${PERIOD_DAYS})`, labels },
    {
      record: 'slo:sli_error:ratio_rate30d',
      expr: `avg_over_time(slo:sli_error:ratio_rate5m${selector}[${windowAt(PERIOD_DAYS * 86_400, pace)}])`,
      labels: { ...labels, sloth_window: '30d' },
    },
    { record: 'slo:current_burn_rate:ratio', expr: `slo:sli_error:ratio_rate5m${selector} / ${budget}`, labels },
    { record: 'slo:period_error_budget_remaining:ratio', expr: `1 - slo:sli_error:ratio_rate30d${selector} / ${budget}`, labels },
    { record: 'sloth_slo_info', expr: 'vector(1)', labels: { ...labels, sloth_objective: String(slo.objective * 100) } },
  ];
  const alert = (severity: string, burn: string): Rule => ({
    alert: slo.alert,
    expr: `(${burn}) and ${on} slo:sli_events:increase1h${selector} >= ${slo.eventsMin / pace.timeScale}`,
    for: '0s',
    labels: { severity, ...labels },
    annotations: { summary: slo.summary, description: slo.description, runbook_url: `docs/runbooks/${slo.alert}.md` },
  });
  const over = ({ factor, long, short }: (typeof BURN)[keyof typeof BURN]): string =>
    [long, short]
      .map((seconds) => `max without (sloth_window) (slo:sli_error:ratio_rate${nameOf(seconds)}${selector}) > ${factor} * ${budget}`)
      .join(' and ');
  return [
    { name: `sloth-slo-sli-recordings-${id}`, rules: [...recordings, events] },
    { name: `sloth-slo-meta-recordings-${id}`, rules: meta },
    {
      name: `sloth-slo-alerts-${id}`,
      rules: [alert('critical', `(${over(BURN.fast)}) or (${over(BURN.medium)})`), alert('warning', over(BURN.slow))],
    },
  ];
}
