import type { ChangeEvent } from '@civitas/console-contract';
import { keyOf, sleep } from '@civitas/kube';
import type { WatchBlocksResponse } from '@civitas/proto/civitas/node/v1/ledger';
import type { ConsoleContext } from '../context.ts';
import { FOLLOW_RETRY_MS_MAX, FOLLOW_RETRY_MS_MIN, FOLLOWED_LEDGERS_MAX, HEADS_TOLD_EVERY_MS } from './limits.ts';

type Part = Pick<ConsoleContext, 'caches' | 'view' | 'ledgers' | 'hub' | 'clock'>;

/**
 * Follows the newest block of every ledger and tells the people of its agencies, who may read its blocks: that there is a newer one, and
 * whether it changed records. Neither what was changed nor by whom: pages ask again and are authorised again.
 *
 * @returns ends it.
 */
export function followLedgers(part: Part): () => void {
  const { caches } = part;
  const followed = new Map<string, AbortController>();
  const sync = (): void => {
    const there = new Set(caches.networks.store.list().map(({ metadata }) => keyOf(metadata)));
    for (const [key, stop] of followed) {
      if (there.has(key)) continue;
      stop.abort();
      followed.delete(key);
    }
    for (const key of there) {
      if (followed.has(key) || followed.size >= FOLLOWED_LEDGERS_MAX) continue;
      const stop = new AbortController();
      followed.set(key, stop);
      void follow(part, key, stop.signal);
    }
  };
  const endSync = caches.networks.subscribe(sync);
  return () => {
    endSync();
    for (const stop of followed.values()) stop.abort();
    followed.clear();
  };
}

/** Follows one ledger, over every cut, until it is told to stop. */
async function follow(part: Part, key: string, stopped: AbortSignal): Promise<void> {
  let told = 0;
  let waitMs = FOLLOW_RETRY_MS_MIN;
  while (!stopped.aborted) {
    let isHeard = false;
    try {
      for await (const { newest, operationCount } of blocksOf(part, key, stopped)) {
        if (newest === undefined) continue;
        const height = Number(newest.height);
        // Of what came in between while nobody listened only the heights are known.
        const hasRecords = isHeard ? operationCount > 0n : height !== told;
        tell(part, key, 'LedgerHead', String(height));
        if (hasRecords) tell(part, key, 'LedgerRecords', String(height));
        [isHeard, told, waitMs] = [true, height, FOLLOW_RETRY_MS_MIN];
        await sleep(part.clock, HEADS_TOLD_EVERY_MS, stopped);
      }
    } catch {
      // Whatever cut it, it is begun again; until then the page says that no gateway answers.
    }
    if (isHeard && !stopped.aborted) tell(part, key, 'LedgerHead', '');
    await sleep(part.clock, waitMs, stopped);
    waitMs = Math.min(2 * waitMs, FOLLOW_RETRY_MS_MAX);
  }
}

async function* blocksOf({ caches, ledgers }: Part, key: string, stopped: AbortSignal): AsyncGenerator<WatchBlocksResponse> {
  const network = caches.networks.store.get(key);
  if (network === undefined) return;
  const { ledger } = ledgers.open(network);
  const call = ledger.watchBlocks({});
  const cancel = (): void => call.cancel();
  stopped.addEventListener('abort', cancel, { once: true });
  try {
    yield* call as AsyncIterable<WatchBlocksResponse>;
  } finally {
    stopped.removeEventListener('abort', cancel);
    cancel();
  }
}

function tell({ caches, view, hub }: Part, key: string, kind: ChangeEvent['kind'], resourceVersion: string): void {
  const network = caches.networks.store.get(key);
  if (network === undefined) return;
  const { namespace = '', name } = network.metadata;
  const agencies = view.partsOf(network.metadata).map(({ agency }) => agency);
  hub.tell({ kind, namespace, name, resourceVersion }, agencies);
}
