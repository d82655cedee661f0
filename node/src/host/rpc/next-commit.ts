import type { LedgerHost } from '../ledger/ledger-host.ts';

/** Resolves at the next block whose height is above `aboveHeight`, or when the wait is over. */
export function nextCommit(ledger: Pick<LedgerHost, 'onCommit'>, waitMs: number, aboveHeight = 0): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const timer = setTimeout(finish, waitMs);
    const stop = ledger.onCommit((block) => {
      if (block.height > aboveHeight) finish();
    });
  });
}
