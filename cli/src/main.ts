import { CommanderError } from 'commander';
import { openContext } from './commands/open-context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { exitCodeOf, Fault, Refused } from './fault.ts';
import { createProgram, type Runner } from './program.ts';

const abort = new AbortController();

function onSignal(): void {
  // The second time the person means it.
  if (abort.signal.aborted) process.exit(EXIT.interrupted);
  abort.abort(new Fault('INTERRUPTED', 'interrupted', { exitCode: EXIT.interrupted }));
}

function tell(error: unknown, json: boolean): void {
  const message = error instanceof Error ? error.message : String(error);
  const known = error instanceof Fault || error instanceof Refused;
  process.stderr.write(known ? `civitas: ${message}\n` : `civitas: ${error instanceof Error ? (error.stack ?? message) : message}\n`);
  if (!json) return;
  const { code, facts } = error instanceof Refused ? error.refusal : error instanceof Fault ? error : { code: 'UNEXPECTED', facts: {} };
  process.stdout.write(`${JSON.stringify({ ok: false, code, facts, message })}\n`);
}

const run: Runner = async (command, body) => {
  const options = command.optsWithGlobals();
  const context = openContext(options, abort.signal);
  try {
    process.exitCode = await body(context);
  } catch (error) {
    const interrupted = abort.signal.aborted;
    // The progress bar stands on the line that the message would go to.
    if (interrupted) process.stderr.write('\n');
    tell(interrupted ? abort.signal.reason : error, options['json'] === true);
    process.exitCode = interrupted ? EXIT.interrupted : exitCodeOf(error);
  } finally {
    context.close();
  }
};

const exit = (code: ExitCode): void => {
  process.exitCode = code;
};

async function main(): Promise<void> {
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.stdout.on('error', () => process.exit(EXIT.fault));
  const program = createProgram({ run, exit });
  const override = (error: CommanderError): never => {
    throw error;
  };
  const everywhere = [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)];
  for (const command of everywhere) command.exitOverride(override);
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    else {
      tell(error, program.opts()['json'] === true);
      process.exitCode = exitCodeOf(error);
    }
  }
}

await main();
