import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LateError, waitFor } from '@civitas/testkit';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** A command that asks a process which hangs is given up, ms. */
const COMMAND_MS = 30_000;
/** For a busy machine, ms. */
const CAUSE_MS = 90_000;

/** Commands of a runbook's diagnosis, without their remarks. */
function diagnosisOf(alert: string): readonly string[] {
  const text = readFileSync(join(ROOT, 'docs/runbooks', `${alert}.md`), 'utf8');
  const block = /\*\*Diagnosis\.\*\*\n```\n([\s\S]*?)\n```/.exec(text)?.[1];
  if (block === undefined) throw new Error(`the runbook of ${alert} has no commands`);
  return block.split('\n').map((line) => line.replace(/\s+#\s.*$/, '').trim());
}

/**
 * Runs those commands of a runbook whose placeholders are all known, as a person would after reading it.
 *
 * @returns what they wrote, one after the other, each after its own line.
 */
async function runDiagnosis(alert: string, known: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv): Promise<string> {
  const filled = diagnosisOf(alert).map((command) => command.replaceAll(/<([\w ]+)>/g, (whole, name: string) => known[name] ?? whole));
  const written: string[] = [];
  for (const command of filled.filter((line) => !/<[\w ]+>/.test(line))) {
    const { output, code } = await run(command, environment);
    if (code === 127 || /unknown (command|flag|option)/.test(output)) throw new Error(`${command}: ${output}`);
    written.push(`$ ${command}\n${output}`);
  }
  return written.join('\n');
}

/**
 * Until the commands of a runbook show the cause: what a cluster knows of a fault comes in pieces.
 *
 * @throws LateError with what they wrote last.
 */
export async function waitForCause(
  alert: string,
  shows: RegExp,
  surroundings: { readonly known: Readonly<Record<string, string>>; readonly environment: NodeJS.ProcessEnv },
): Promise<void> {
  let written = '';
  const isShown = async (): Promise<boolean> => {
    written = await runDiagnosis(alert, surroundings.known, surroundings.environment);
    return shows.test(written);
  };
  await waitFor(`cause in the runbook of ${alert}`, isShown, CAUSE_MS).catch((error: unknown) => {
    throw new LateError(`${String(shows)} is not in:\n${written}`, { cause: error });
  });
}

function run(command: string, environment: NodeJS.ProcessEnv): Promise<{ output: string; code: number | null }> {
  return new Promise((resolve) => {
    const child = spawn('bash', ['-c', command], { cwd: ROOT, env: environment, stdio: ['ignore', 'pipe', 'pipe'], timeout: COMMAND_MS });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    child.on('close', (code) => resolve({ output, code }));
  });
}
