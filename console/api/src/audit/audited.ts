import type { AuditEntry } from '@civitas/console-contract';
import type { Principal } from '@civitas/identity';
import { errorFields } from '@civitas/telemetry';
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
 * Does something that changes something: the audit log has it on the disk before it is done, and what became of it afterwards. An end that
 * cannot be written changes no answer: what took effect is done, and the log then refuses the next change.
 *
 * @throws ProblemError AUDIT_UNAVAILABLE, with nothing done, when what is asked cannot be written; what `act` throws.
 */
export async function audited<T>({ audit, log }: Pick<ConsoleContext, 'audit' | 'log'>, deed: Deed, act: () => Promise<T>): Promise<T> {
  const { principal, action, agency, resource } = deed;
  const who = { sub: principal.sub, name: principal.name.slice(0, AUDIT_TEXT_CHARS_MAX), agency, action, resource };
  const append = async (stage: AuditEntry['stage'], of: number, facts: unknown): Promise<number> => {
    const entry = await audit.append({ ...who, stage, of, facts: plain(facts) });
    log.info('audited', { sequence: entry.sequence, hash: entry.hash, stage });
    return entry.sequence;
  };
  const end = (stage: AuditEntry['stage'], of: number, facts: unknown): Promise<unknown> =>
    append(stage, of, facts).catch((error: unknown) => log.error('audit-end-lost', { sequence: of, stage, ...errorFields(error) }));
  const of = await append('asked', 0, deed.facts).catch(refuseUnwritten);
  let done: T;
  try {
    done = await act();
  } catch (error) {
    const problem = problemOfError(error);
    await end('failed', of, { code: problem?.code ?? 'INTERNAL', ...(problem?.reason === undefined ? {} : { reason: problem.reason }) });
    throw error;
  }
  await end('done', of, {});
  return done;
}

function refuseUnwritten(error: unknown): never {
  if (!(error instanceof AuditUnavailable)) throw error;
  throw new ProblemError('AUDIT_UNAVAILABLE', 'the audit log cannot be written, so nothing is changed', { cause: error });
}

/** JSON as it is stored: what is undefined is not there. */
function plain(facts: unknown): unknown {
  return JSON.parse(JSON.stringify(facts ?? {}));
}
