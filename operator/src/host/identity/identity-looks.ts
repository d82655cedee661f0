import { IdentityFault } from '@civitas/identity';
import { type AgencyIdentity, directoryReason } from '../../core/plan/agency-identity.ts';
import type { OperatorContext } from '../controllers/operator-context.ts';
import { SettingsInvalid } from './identity-provider.ts';
import { IDENTITY_RETRY_MS_MAX, IDENTITY_RETRY_MS_MIN } from './limits.ts';

/** What looking at agencies found, and how long to leave one alone that the provider failed for. */
export interface IdentityLooks {
  /** Keeps the fact, and has the agency's status say it where it is news. */
  tell(name: string, identity: AgencyIdentity): void;
  /** Does the work. @returns when to try again where the provider failed, which is told; undefined where it did not. */
  attempt(name: string, work: () => Promise<void>): Promise<{ readonly requeueAfterMs: number } | undefined>;
  /** The next failure is the first again. */
  succeeded(name: string): void;
  forget(name: string): undefined;
}

export function createIdentityLooks({ facts, wake }: Pick<OperatorContext, 'facts' | 'wake'>): IdentityLooks {
  const failures = new Map<string, number>();
  const tell: IdentityLooks['tell'] = (name, identity) => {
    const isNews = JSON.stringify(facts.identities.get(name)) !== JSON.stringify(identity);
    facts.identities.set(name, identity);
    if (isNews) wake('agency', [name]);
  };
  return {
    tell,
    async attempt(name, work) {
      try {
        await work();
        return undefined;
      } catch (error) {
        tell(name, failingOf(error));
        const failed = (failures.get(name) ?? 0) + 1;
        failures.set(name, failed);
        return { requeueAfterMs: Math.min(IDENTITY_RETRY_MS_MIN * 2 ** Math.min(failed - 1, 16), IDENTITY_RETRY_MS_MAX) };
      }
    },
    succeeded(name) {
      failures.delete(name);
    },
    forget(name) {
      failures.delete(name);
      facts.identities.delete(name);
      return undefined;
    },
  };
}

/** What a failed look says of an agency. @throws what is no fault of the provider. */
function failingOf(error: unknown): AgencyIdentity {
  if (error instanceof SettingsInvalid) return { state: 'failing', reason: 'SettingsInvalid', message: error.message };
  if (!(error instanceof IdentityFault)) throw error;
  return { state: 'failing', reason: directoryReason(error.code), message: error.message };
}
