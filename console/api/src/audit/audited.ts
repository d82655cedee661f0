import type { Principal } from '@civitas/identity';
import type { ConsoleContext } from '../context.ts';
import { ProblemError } from '../http/problem-error.ts';
import { problemOfError } from '../http/problem-of-error.ts';
import { AuditUnavailable } from './audit-log.ts';
import { AUDIT_TEXT_CHARS_MAX } from './limits.ts';

/** What is about to be done, and by whom. */
export interface Deed {
  readonly principal: Principal;
  /** Name of the route. */
  readonly action: string;
  /** Agency in whose name; '' for the platform. */
  readonly agency: string;
  readonly resource: string;
  /** What was asked, without secrets. */
  readonly facts?: unknown;
}

/**
 * Does something that changes something: the audit log has it on the disk before it is done, and what became of it afterwards.
 *
 * @throws ProblemError AUDIT_UNAVAILABLE, with nothing done, when the log cannot be written; what `act` throws.
 */
export async function audited<T>({ audit, log }: Pick<ConsoleContext, 'audit' | 'log'>, deed: Deed, act: () => Promise<T>): Promise<T> {
  const { principal, action, agency, resource } = deed;
  const who = { sub: principal.sub, name: principal.name.slice(0, AUDIT_TEXT_CHARS_MAX), agency, action, resource };
  const append = async (stage: 'asked' | 'done' | 'failed', of: number, facts: unknown): Promise<number> => {
    try {
      const entry = await audit.append({ ...who, stage, of, facts: plain(facts) });
      log.info('audited', { sequence: entry.sequence, hash: entry.hash, stage });
      return entry.sequence;
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      throw new ProblemError('AUDIT_UNAVAILABLE', 'the audit log cannot be written, so nothing is changed', { cause: error });
    }
  };
  const of = await append('asked', 0, deed.facts ?? {});
  try {
    const done = await act();
    await append('done', of, {});
    return done;
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'AUDIT_UNAVAILABLE') throw error;
    const problem = problemOfError(error);
    await append('failed', of, { code: problem?.code ?? 'INTERNAL', ...(problem?.reason === undefined ? {} : { reason: problem.reason }) });
    throw error;
  }
}

/** JSON as it is stored: what is undefined is not there. */
function plain(facts: unknown): unknown {
  return JSON.parse(JSON.stringify(facts ?? {}));
}
