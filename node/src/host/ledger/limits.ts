/** How long a header stays wanted, ms: a relay that serves the link brings it within seconds. */
export const WANTED_MS = 60_000;
