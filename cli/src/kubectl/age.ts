const STEPS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
];

/** How long, as kubectl writes it: 42s, 3m, 7h, 12d. Times of another machine's clock may lie ahead: those are 0s. */
export function ageText(ms: number): string {
  const [unit, step] = STEPS.find(([, size]) => ms >= 2 * size) ?? ['s', 1_000];
  return `${Math.max(0, Math.floor(ms / step))}${unit}`;
}

/** Age of an RFC 3339 time; '' for none. */
export function sinceText(time: string | undefined, nowUnixMs: number): string {
  const atUnixMs = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(atUnixMs) ? '' : ageText(nowUnixMs - atUnixMs);
}

/** What is left until an RFC 3339 time: `in 42d`, or `ended 3h ago`. */
export function untilText(time: string | undefined, nowUnixMs: number): string {
  const atUnixMs = time === undefined ? Number.NaN : Date.parse(time);
  if (Number.isNaN(atUnixMs)) return '';
  return atUnixMs >= nowUnixMs ? `in ${ageText(atUnixMs - nowUnixMs)}` : `ended ${ageText(nowUnixMs - atUnixMs)} ago`;
}
