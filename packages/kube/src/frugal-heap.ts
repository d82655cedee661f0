import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 collect sooner instead of letting its heap grow to several times what is in use: caches of a cluster's objects live for
 * ever, and what a pass or a request makes dies young. To be called before much is allocated.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--optimize-for-size');
}
