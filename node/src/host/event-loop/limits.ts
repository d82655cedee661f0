/** How long work that may rest, or pieces of work that come together, hold the event loop before others have their turn, ms. */
export const SLICE_MS = 4;
