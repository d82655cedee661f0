import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { civitas } from './commands.ts';

/** Between two cases: the machine has other work as well. */
const PAUSE_MS = 1000;

export interface PlayedCases {
  readonly played: number;
  /** Exit code and last words of each case that did not end well. */
  readonly failed: readonly string[];
}

/**
 * Cases over the links of a city, one after another until stopped.
 *
 * @param name of their evidence bundles in the home folder. @param before Done before each of them.
 */
export function keepPlaying(
  home: string,
  name: string,
  before: () => Promise<unknown> = async () => undefined,
): { stop(): Promise<PlayedCases> } {
  const stopping = new AbortController();
  const play = async (): Promise<PlayedCases> => {
    const failed: string[] = [];
    let played = 0;
    for (; !stopping.signal.aborted; played++) {
      await before();
      const { code, stdout, stderr } = await civitas(home, 'case', 'run', 'traffic-fine', '-o', join(home, `${name}-${played}.json`));
      if (code !== 0) failed.push(`${code} ${stdout.slice(-500)} ${stderr.slice(-500)}`);
      await pause(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    return { played, failed };
  };
  const playing = play();
  return {
    stop() {
      stopping.abort();
      return playing;
    },
  };
}
