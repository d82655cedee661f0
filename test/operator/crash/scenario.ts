import type { KubeClient } from '@civitas/kube';

/** Something the operator does in many writes, from a state of its own, that must end the same wherever it was interrupted. */
export interface Scenario {
  readonly name: string;
  /** Crashes tried without CIVITAS_FULL: each costs a network. */
  readonly samples: number;
  /** Brings up what it starts from and asks for it. @param octet second number of its loopback addresses. */
  begin(octet: number): Promise<Course>;
}

export interface Course {
  readonly client: KubeClient;
  /** Looks, and does what a kubelet and the members would meanwhile. */
  isDone(): Promise<boolean>;
  /** Throws when something was done twice, or left undone. */
  check(): Promise<void>;
  stop(): Promise<void>;
}

const WRITES = ['create', 'update', 'updateStatus', 'delete', 'apply', 'applyStatus', 'mergePatch', 'jsonPatch'] as const;

/** A client and how many writes it has done. */
export function countingClient(client: KubeClient): { readonly client: KubeClient; count(): number } {
  let writes = 0;
  const counting: Record<string, unknown> = { ...client };
  for (const verb of WRITES) {
    const write = client[verb] as (...args: readonly unknown[]) => Promise<unknown>;
    counting[verb] = (...args: readonly unknown[]) => {
      writes++;
      return write(...args);
    };
  }
  return { client: counting as object as KubeClient, count: () => writes };
}

/** The writes after which to crash: all of them, or this many spread over the course, begun at a place the seed chooses. */
export function crashPoints(writes: number, samples: number, { isFull, seed }: { isFull: boolean; seed: bigint }): number[] {
  const all = Array.from({ length: writes }, (_, index) => index + 1);
  if (isFull || samples >= writes) return all;
  const step = writes / samples;
  const offset = Number(seed % BigInt(Math.ceil(step)));
  return [...new Set(Array.from({ length: samples }, (_, index) => Math.min(writes, 1 + Math.floor(offset + index * step))))];
}
