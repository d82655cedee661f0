import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeMetrics, operatorMetrics, processMetrics, relayMetrics } from '@civitas/telemetry';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const RULES = join(ROOT, 'charts/civitas/alerts/civitas.rules.yaml');
const present = spawnSync('promtool', ['--version']).error === undefined;
if (!present && process.env['CI'] === 'true') throw new Error('promtool is missing: install the package prometheus');
if (!present) process.stderr.write('SKIPPED: alert rules, because promtool is not installed (package prometheus)\n');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const rules = (parse(readFileSync(RULES, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);

/** For each alert: series under which it must fire after ten minutes, and series under which it must stay silent. */
const CASES: Readonly<Record<string, { fires: [string, string]; silent: [string, string]; mutant: [from: string, to: string] }>> = {
  CivitasTargetDown: {
    fires: ['up{job="civitas-node", instance="a"}', '0x20'],
    silent: ['up{job="civitas-node", instance="a"}', '1x20'],
    mutant: ['== 0', '== 1'],
  },
  CivitasChainStalled: {
    fires: ['civitas_block_timestamp_seconds{network="n"}', '0x20'],
    silent: ['civitas_block_timestamp_seconds{network="n"}', '0+30x20'],
    mutant: ['> 60', '> 6000'],
  },
  CivitasValidatorNotSigning: {
    fires: ['civitas_signing{network="n", node="n-0"}', '0x20'],
    silent: ['civitas_signing{network="n", node="n-0"}', '1x20'],
    mutant: ['== 0', '== 2'],
  },
  CivitasValidatorMisbehaved: {
    fires: ['civitas_validator_misbehaviours{network="n", standing="in-set"}', '1x20'],
    silent: ['civitas_validator_misbehaviours{network="n", standing="removed"}', '1x20'],
    mutant: ['> 0', '> 1'],
  },
  CivitasLinkStuck: {
    fires: ['civitas_relay_oldest_pending_age_seconds{source="a", destination="b"}', '61x20'],
    silent: ['civitas_relay_oldest_pending_age_seconds{source="a", destination="b"}', '60x20'],
    mutant: ['> 60', '> 61'],
  },
  CivitasCertificateExpiring: {
    fires: ['civitas_tls_certificate_not_after_timestamp_seconds{instance="a"}', '1209600x40'],
    silent: ['civitas_tls_certificate_not_after_timestamp_seconds{instance="a"}', '1300000x40'],
    mutant: ['14 * 86400', '13 * 86400'],
  },
  CivitasBackupUnhealthy: {
    fires: ['civitas_operator_network_condition{network="n", condition="BackupHealthy"}', '0x20'],
    silent: ['civitas_operator_network_condition{network="n", condition="BackupHealthy"}', '1x20'],
    mutant: ['== 0', '== 1'],
  },
  CivitasStorageUnhealthy: {
    fires: ['civitas_operator_network_condition{network="n", condition="StorageHealthy"}', '0x20'],
    silent: ['civitas_operator_network_condition{network="n", condition="StorageHealthy"}', '1x20'],
    mutant: ['== 0', '== 1'],
  },
  CivitasCertificatesInvalid: {
    fires: ['civitas_operator_network_condition{network="n", condition="CertificatesValid"}', '0x20'],
    silent: ['civitas_operator_network_condition{network="n", condition="CertificatesValid"}', '1x20'],
    mutant: ['== 0', '== 1'],
  },
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-alerts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs one promtool unit test of one rule file; true when the alert's state is as expected. */
function promtoolAgrees(rulesText: string, alert: string, series: [string, string], firing: boolean): boolean {
  const rulesPath = join(folder, 'rules.yaml');
  const testPath = join(folder, 'test.yaml');
  writeFileSync(rulesPath, rulesText);
  const rule = rules.find((candidate) => candidate.alert === alert);
  const [selector] = series;
  const labels = Object.fromEntries([...selector.matchAll(/(\w+)="([^"]*)"/g)].map((match) => [match[1] ?? '', match[2] ?? '']));
  const test = {
    rule_files: ['rules.yaml'],
    evaluation_interval: '30s',
    // Counting firing series leaves the wording of annotations to people.
    tests: [
      {
        interval: '30s',
        input_series: [{ series: selector, values: series[1] }],
        promql_expr_test: [
          {
            expr: `count(ALERTS{alertname="${alert}", alertstate="firing"}) or vector(0)`,
            eval_time: '10m',
            exp_samples: [{ labels: '{}', value: firing ? 1 : 0 }],
          },
        ],
      },
    ],
  };
  writeFileSync(testPath, JSON.stringify(test));
  expect(rule).toBeDefined();
  expect(labels).not.toEqual({});
  return spawnSync('promtool', ['test', 'rules', testPath], { cwd: folder }).status === 0;
}

describe('alert rules', () => {
  test('every rule has severity, summary, description and a runbook that exists', () => {
    for (const rule of rules) {
      expect(rule.labels['severity']).toMatch(/^(critical|warning|info)$/);
      expect(rule.annotations['summary']).toBeTruthy();
      expect(rule.annotations['description']).toBeTruthy();
      expect(readFileSync(join(ROOT, rule.annotations['runbook_url'] ?? ''), 'utf8')).toContain(`# ${rule.alert}`);
    }
  });

  test('every rule is about metrics of the catalogue, and every rule has its cases', () => {
    const known = new Set(
      [nodeMetrics, relayMetrics, processMetrics, operatorMetrics].flatMap((catalogue) =>
        Object.values(catalogue).map((metric) => metric.name as string),
      ),
    );
    for (const rule of rules) {
      for (const [name] of rule.expr.matchAll(/civitas_\w+/g)) expect(known).toContain(name);
    }
    expect(Object.keys(CASES).sort()).toEqual(rules.map((rule) => rule.alert).sort());
  });

  (present ? test : test.skip)('promtool accepts the file', () => {
    const run = spawnSync('promtool', ['check', 'rules', RULES], { encoding: 'utf8' });
    expect(`${run.status} ${run.stderr}`).toBe('0 ');
  });

  for (const [alert, { fires, silent, mutant }] of Object.entries(CASES)) {
    (present ? test : test.skip)(`${alert} fires, stays silent, and a changed threshold is caught`, () => {
      const text = readFileSync(RULES, 'utf8');
      expect(promtoolAgrees(text, alert, fires, true)).toBe(true);
      expect(promtoolAgrees(text, alert, silent, false)).toBe(true);
      const start = text.indexOf(`alert: ${alert}`);
      const changed = text.slice(0, start) + text.slice(start).replace(mutant[0], mutant[1]);
      expect(changed).not.toBe(text);
      expect(promtoolAgrees(changed, alert, fires, true) && promtoolAgrees(changed, alert, silent, false)).toBe(false);
    });
  }
});
