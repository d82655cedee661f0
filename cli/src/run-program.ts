import { limitConnects } from '@civitas/node-call';
import { type Command, CommanderError } from 'commander';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { exitCodeOf, Fault, Refused } from './fault.ts';

/** Runs a command's body with what it needs, and tells its exit code. Commands load their own code, so that --help stays quick. */
export type Runner<Context> = (command: Command, body: (context: Context) => Promise<ExitCode>) => Promise<void>;

export interface ProgramPort<Context> {
  readonly run: Runner<Context>;
  /** For what needs nothing of the outside. */
  readonly exit: (code: ExitCode) => void;
}

export interface RunnableProgram<Context> {
  /** Stands before each message. */
  readonly name: string;
  readonly create: (port: ProgramPort<Context>) => Command;
  /** What a command with these options works with. */
  readonly open: (options: Readonly<Record<string, unknown>>, signal: AbortSignal) => Context & { close(): void };
  /** Whether its result is one JSON document. */
  readonly isJson: (options: Readonly<Record<string, unknown>>) => boolean;
}

/** Parses the command line, runs the command, and ends with the exit code of what became of it. */
export async function runProgram<Context>({ name, create, open, isJson }: RunnableProgram<Context>): Promise<void> {
  limitConnects();
  const abort = new AbortController();
  const onSignal = (): void => {
    // The second time the person means it.
    if (abort.signal.aborted) process.exit(EXIT.interrupted);
    abort.abort(new Fault('INTERRUPTED', 'interrupted', { exitCode: EXIT.interrupted }));
  };
  const run: Runner<Context> = async (command, body) => {
    const options: Readonly<Record<string, unknown>> = command.optsWithGlobals();
    let context: (Context & { close(): void }) | undefined;
    try {
      context = open(options, abort.signal);
      process.exitCode = await body(context);
    } catch (error) {
      const interrupted = abort.signal.aborted;
      // The progress bar stands on the line that the message would go to.
      if (interrupted) process.stderr.write('\n');
      tell(name, interrupted ? abort.signal.reason : error, isJson(options));
      process.exitCode = interrupted ? EXIT.interrupted : exitCodeOf(error);
    } finally {
      context?.close();
    }
  };
  const exit = (code: ExitCode): void => {
    process.exitCode = code;
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.stdout.on('error', () => process.exit(EXIT.fault));
  const program = create({ run, exit });
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
      tell(name, error, isJson(program.opts()));
      process.exitCode = exitCodeOf(error);
    }
  }
}

function tell(name: string, error: unknown, json: boolean): void {
  const message = error instanceof Error ? error.message : String(error);
  const known = error instanceof Fault || error instanceof Refused;
  process.stderr.write(known ? `${name}: ${message}\n` : `${name}: ${error instanceof Error ? (error.stack ?? message) : message}\n`);
  if (!json) return;
  const { code, facts } = error instanceof Refused ? error.refusal : error instanceof Fault ? error : { code: 'UNEXPECTED', facts: {} };
  process.stdout.write(`${JSON.stringify({ ok: false, code, facts, message })}\n`);
}
