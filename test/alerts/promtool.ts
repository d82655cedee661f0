import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlertCase } from './cases/alert-case.ts';

export const promtoolPresent = spawnSync('promtool', ['--version']).error === undefined;
if (!promtoolPresent && process.env['CI'] === 'true') throw new Error('promtool is missing: install the package prometheus');
if (!promtoolPresent) process.stderr.write('SKIPPED: alert rules, because promtool is not installed (package prometheus)\n');

/** One expression at one time of one case, and what it must be. */
export interface Expectation {
  readonly test: AlertCase;
  /** Alerts that must be in the state of the case: the rule itself and all its variants, by label `alertname`. */
  readonly alerts: readonly { readonly name: string; readonly severity: string }[];
}

/** A rule file and what must hold under it. */
export interface RuleTest {
  readonly groups: readonly object[];
  readonly expectations: readonly Expectation[];
  /** How often rules are evaluated; default 30 s. */
  readonly evaluationInterval?: string;
}

const EXPRESSION = /expr: "count\(ALERTS\{alertname=\\"(\w+)\\".*?severity=\\"(\w+)\\"/g;

/**
 * Runs all tests in one promtool.
 *
 * @returns names of the alerts (with severity) that were not as expected in some case.
 */
export function disagreeing(tests: readonly RuleTest[]): ReadonlySet<string> {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-alerts-'));
  try {
    const files = tests.map(({ groups, expectations, evaluationInterval }, index) => {
      writeFileSync(join(folder, `rules-${index}.yaml`), JSON.stringify({ groups }));
      const file = join(folder, `test-${index}.yaml`);
      writeFileSync(
        file,
        JSON.stringify({
          rule_files: [`rules-${index}.yaml`],
          evaluation_interval: evaluationInterval ?? '30s',
          tests: expectations.map(testOf),
        }),
      );
      return file;
    });
    const run = spawnSync('promtool', ['test', 'rules', ...files], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 });
    const output = `${run.stdout}${run.stderr}`;
    const failed = new Set([...output.matchAll(EXPRESSION)].map((match) => `${match[1]} ${match[2]}`));
    if (run.status !== 0 && failed.size === 0) throw new Error(output.slice(0, 4000));
    return failed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Counting firing series leaves the wording of annotations to people. */
function testOf({ test, alerts }: Expectation): object {
  return {
    interval: test.interval ?? '30s',
    input_series: test.series.map(([series, values]) => ({ series, values })),
    promql_expr_test: alerts.map(({ name, severity }) => ({
      expr: `count(ALERTS{alertname="${name}", alertstate="firing", severity="${severity}"}) > bool 0 or vector(0)`,
      eval_time: test.at ?? '30m',
      exp_samples: [{ labels: '{}', value: test.fires ? 1 : 0 }],
    })),
  };
}
