import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ALERTS, type Alert, CATALOGUE, PROMETHEUS_FAMILIES, type Rule, ruleGroups, ruleOf, SLOS, sloGroups } from '@civitas/telemetry';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { AlertCases } from './cases/alert-case.ts';
import { chainCases, storageCases } from './cases/chain-cases.ts';
import { clientCases } from './cases/client-cases.ts';
import { linkCases, probeCases } from './cases/link-cases.ts';
import { consoleCases, operatorCases } from './cases/operator-cases.ts';
import { laptopCases, processCases } from './cases/process-cases.ts';
import { sloCases } from './cases/slo-cases.ts';
import { mutantsOf, sloMutants } from './mutants.ts';
import { disagreeing, promtoolPresent, type RuleTest } from './promtool.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const RULES = join(ROOT, 'charts/civitas/alerts/civitas.rules.yaml');
const EXAMPLE = join(ROOT, 'charts/civitas/alerts/alertmanager.example.yaml');
const RUNBOOK_PARTS = ['**Meaning.**', '**Impact.**', '**Diagnosis.**', '**Mitigation.**', '**Tell**'];
const amtoolPresent = spawnSync('amtool', ['--version']).error === undefined;
if (!amtoolPresent) process.stderr.write('SKIPPED: routing of alerts, because amtool is not installed (package prometheus-alertmanager)\n');
const withPromtool = promtoolPresent ? test : test.skip;
const withAmtool = amtoolPresent ? test : test.skip;

const alerts: readonly Alert[] = Object.values(ALERTS).flat();
const rules: readonly Rule[] = ruleGroups().flatMap((group) => group.rules);
const CASES: AlertCases = {
  ...processCases,
  ...chainCases,
  ...storageCases,
  ...clientCases,
  ...linkCases,
  ...probeCases,
  ...operatorCases,
  ...consoleCases,
  ...laptopCases,
};

describe('alert rules', () => {
  test('are as the catalogue makes them', () => {
    expect(parse(readFileSync(RULES, 'utf8'))).toEqual(JSON.parse(JSON.stringify({ groups: ruleGroups() })));
  });

  test('are forty at least, each with severity, summary, description and a whole runbook', () => {
    expect(new Set(rules.flatMap((rule) => ('alert' in rule ? [rule.alert] : []))).size).toBeGreaterThanOrEqual(40);
    for (const rule of rules) {
      if (!('alert' in rule)) continue;
      expect(rule.labels['severity']).toMatch(/^(critical|warning|info)$/);
      expect(rule.annotations['summary']).toBeTruthy();
      expect(rule.annotations['description']).toMatch(/\.$/);
      const runbook = readFileSync(join(ROOT, rule.annotations['runbook_url'] ?? ''), 'utf8');
      expect(runbook).toContain(`# ${rule.alert}\n`);
      expect(RUNBOOK_PARTS.filter((part) => !runbook.includes(part)).map((part) => `${rule.alert}: ${part}`)).toEqual([]);
    }
  });

  test('ask for families and labels of the catalogue alone', () => {
    const families = new Map<string, readonly string[]>();
    for (const { families: section, constantLabels } of CATALOGUE)
      for (const { name, labels } of Object.values(section))
        families.set(name, [...constantLabels, ...Object.keys(labels), 'job', 'instance', 'pod', 'namespace', 'le']);
    const known = (name: string): readonly string[] | undefined =>
      families.get(name) ?? families.get(name.replace(/_(bucket|count|sum)$/, ''));
    const expressions = [
      ...alerts.map(({ name, expr }) => ({ name, expr })),
      ...SLOS.flatMap(({ name, total, errors }) => [
        { name, expr: total },
        { name, expr: errors },
      ]),
    ];
    for (const { name, expr } of expressions) {
      for (const [, family, selector] of expr.matchAll(/\b([a-z]+(?:_[a-z0-9]+)+)(?:\{([^}]*)\})?(?=[\s)[+\-*/<>=]|$)/g)) {
        if (
          family === undefined ||
          (PROMETHEUS_FAMILIES as readonly string[]).includes(family) ||
          /^(histogram_quantile|predict_linear|group_right|group_left|count_over_time|sum_over_time)$/.test(family)
        )
          continue;
        if (!/^(civitas|process|nodejs|workqueue|controller_runtime|leader_election|rest_client|reflector|events|cometbft)_/.test(family))
          continue;
        const labels = known(family);
        expect({ name, family, isKnown: labels !== undefined }).toEqual({ name, family, isKnown: true });
        const named = [...(selector ?? '').matchAll(/(\w+)\s*(?:=~|!~|!=|=)"/g)].map((match) => match[1] ?? '');
        expect({ name, unknown: named.filter((label) => labels?.includes(label) !== true) }).toEqual({ name, unknown: [] });
      }
    }
  });

  test('have their cases, one that fires and one that does not at least', () => {
    expect(Object.keys(CASES).sort()).toEqual(alerts.map(({ name }) => name as string).sort());
    const lacking = Object.entries(CASES).filter(([, cases]) => new Set(cases.map((one) => one.fires)).size < 2);
    expect(lacking.map(([name]) => name)).toEqual([]);
  });

  withPromtool('pass promtool’s checks and lint', () => {
    const run = spawnSync('promtool', ['check', 'rules', '--lint=all', '--lint-fatal', RULES], { encoding: 'utf8' });
    expect(`${run.status} ${run.stderr}`).toBe('0 ');
  });

  withPromtool('fire and stay silent as their cases say, and each changed threshold is caught', () => {
    const mutants = alerts.map((alert) => ({ alert, mutants: mutantsOf(alert) }));
    const failed = disagreeing(
      mutants.map(({ alert, mutants: others }): RuleTest => {
        const all = [alert, ...others.map((mutant) => mutant.alert)];
        const tests = CASES[alert.name] ?? [];
        return {
          evaluationInterval: tests[0]?.interval ?? '30s',
          groups: [{ name: 'all', rules: all.map((one) => ruleOf(one)) }],
          expectations: tests.map((one) => ({ test: one, alerts: all.map(({ name, severity }) => ({ name, severity })) })),
        };
      }),
    );
    expect(alerts.filter(({ name, severity }) => failed.has(`${name} ${severity}`)).map(({ name }) => name)).toEqual([]);
    const survivors = mutants.flatMap(({ alert, mutants: others }) =>
      others.filter(({ name }) => !failed.has(`${name} ${alert.severity}`)),
    );
    expect(survivors.map(({ alert }) => ({ name: alert.name, expr: alert.expr, limits: alert.limits, waits: alert.waits }))).toEqual([]);
    expect(mutants.flatMap(({ mutants: others }) => others).length).toBeGreaterThan(100);
  });

  withPromtool('burn the budget of each promise as its cases say, and each changed factor is caught', () => {
    const tested = SLOS.map((slo) => {
      const groups = sloGroups(slo);
      const mutants = sloMutants(slo, groups);
      return { slo, groups, mutants, cases: sloCases(slo.name, 1 - slo.objective, slo.eventsMin) };
    });
    const failed = disagreeing(
      tested.flatMap(({ slo, groups, mutants, cases }) =>
        (['critical', 'warning'] as const).map((severity): RuleTest => {
          const others = mutants.filter((mutant) => mutant.severity === severity);
          return {
            evaluationInterval: severity === 'warning' ? '1h' : '10m',
            // One group: its rules are evaluated in order, so that an alert sees what was recorded at the same moment.
            groups: [{ name: 'all', rules: [...groups.flatMap((group) => group.rules), ...others.map(({ rule }) => rule)] }],
            expectations: cases
              .filter((one) => one.severity === severity)
              .map((one) => ({ test: one, alerts: [{ name: slo.alert, severity }, ...others] })),
          };
        }),
      ),
    );
    const wrong = SLOS.flatMap(({ alert }) => ['critical', 'warning'].map((severity) => `${alert} ${severity}`)).filter((name) =>
      failed.has(name),
    );
    expect(wrong).toEqual([]);
    const survivors = tested.flatMap(({ mutants }) => mutants.filter(({ name, severity }) => !failed.has(`${name} ${severity}`)));
    expect(survivors.map(({ rule }) => rule)).toEqual([]);
  });
});

describe('the routing example', () => {
  const routed = (...labels: readonly string[]): string =>
    spawnSync('amtool', ['config', 'routes', 'test', `--config.file=${EXAMPLE}`, ...labels], { encoding: 'utf8' }).stdout.trim();

  withAmtool('is one that Alertmanager takes', () => {
    const run = spawnSync('amtool', ['check-config', EXAMPLE], { encoding: 'utf8' });
    expect({ status: run.status, output: run.stdout.includes('SUCCESS') }).toEqual({ status: 0, output: true });
  });

  withAmtool('pages for what is critical, tickets warnings, and keeps the rest', () => {
    expect(routed('alertname=CivitasChainStalled', 'severity=critical')).toBe('civitas-page');
    expect(routed('alertname=CivitasVolumeFilling', 'severity=warning')).toBe('civitas-ticket');
    expect(routed('alertname=CivitasVersionsDiffer', 'severity=info')).toBe('civitas-journal');
    expect(routed('alertname=SomethingElse', 'severity=critical')).toBe('nobody');
  });
});
