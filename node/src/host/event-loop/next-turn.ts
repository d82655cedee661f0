/** Lets the event loop turn once: whatever else is ready is served first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
