import type { Fault } from '../monitoring/drill.ts';

/** What becomes of one fault that several alerts tell of. */
type Told = Omit<Fault, 'inject' | 'cure'>;

/** One fault that several alerts tell of: it is injected once, and cured once each of them has been seen. */
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
  const cure = async (): Promise<void> => {
    waiting -= 1;
    if (waiting === 0) resolve();
    await all;
    cured ??= (async () => act.cure())();
    await cured;
  };
  return told.map((one) => ({ ...one, inject, cure }));
}
