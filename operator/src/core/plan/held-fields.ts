import { type Verdict, verdict } from './network-status.ts';

/** An object of ours in which somebody else set fields to another value than we would. Structurally what packages/kube has. */
export interface HeldObject {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly held: readonly { readonly manager: string; readonly field: string }[];
}

/** Fields that one message names; the rest are counted. */
const NAMED_MAX = 4;

/** FieldConflict while others hold fields of these objects; nothing without any. */
export function heldVerdicts(objects: readonly HeldObject[]): readonly Verdict[] {
  const fields = objects.flatMap(({ kind, namespace, name, held }) =>
    held.map(({ manager, field }) => `${field} of ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name} (${manager})`),
  );
  if (fields.length === 0) return [];
  const rest = fields.length > NAMED_MAX ? ` and ${fields.length - NAMED_MAX} more` : '';
  const message = `set by others and left as they are, so nothing of these objects is updated: ${fields.slice(0, NAMED_MAX).join(', ')}${rest}`;
  return [verdict('FieldConflict', true, 'HeldByAnother', message)];
}
