import type { IdentityDirectory } from '@civitas/identity';
import { errorFields, type Logger } from '@civitas/telemetry';
import type { ConsoleMeters } from './follow-requests.ts';

/** How often the provider is asked, ms: often enough for an alert within a minute or two. */
const ASK_EVERY_MS = 15_000;
/** Nobody's: a question with an answer that changes nothing. */
const NOBODY = 'civitas-nobody';

export interface DirectoryWatch {
  /** Resolves when the answer, or its absence, is on record. */
  ask(): Promise<void>;
  close(): void;
}

/** Asks the identity provider by the clock whether it answers; what it answers does not matter. */
export function watchDirectory(
  directory: Pick<IdentityDirectory, 'findOrganization'>,
  { up, log }: { readonly up: ConsoleMeters['directoryUp']; readonly log: Pick<Logger, 'warn'> },
  everyMs = ASK_EVERY_MS,
): DirectoryWatch {
  const ask = async (): Promise<void> => {
    try {
      await directory.findOrganization(NOBODY);
      up.set({}, 1);
    } catch (error) {
      // Whatever went wrong, people cannot be looked up.
      up.set({}, 0);
      log.warn('identity-unreachable', errorFields(error));
    }
  };
  void ask();
  const timer = setInterval(() => void ask(), everyMs);
  timer.unref();
  return { ask, close: () => clearInterval(timer) };
}
