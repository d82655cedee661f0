export type Severity = 'critical' | 'warning' | 'info';

/** One alerting rule. Everything that a drill makes faster is named, so that one text serves production and drill. */
export interface Alert {
  /** Also the name of its runbook, docs/runbooks/<name>.md. */
  readonly name: `Civitas${string}`;
  readonly severity: Severity;
  /** PromQL; `$name` stands for an entry of `limits`, `waits`, `windows` or `counts`. */
  readonly expr: string;
  /** Thresholds that do not depend on the pace of a drill. */
  readonly limits?: Readonly<Record<string, number>>;
  /** Thresholds that are a time to wait, seconds; a drill shortens them. */
  readonly waits?: Readonly<Record<string, number>>;
  /** Ranges of rates and increases, seconds; a drill shortens them. */
  readonly windows?: Readonly<Record<string, number>>;
  /** How often what has a pace of its own may happen within a range; a drill shortens the range, and so makes them fewer. */
  readonly counts?: Readonly<Record<string, number>>;
  /** How long the expression must hold, seconds. */
  readonly forSeconds: number;
  /** One line with the labels that tell where; Prometheus templates. */
  readonly summary: string;
  /** What it means and what it does not, in whole sentences. */
  readonly description: string;
}

/** One rule as Prometheus reads it. */
export type Rule =
  | {
      readonly alert: string;
      readonly expr: string;
      readonly for: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
    }
  | { readonly record: string; readonly expr: string; readonly labels: Readonly<Record<string, string>> };

export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly Rule[];
}

export interface Pace {
  /** 1 in production; a drill divides waits, windows and `for` by it. */
  readonly timeScale: number;
  /** Shortest range, seconds: a rate needs at least four scrapes in it. */
  readonly windowSecondsMin: number;
}

export const PRODUCTION: Pace = { timeScale: 1, windowSecondsMin: 60 };

/** Seconds as Prometheus writes them: 90 s, 15 m, 6 h, 3 d. */
export function durationOf(seconds: number): string {
  const whole = Math.round(seconds);
  const units = [
    { unit: 'd', length: 86_400 },
    { unit: 'h', length: 3600 },
    { unit: 'm', length: 60 },
  ] as const;
  const fit = units.find(({ length }) => whole >= length && whole % length === 0);
  return fit === undefined ? `${whole}s` : `${whole / fit.length}${fit.unit}`;
}

/** A range at a pace. */
export function windowAt(seconds: number, { timeScale, windowSecondsMin }: Pace): string {
  return durationOf(timeScale === 1 ? seconds : Math.max(windowSecondsMin, seconds / timeScale));
}

/** The alert's expression with its numbers in it. */
export function expressionOf({ expr, limits = {}, waits = {}, windows = {}, counts = {} }: Alert, pace: Pace = PRODUCTION): string {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(limits)) values[name] = String(value);
  for (const [name, value] of Object.entries({ ...waits, ...counts })) values[name] = String(value / pace.timeScale);
  for (const [name, value] of Object.entries(windows)) values[name] = windowAt(value, pace);
  return expr.replaceAll(/\$(\w+)/g, (whole, name: string) => values[name] ?? whole);
}

/** The alert as Prometheus reads it. */
export function ruleOf(alert: Alert, pace: Pace = PRODUCTION): Rule {
  return {
    alert: alert.name,
    expr: expressionOf(alert, pace),
    for: durationOf(alert.forSeconds / pace.timeScale),
    labels: { severity: alert.severity },
    annotations: {
      summary: alert.summary,
      description: alert.description,
      runbook_url: `docs/runbooks/${alert.name}.md`,
    },
  };
}
