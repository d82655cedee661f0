import type { Language } from './language.ts';

const CITY_TIME_ZONE = 'Asia/Shanghai';

export function formatTime(language: Language, at: string | number): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium', timeZone: CITY_TIME_ZONE }).format(new Date(at));
}

export function formatNumber(language: Language, value: number): string {
  return new Intl.NumberFormat(language).format(value);
}

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

/** How long before or after `nowUnixMs` a time is, in its largest whole unit: "3 minutes ago". */
export function formatAgo(language: Language, at: string | number, nowUnixMs: number): string {
  const differenceMs = new Date(at).getTime() - nowUnixMs;
  const [unit, size] = STEPS.find(([, stepMs]) => Math.abs(differenceMs) >= stepMs) ?? (['second', 1000] as const);
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(Math.trunc(differenceMs / size), unit);
}

/** A duration in its largest whole unit: "90 s" is "1 minute". */
export function formatDuration(language: Language, durationMs: number): string {
  const [unit, size] = STEPS.find(([, stepMs]) => durationMs >= stepMs) ?? (['second', 1000] as const);
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(Math.trunc(durationMs / size));
}
