import { waitFor } from '@civitas/testkit';
import { findPodProcess } from './pod-processes.ts';

const RESTARTED_MS = 90_000;

/**
 * Kills a pod's process at a moment, and waits for the next one.
 *
 * @param moment `at` is waited for; then `isRight` looks while the process stands still, which goes on where it says no.
 * @returns whether it was killed.
 */
export async function killPod(
  home: string,
  pod: string,
  moment: { readonly at?: () => Promise<void>; readonly isRight?: () => Promise<boolean> } = {},
): Promise<boolean> {
  const pid = findPodProcess(home, pod);
  if (pid === undefined) throw new Error(`${pod} does not run`);
  await moment.at?.();
  process.kill(pid, 'SIGSTOP');
  let isRight = false;
  try {
    isRight = (await moment.isRight?.()) ?? true;
  } finally {
    process.kill(pid, isRight ? 'SIGKILL' : 'SIGCONT');
  }
  if (!isRight) return false;
  const isNext = (): boolean => ![undefined, pid].includes(findPodProcess(home, pod));
  await waitFor(`new process of ${pod}`, isNext, RESTARTED_MS);
  return true;
}
