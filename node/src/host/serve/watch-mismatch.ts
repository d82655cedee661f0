import { type Bytes, base64urlEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { Instruments, Logger, nodeMetrics } from '@civitas/telemetry';
import { isGenesisMismatch } from './genesis-source.ts';

/** How often a mounted genesis is compared with the one in force, ms. */
const MISMATCH_POLL_MS = 5000;

interface WatchMismatchOptions {
  readonly mountedPath: string;
  readonly inForce: Bytes;
  readonly metrics: Pick<Instruments<typeof nodeMetrics>, 'genesisMismatch'>;
  readonly log: Logger;
}

/** Tells, in log and metric, while the mounted genesis is another than the one in force. */
export function watchMismatch(options: WatchMismatchOptions): { isMismatch: () => boolean; stop: () => void } {
  const { mountedPath, inForce, metrics, log } = options;
  let mismatch = false;
  const look = (): void => {
    const now = isGenesisMismatch(mountedPath, inForce);
    if (now && !mismatch) log.error('genesis-mismatch', { inForce: base64urlEncode(nodeCrypto.sha256(inForce)) });
    mismatch = now;
    metrics.genesisMismatch.set({}, now ? 1 : 0);
  };
  look();
  const timer = setInterval(look, MISMATCH_POLL_MS);
  timer.unref();
  return { isMismatch: () => mismatch, stop: () => clearInterval(timer) };
}
