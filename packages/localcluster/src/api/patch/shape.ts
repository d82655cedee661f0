/**
 * How a value merges: which lists are maps by key, which are sets, what is replaced whole. One table serves server-side apply
 * (all keys) and strategic merge patch (the first key).
 */
export type Shape =
  | { readonly type: 'granular'; readonly fields: Readonly<Record<string, Shape>>; readonly other?: Shape }
  | { readonly type: 'keyed'; readonly keys: readonly string[]; readonly defaults: Readonly<Record<string, string>>; readonly item: Shape }
  | { readonly type: 'set' }
  | { readonly type: 'atomic' };

/** What a field nobody described is: maps merge, lists are replaced. */
export const deduced: Shape = { type: 'granular', fields: {} };
export const atomic: Shape = { type: 'atomic' };
export const set: Shape = { type: 'set' };

export function keyed(keys: string | readonly string[], item: Shape = deduced, defaults: Readonly<Record<string, string>> = {}): Shape {
  return { type: 'keyed', keys: typeof keys === 'string' ? [keys] : keys, defaults, item };
}

export function struct(fields: Readonly<Record<string, Shape>>): Shape {
  return { type: 'granular', fields };
}

export const metadataShape: Shape = struct({ ownerReferences: keyed('uid', atomic), finalizers: set });
export const conditionsShape: Shape = keyed('type');

/** The shape of one member of a granular value. */
export function memberShape(shape: Shape, key: string): Shape {
  if (shape.type !== 'granular') return deduced;
  return (Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined) ?? shape.other ?? deduced;
}
