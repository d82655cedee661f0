import { SLICE_MS } from './limits.ts';
import { nextTurn } from './next-turn.ts';

/**
 * Does work that may rest between its steps, and lets the event loop turn each few milliseconds. Where it rests is up to the clock, what comes
 * of it is not.
 *
 * @param nowMs monotonic.
 */
export async function inSlices<T>(steps: Iterator<void, T>, nowMs: () => number = () => performance.now()): Promise<T> {
  let sinceMs = nowMs();
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    if (nowMs() - sinceMs < SLICE_MS) continue;
    await nextTurn();
    sinceMs = nowMs();
  }
}
