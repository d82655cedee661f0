import { setTimeout as pause } from 'node:timers/promises';
import { isApiError } from '@civitas/kube';
import type { KubeletLog } from '@civitas/localcluster';

const TRIES_MAX = 40;
const PAUSE_MS = 100;

/** Writes of whoever does not wait for them. */
export interface ObjectWrites {
  /** Does this after everything that was added for the same object; again after a conflict or a fault. @param what for the log. */
  add(uid: string, what: string, write: () => Promise<void>): void;
  /** Resolves once everything added so far is written or given up; what fails from now on is given up at once. */
  end(): Promise<void>;
}

export function createObjectWrites(log: Pick<KubeletLog, 'error'>): ObjectWrites {
  const lastByUid = new Map<string, Promise<void>>();
  let isEnding = false;

  const insist = async (what: string, write: () => Promise<void>): Promise<void> => {
    for (let tries = 1; ; tries++) {
      try {
        await write();
        return;
      } catch (error) {
        if (isApiError(error, 'NotFound')) return;
        if (isEnding || tries >= TRIES_MAX || isApiError(error, 'Invalid') || isApiError(error, 'Forbidden')) {
          log.error({ what, tries, error: error instanceof Error ? error.message : String(error) }, 'the kubelet could not write');
          return;
        }
        if (!isApiError(error, 'Conflict')) await pause(PAUSE_MS);
      }
    }
  };

  return {
    add(uid, what, write) {
      const done = (lastByUid.get(uid) ?? Promise.resolve())
        .then(() => insist(what, write))
        .finally(() => {
          if (lastByUid.get(uid) === done) lastByUid.delete(uid);
        });
      lastByUid.set(uid, done);
    },
    async end() {
      isEnding = true;
      await Promise.all(lastByUid.values());
    },
  };
}
