import { type ApiObject, type Json, type JsonObject, objectAt, stringAt, valueAt } from '../json.ts';
import type { Column } from '../resource.ts';

/** A span as `kubectl` shows it: `12s`, `5m3s`, `2h`, `3d4h` (k8s.io/apimachinery/pkg/util/duration, HumanDuration). */
export function shownDuration(spanMs: number): string {
  const seconds = Math.floor(spanMs / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, 'm', { rest: seconds % 60, unit: 's' });
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return withRest(hours, 'h', { rest: minutes % 60, unit: 'm' });
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 24 * 8) return withRest(days, 'd', { rest: hours % 24, unit: 'h' });
  if (days < 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  return days < 365 * 8 ? withRest(years, 'y', { rest: days % 365, unit: 'd' }) : `${years}y`;
}

function withRest(count: number, unit: string, smaller: { rest: number; unit: string }): string {
  return smaller.rest === 0 ? `${count}${unit}` : `${count}${unit}${smaller.rest}${smaller.unit}`;
}

export function ageSince(time: string, nowUnixMs: number): string {
  const since = Date.parse(time);
  return Number.isNaN(since) ? '<unknown>' : shownDuration(nowUnixMs - since);
}

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  cell: (object) => object.metadata.name,
};

export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  description: 'Time since the object was created.',
  cell: (object, nowUnixMs) => ageSince(object.metadata.creationTimestamp, nowUnixMs),
};

export const createdAtColumn: Column = { name: 'Created At', type: 'date', cell: (object) => object.metadata.creationTimestamp };

/** A column that shows text; the empty text becomes `missing`. */
export function textColumn(
  name: string,
  read: (object: ApiObject, nowUnixMs: number) => string,
  options: { missing?: string; priority?: number } = {},
): Column {
  return {
    name,
    type: 'string',
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    cell: (object, nowUnixMs) => read(object, nowUnixMs) || (options.missing ?? '<none>'),
  };
}

export function countColumn(name: string, read: (object: ApiObject) => number): Column {
  return { name, type: 'integer', cell: read };
}

export function pathColumn(name: string, path: string, options: { missing?: string; priority?: number } = {}): Column {
  const steps = path.split('.');
  return textColumn(
    name,
    (object) => {
      const value: Json | undefined = valueAt(object, ...steps);
      return value === undefined || value === null ? '' : String(value);
    },
    options,
  );
}

/** `a=b,c=d`, in the order of keys. */
export function shownLabels(labels: JsonObject): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .sort()
    .join(',');
}

/** A label selector in the short form of `kubectl get networkpolicy`. */
export function shownSelector(selector: JsonObject): string {
  return shownLabels(objectAt(selector, 'matchLabels'));
}

export function dataCount(object: ApiObject): number {
  return Object.keys(objectAt(object, 'data')).length + Object.keys(objectAt(object, 'binaryData')).length;
}

export function stringOrNumberAt(object: ApiObject, ...path: readonly string[]): string {
  const value = valueAt(object, ...path);
  return typeof value === 'number' ? String(value) : stringAt(object, ...path);
}
