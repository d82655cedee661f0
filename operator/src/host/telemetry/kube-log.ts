import type { Log } from '@civitas/kube';
import { type Logger, sentenceLogOf } from '@civitas/telemetry';

/** The runtime's log on ours. */
export function kubeLogOf(logger: Logger): Log {
  return sentenceLogOf(logger);
}
