/** `selector{labels}` and its values in promtool's notation. */
export type Series = readonly [selector: string, values: string];

/** Series under which an alert must fire at its time, or stay silent. */
export interface AlertCase {
  readonly fires: boolean;
  readonly series: readonly Series[];
  /** Between two samples; default 30 s. */
  readonly interval?: string;
  /** When the alert is looked at; default 30 minutes. */
  readonly at?: string;
}

/** The cases of each alert, by name; one just above each threshold and one just below, so that a changed one is seen. */
export type AlertCases = Readonly<Record<string, readonly AlertCase[]>>;

export const fires = (...series: readonly Series[]): AlertCase => ({ fires: true, series });
export const silent = (...series: readonly Series[]): AlertCase => ({ fires: false, series });

/** A gauge that stands still for over an hour. */
export const steady = (selector: string, value: number): Series => [selector, `${value}x140`];
/** A counter that grows by so much within half a minute, for an hour. */
export const growing = (selector: string, by: number): Series => [selector, `0+${by}x120`];
/** Buckets of a histogram that grows by a hundred within half a minute: none up to the first bound, so many up to the second, all up to the third. */
export const spread = (family: string, labels: string, bounds: readonly [string, string, string], within: number): readonly Series[] =>
  [0, within, 100, 100].map((by, at) => growing(`${family}_bucket{${labels}, le="${bounds[at] ?? '+Inf'}"}`, by));
