import { randomInt } from 'node:crypto';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Step } from '../flows/case-run.ts';
import { prepareCity } from '../flows/city/prepare-city.ts';
import { FLOWS, findBranch, runCase } from '../flows/run-case.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { CommandContext } from './context.ts';
import { wholeNumberOf } from './usage.ts';

const MARKS = { done: '✓', refused: '✗', arrived: '→', private: '·' } as const;

/** One line a step: who, where, at which height, and how it went. */
export function stepLine({ index, title, agency, network, height, hash, outcome, detail }: Step): string {
  const where = height === 0 ? network : `${network} ${height}`;
  const operation = hash === '' ? '' : `  ${hash.slice(0, 12)}`;
  return `${String(index).padStart(3)} ${MARKS[outcome]} ${title}\n      ${agency} at ${where}: ${detail}${operation}`;
}

export interface CaseRunCommandOptions {
  readonly branch: string;
  readonly seed?: string;
  readonly out?: string;
  readonly account?: string;
}

export async function caseRunCommand(context: CommandContext, flow: string, options: CaseRunCommandOptions): Promise<ExitCode> {
  const { terminal } = context;
  const found = findBranch(flow, options.branch);
  const seed =
    options.seed === undefined ? randomInt(2 ** 31) : wholeNumberOf('--seed', options.seed, { min: 0, max: Number.MAX_SAFE_INTEGER });
  const parties = await context.parties();
  await prepareCity({ parties, onStep: (text) => terminal.line(text) });
  terminal.line(`${flow} / ${found.branch.name} (seed ${seed}): ${found.branch.summary}`);
  const onStep = (step: Step): void => terminal.line(stepLine(step));
  const result = await runCase({
    flow,
    branch: found.branch.name,
    seed,
    parties,
    onStep,
    ...(options.out === undefined ? {} : { out: options.out }),
    ...(options.account === undefined ? {} : { account: options.account }),
  });
  terminal.line(`evidence: ${result.bundlePath} (${result.bundleBytes} bytes), verified: ${result.report.checks.length} checks hold`);
  terminal.line(`verify it anywhere, offline: civitas verify ${result.bundlePath}`);
  terminal.result(result);
  return EXIT.ok;
}

export function listBranchesCommand(terminal: Terminal): ExitCode {
  const rows = FLOWS.flatMap(({ name, branches }) => branches.map((branch) => [name, branch.name, branch.summary]));
  terminal.table(['flow', 'branch', 'what happens'], rows);
  terminal.result(
    FLOWS.map(({ name, summary, branches }) => ({
      name,
      summary,
      branches: branches.map((branch) => ({ name: branch.name, summary: branch.summary })),
    })),
  );
  return EXIT.ok;
}
