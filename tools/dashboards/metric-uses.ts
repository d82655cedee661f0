import { ruleGroups } from '../../packages/telemetry/src/alerts/alert-rules.ts';
import { DASHBOARDS } from '../../packages/telemetry/src/dashboards/index.ts';
import { familyOf } from './known-series.ts';
import { readQuery, withoutVariables } from './read-query.ts';

/** Where a family is used, by name. */
export interface MetricUses {
  readonly dashboards: readonly string[];
  readonly alerts: readonly string[];
}

/** One expression of a panel or a rule, and what it is in. */
export interface UsedExpression {
  readonly place: string;
  readonly kind: 'dashboard' | 'alert' | 'record';
  readonly owner: string;
  readonly expr: string;
}

/** Every expression of every panel and rule, with Grafana's variables filled in. */
export function usedExpressions(): readonly UsedExpression[] {
  const panels = DASHBOARDS.flatMap(({ title, rows }) =>
    rows.flatMap((row) =>
      row.panels.flatMap((panel) =>
        panel.queries.map(({ expr }) => ({
          place: `${title}: ${panel.title}`,
          kind: 'dashboard' as const,
          owner: title.replace('Civitas / ', ''),
          expr: withoutVariables(expr),
        })),
      ),
    ),
  );
  const rules = ruleGroups().flatMap(({ rules: own }) => {
    const alert = own.flatMap((rule) => ('alert' in rule ? [rule.alert] : []))[0];
    return own.map((rule) =>
      'alert' in rule
        ? { place: rule.alert, kind: 'alert' as const, owner: rule.alert, expr: rule.expr }
        : { place: `${rule.record} ${rule.labels['sloth_slo'] ?? ''}`, kind: 'record' as const, owner: alert ?? '', expr: rule.expr },
    );
  });
  return [...panels, ...rules];
}

/** By family: the dashboards and alerts that ask for it. */
export function usesOfMetrics(): ReadonlyMap<string, MetricUses> {
  const uses = new Map<string, { dashboards: Set<string>; alerts: Set<string> }>();
  const sloAlerts = new Map<string, string>();
  for (const rule of ruleGroups().flatMap(({ rules }) => rules)) {
    const slo = 'alert' in rule ? rule.labels['sloth_slo'] : undefined;
    if ('alert' in rule && slo !== undefined) sloAlerts.set(slo, rule.alert);
  }
  for (const { kind, owner, place, expr } of usedExpressions()) {
    for (const { name } of readQuery(expr).selectors) {
      const family = familyOf(name);
      const use = uses.get(family) ?? { dashboards: new Set(), alerts: new Set() };
      uses.set(family, use);
      if (kind === 'dashboard') use.dashboards.add(owner);
      else use.alerts.add(kind === 'alert' ? owner : (sloAlerts.get(place.split(' ')[1] ?? '') ?? owner));
    }
  }
  return new Map(
    [...uses].map(([name, { dashboards, alerts }]) => [
      name,
      { dashboards: [...dashboards], alerts: [...alerts].filter((one) => one !== '') },
    ]),
  );
}
