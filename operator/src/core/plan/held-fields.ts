import { type Verdict, verdict } from './network-status.ts';

/** An object of ours in which somebody else set fields to another value than we would. Structurally what packages/kube has. */
export interface HeldObject {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly held: readonly { readonly manager: string; readonly field: string }[];
}

/** What is to stand now, of one kind and name. */
export interface WantedObject {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string; readonly name: string };
}

/**
 * Leaves out objects that nobody asks for any more: what others did to them holds nothing up. Secrets are issued apart from the rest, so of
 * them nothing is left out, and nothing at all of a pass that asks for nothing.
 */
export function stillWanted(objects: readonly HeldObject[], wanted: readonly WantedObject[]): readonly HeldObject[] {
  if (wanted.length === 0) return objects;
  const nameOf = (kind: string, namespace: string | undefined, name: string): string => `${kind} ${namespace ?? ''}/${name}`;
  const names = new Set(wanted.map(({ kind, metadata }) => nameOf(kind, metadata.namespace, metadata.name)));
  return objects.filter(({ kind, namespace, name }) => kind === 'Secret' || names.has(nameOf(kind, namespace, name)));
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
