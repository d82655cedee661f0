import { waitFor } from '@civitas/testkit';
import { podProcesses } from '../../e2e/pod-processes.ts';

/** How often a process that was begun anew is looked for, ms. */
const LOOK_MS = 300;
/** For one that the kubelet begins just now, after a back-off, on a busy machine, ms. */
const BEGUN_MS = 60_000;

/** Holds a pod's process as a machine that hangs does, and every one that the kubelet begins in its place, until it is let go. */
export class HeldPod {
  readonly #home: string;
  readonly #pod: string;
  readonly #held = new Set<number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(home: string, pod: string) {
    this.#home = home;
    this.#pod = pod;
  }

  async hold(): Promise<void> {
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    await waitFor(`a process of ${this.#pod}`, () => this.#held.size > 0, BEGUN_MS);
  }

  letGo(): void {
    clearInterval(this.#timer);
    for (const pid of this.#held) signal(pid, 'SIGCONT');
    this.#held.clear();
  }

  #look(): void {
    for (const { pid, pod } of podProcesses(this.#home)) {
      if (pod !== this.#pod || this.#held.has(pid)) continue;
      this.#held.add(pid);
      signal(pid, 'SIGSTOP');
    }
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between.
  }
}
