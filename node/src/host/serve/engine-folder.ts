import { join } from 'node:path';
import type { Pod } from '../config/pod.ts';

/** Home of the engine's own process on the node's volume. */
export function engineHomeOf(pod: Pick<Pod, 'pathOf'>): string {
  return join(pod.pathOf('data'), 'engine');
}
