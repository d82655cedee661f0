import type { Fault } from '../monitoring/drill.ts';

/** What becomes of one fault that several alerts tell of. */
type Told = Omit<Fault, 'inject' | 'cure' | 'leaveOut'>;

/** One fault that several alerts tell of: it is injected once, and cured once each of them has been seen, or is left out. */
export function sharedFault(act: Pick<Fault, 'inject' | 'cure'>, told: readonly Told[]): readonly Fault[] {
  let injected: Promise<void> | undefined;
  let waiting = told.length;
  let resolve = (): void => undefined;
  const all = new Promise<void>((settle) => {
    resolve = settle;
  });
  let cured: Promise<void> | undefined;
  const inject = (): Promise<void> => {
    injected ??= (async () => act.inject())();
    return injected;
  };
  const leaveOut = (): void => {
    waiting -= 1;
    if (waiting === 0) resolve();
  };
  const cure = async (): Promise<void> => {
    leaveOut();
    await all;
    cured ??= (async () => act.cure())();
    await cured;
  };
  return told.map((one) => ({ ...one, leaveOut, inject, cure }));
}
