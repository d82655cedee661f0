import { type Alert, type Pace, PRODUCTION, type RuleGroup, ruleOf } from './alert.ts';
import { chainAlerts } from './chain-alerts.ts';
import { clientAlerts } from './client-alerts.ts';
import { consoleAlerts } from './console-alerts.ts';
import { laptopAlerts } from './laptop-alerts.ts';
import { linkAlerts } from './link-alerts.ts';
import { operatorAlerts } from './operator-alerts.ts';
import { probeAlerts } from './probe-alerts.ts';
import { processAlerts } from './process-alerts.ts';
import { type Slo, sloGroups } from './slo.ts';
import { slos } from './slos.ts';
import { storageAlerts } from './storage-alerts.ts';

/** The alerts by what they are about; each area is a group of rules. */
export const ALERTS: Readonly<Record<string, readonly Alert[]>> = {
  processes: processAlerts,
  chains: chainAlerts,
  storage: storageAlerts,
  clients: clientAlerts,
  links: linkAlerts,
  probes: probeAlerts,
  operator: operatorAlerts,
  console: consoleAlerts,
  laptop: laptopAlerts,
};

export const SLOS: readonly Slo[] = slos;

/** Every group of rules, as a rule file of Prometheus or a PrometheusRule holds them. */
export function ruleGroups(pace: Pace = PRODUCTION): readonly RuleGroup[] {
  const alerts = Object.entries(ALERTS).map(([area, rules]) => ({
    name: `civitas-${area}`,
    rules: rules.map((rule) => ruleOf(rule, pace)),
  }));
  return [...alerts, ...SLOS.flatMap((slo) => sloGroups(slo, pace))];
}
