import { existsSync, writeFileSync } from 'node:fs';

const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

/** Why the clock of a Node process cannot be shifted here; undefined when it can. */
export function whyNoNodeClock(): string | undefined {
  return existsSync(LIBRARY) ? undefined : `${LIBRARY} is not there: apt-get install faketime`;
}

/** The wall clock of one node process, which a test shifts while it runs (libfaketime); timers go on as ever, and the engine sees nothing of it. */
export class NodeClock {
  readonly #path: string;

  /** @param path of the file that holds the shift. */
  constructor(path: string) {
    this.#path = path;
    this.shift(0);
  }

  get environment(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: this.#path,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
  }

  shift(seconds: number): void {
    writeFileSync(this.#path, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  }
}
