import type { KubeClient } from '@civitas/kube';

const WRITES = ['create', 'update', 'updateStatus', 'delete', 'apply', 'applyStatus', 'mergePatch', 'jsonPatch'] as const;

/** A reference to an object, or its body. */
interface Named {
  readonly name?: string;
  readonly metadata?: { readonly name: string };
}

/** A life that is counted in writes: to the API server, and to whatever else says `spend`. */
export interface Life {
  readonly client: KubeClient;
  /** One write was done. @throws once none is left: whoever asks is dead. */
  spend(): void;
  isOver(): boolean;
}

/**
 * A client that performs this many writes and then, like its process, is gone: what the last one did is done.
 *
 * @param counts Which writes are counted, by verb, plural and name; all when left out. Once the life is over nothing is written at all.
 */
export function mortalClient(
  client: KubeClient,
  writes: number,
  counts: (verb: string, plural: string, name: string) => boolean = () => true,
): Life {
  let left = writes;
  const isOver = (): boolean => left <= 0;
  const mortal: Record<string, unknown> = { ...client };
  for (const verb of WRITES) {
    const write = client[verb] as (...args: readonly unknown[]) => Promise<unknown>;
    mortal[verb] = async (...args: readonly unknown[]) => {
      if (isOver()) throw new Error('this operator is dead');
      const [{ plural }, target] = args as readonly [{ readonly plural: string }, Named];
      const result = await write(...args);
      // Deleting what is gone writes nothing.
      if (result !== false && counts(verb, plural, target.name ?? target.metadata?.name ?? '')) left--;
      if (isOver()) throw new Error('this operator died before it heard the answer');
      return result;
    };
  }
  return {
    client: mortal as object as KubeClient,
    isOver,
    spend() {
      left--;
      if (left < 0) throw new Error('this operator is dead');
    },
  };
}
