import type { JsonObject, Refusal } from '@civitas/canon';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** The world failed. `message` is for people: what was got, what was expected. */
export class Fault extends Error {
  readonly code: string;
  readonly facts: JsonObject;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, options: { facts?: JsonObject; cause?: unknown; exitCode?: ExitCode } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'Fault';
    this.code = code;
    this.facts = options.facts ?? {};
    this.exitCode = options.exitCode ?? EXIT.fault;
  }
}

/** A ledger, vault or registrar said no, where the caller has no way on. */
export class Refused extends Error {
  readonly refusal: Refusal;
  /** What was asked, such as `health: health.access@v1 release`. */
  readonly request: string;

  constructor(request: string, refusal: Refusal) {
    super(`${request} was refused: ${refusal.code} ${JSON.stringify(refusal.facts)}`);
    this.name = 'Refused';
    this.request = request;
    this.refusal = refusal;
  }
}

/** The exit code an error ends the program with. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Refused) return EXIT.refused;
  if (error instanceof Fault) return error.exitCode;
  return EXIT.fault;
}
