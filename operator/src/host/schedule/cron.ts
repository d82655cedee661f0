import { Cron } from 'croner';

export type NextRun = (afterUnixMs: number) => number | undefined;

/**
 * Reads a cron expression of five fields in a time zone. A local time that a change of the clock leaves out or repeats counts once.
 *
 * @returns when it is due next after a time, unix ms; undefined when never. A text when expression or zone are none.
 */
export function cronOf(expression: string, timeZone: string): NextRun | string {
  try {
    const cron = new Cron(expression, { paused: true, timezone: timeZone, mode: '5-part' });
    // An unknown zone is found out only when it is used.
    cron.nextRun(new Date(0));
    return (afterUnixMs) => cron.nextRun(new Date(afterUnixMs))?.getTime();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
