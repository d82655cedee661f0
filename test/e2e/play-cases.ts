import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EXIT } from '@civitas/cli';
import { waitFor } from '@civitas/testkit';
import { civitas } from './commands.ts';

/** Between two cases: the machine has other work as well. */
const PAUSE_MS = 1000;

/** Cases that are over. */
export interface PlayedCases {
  /** Evidence bundles of those that ended well. */
  readonly whole: readonly string[];
  /** Last words of each that waited too long for a step of a link, such as one that stood still meanwhile. */
  readonly late: readonly string[];
  /** Exit code and last words of each that ended in another way. */
  readonly failed: readonly string[];
}

export interface CasesAtPlay {
  /** Until a case has begun and ended well from now on, or one has failed. @throws LateError */
  goOn(withinMs: number): Promise<void>;
  stop(): Promise<PlayedCases>;
}

/**
 * Cases over the links of a city, one after another until stopped.
 *
 * @param name of their evidence bundles in the home folder. @param before Done before each of them.
 */
export function keepPlaying(home: string, name: string, before: () => Promise<unknown> = async () => undefined): CasesAtPlay {
  const stopping = new AbortController();
  const played = { whole: [] as string[], late: [] as string[], failed: [] as string[] };
  const play = async (): Promise<PlayedCases> => {
    for (let count = 0; !stopping.signal.aborted; count++) {
      await before();
      const bundle = join(home, `${name}-${count}.json`);
      const { code, stdout, stderr } = await civitas(home, 'case', 'run', 'traffic-fine', '-o', bundle);
      const said = `${code} ${stdout.slice(-500)} ${stderr.slice(-500)}`;
      if (code === 0) played.whole.push(bundle);
      else (code === EXIT.timedOut ? played.late : played.failed).push(said);
      await pause(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    return played;
  };
  const playing = play();
  return {
    goOn(withinMs) {
      // One of them may have begun before.
      const enough = played.whole.length + 2;
      const areEnough = (): boolean => played.failed.length > 0 || played.whole.length >= enough;
      return waitFor(`two more cases of ${name}`, areEnough, withinMs).then(() => undefined);
    },
    stop() {
      stopping.abort();
      return playing;
    },
  };
}
