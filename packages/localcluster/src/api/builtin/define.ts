import { metadataShape, type Shape, struct } from '../patch/shape.ts';
import { allVerbs, type Column, type ResourceType, type Strategy, type Subresource } from '../resource.ts';
import { ageColumn, nameColumn } from './cells.ts';

interface Definition {
  readonly group?: string;
  readonly version?: string;
  readonly plural: string;
  readonly kind: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced?: boolean;
  readonly hasStatus?: boolean;
  readonly hasGeneration?: boolean;
  readonly subresources?: readonly Subresource[];
  readonly columns?: readonly Column[];
  readonly spec?: Shape;
  readonly status?: Shape;
  readonly fields?: Readonly<Record<string, Shape>>;
  readonly strategy?: Strategy;
}

/** A built-in resource with everything the definition leaves out: namespaced, core/v1, all verbs, columns Name and Age. */
export function defineResource(definition: Definition): ResourceType {
  const { kind } = definition;
  return {
    group: definition.group ?? '',
    version: definition.version ?? 'v1',
    plural: definition.plural,
    singular: kind.toLowerCase(),
    kind,
    listKind: `${kind}List`,
    shortNames: definition.shortNames ?? [],
    categories: definition.categories ?? [],
    namespaced: definition.namespaced ?? true,
    verbs: allVerbs,
    hasStatus: definition.hasStatus ?? false,
    hasGeneration: definition.hasGeneration ?? false,
    subresources: definition.subresources ?? [],
    columns: definition.columns ?? [nameColumn, ageColumn],
    shape: struct({
      metadata: metadataShape,
      ...(definition.spec === undefined ? {} : { spec: definition.spec }),
      ...(definition.status === undefined ? {} : { status: definition.status }),
      ...definition.fields,
    }),
    strategy: definition.strategy ?? {},
  };
}
