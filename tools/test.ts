/**
 * `npm test [-- suite…]`: runs the suites one after another, each with a time budget, prints what each took, and closes with one
 * line `N passed, N failed, N skipped`. Without names: unit and e2e. `--full` has suites try all that they otherwise sample. A
 * budget that is exceeded is reported with the slowest tests, not a failure: speed is measured in bench/, not here.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Suite {
  readonly name: string;
  readonly budgetSeconds: number;
  readonly jestArguments: readonly string[];
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** One suite's, with the tests that passed only when they were played once more. */
interface SuiteCounts extends Counts {
  readonly secondTries: readonly string[];
  /** The tests that took longest, with their seconds. */
  readonly slowest: readonly string[];
}

/** One test in jest's own report. */
interface TestResult {
  readonly fullName: string;
  readonly status: string;
  readonly invocations?: number;
  readonly duration?: number | null;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const suites: readonly Suite[] = [
  { name: 'unit', budgetSeconds: 260, jestArguments: ['--config', 'jest.config.mjs'] },
  { name: 'e2e', budgetSeconds: 150, jestArguments: ['--config', 'test/e2e/jest.config.mjs', '--runInBand'] },
  { name: 'alerts', budgetSeconds: 60, jestArguments: ['--config', 'test/alerts/jest.config.mjs', '--runInBand'] },
  { name: 'consensus', budgetSeconds: 600, jestArguments: ['--config', 'test/consensus/jest.config.mjs'] },
  { name: 'operator', budgetSeconds: 480, jestArguments: ['--config', 'test/operator/jest.config.mjs'] },
  { name: 'chart', budgetSeconds: 120, jestArguments: ['--config', 'test/chart/jest.config.mjs', '--runInBand'] },
  { name: 'cluster', budgetSeconds: 600, jestArguments: ['--config', 'test/cluster/jest.config.mjs', '--runInBand'] },
  { name: 'console', budgetSeconds: 480, jestArguments: ['--config', 'test/console/jest.config.mjs', '--maxWorkers', '2'] },
  { name: 'observability', budgetSeconds: 300, jestArguments: ['--config', 'test/observability/jest.config.mjs', '--runInBand'] },
  { name: 'browser', budgetSeconds: 60, jestArguments: ['--config', 'test/browser/jest.config.mjs', '--runInBand'] },
];

/** What needs nothing but Node; the others say which package they need. */
const DEFAULT_SUITES: readonly string[] = ['unit', 'e2e'];

const SLOWEST_SHOWN = 5;

function slowestOf(results: readonly TestResult[]): readonly string[] {
  const bySeconds = results.map(({ fullName, duration }) => ({ fullName, seconds: (duration ?? 0) / 1000 }));
  bySeconds.sort((left, right) => right.seconds - left.seconds);
  return bySeconds.slice(0, SLOWEST_SHOWN).map(({ fullName, seconds }) => `${seconds.toFixed(1)} s  ${fullName}`);
}

/** Counts from jest's own report; a suite that dies before its report counts as one failure. */
function countsOf(reportPath: string): SuiteCounts {
  try {
    const report = JSON.parse(readFileSync(reportPath, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
      numPendingTests: number;
      numTodoTests: number;
      numRuntimeErrorTestSuites: number;
      testResults: readonly { readonly assertionResults: readonly TestResult[] }[];
    };
    const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
    const secondTries = results.filter(({ status, invocations = 1 }) => status === 'passed' && invocations > 1);
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
      skipped: report.numPendingTests + report.numTodoTests,
      secondTries: secondTries.map(({ fullName }) => fullName),
      slowest: slowestOf(results),
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0, secondTries: [], slowest: [] };
  }
}

function runJest(suite: Suite, extra: readonly string[]): Promise<SuiteCounts> {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-report-'));
  const reportPath = join(folder, 'report.json');
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [
        '--experimental-vm-modules',
        '--disable-warning=ExperimentalWarning',
        join(root, 'node_modules/jest/bin/jest.js'),
        ...suite.jestArguments,
        '--json',
        '--outputFile',
        reportPath,
        ...extra,
      ],
      // jest writes its JSON to stdout as well; people read the report on stderr.
      { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    child.on('close', (code) => {
      const counts = countsOf(reportPath);
      rmSync(folder, { recursive: true, force: true });
      if (code !== 0 && counts.failed === 0) counts.failed = 1;
      resolve(counts);
    });
  });
}

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const extra = process.argv.slice(2).filter((argument) => argument.startsWith('-') && argument !== '--full');
// Suites that try a sample of what there is try all of it.
if (process.argv.includes('--full')) process.env['CIVITAS_FULL'] = '1';
const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  process.stderr.write(`npm test: no suite called ${unknown.join(', ')}; there are ${suites.map((suite) => suite.name).join(', ')}\n`);
  process.exit(2);
}
const chosen = suites.filter((suite) => (names.length === 0 ? DEFAULT_SUITES.includes(suite.name) : names.includes(suite.name)));

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const times: string[] = [];
for (const suite of chosen) {
  const startedMs = performance.now();
  const counts = await runJest(suite, extra);
  const seconds = (performance.now() - startedMs) / 1000;
  const isOver = seconds > suite.budgetSeconds;
  times.push(`${suite.name}: ${seconds.toFixed(1)} s of ${suite.budgetSeconds} s${isOver ? ' (OVER BUDGET)' : ''}`);
  if (isOver) times.push(...counts.slowest.map((line) => `  ${line}`));
  times.push(...counts.secondTries.map((name) => `LATE: passed at the second try: ${name}`));
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}
process.stdout.write(`${times.join('\n')}\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exit(total.failed === 0 ? 0 : 1);
