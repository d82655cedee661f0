import { existsSync } from 'node:fs';
import { podProcesses } from '../../e2e/pod-processes.ts';

/** How often a process that was begun anew is looked for, ms. */
const LOOK_MS = 300;

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

  hold(): void {
    this.#look();
    if (this.#held.size === 0) throw new Error(`${this.#pod} has no process`);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  letGo(): void {
    clearInterval(this.#timer);
    for (const pid of this.#held) if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGCONT');
    this.#held.clear();
  }

  #look(): void {
    for (const { pid, pod } of podProcesses(this.#home)) {
      if (pod !== this.#pod || this.#held.has(pid)) continue;
      this.#held.add(pid);
      try {
        process.kill(pid, 'SIGSTOP');
      } catch {
        // It ended in between.
      }
    }
  }
}
