import type { ApiObject, Json, JsonObject } from './json.ts';
import type { Shape } from './patch/shape.ts';
import type { FieldError } from './status-error.ts';

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  /** 0 is always shown, 1 only by `-o wide`. */
  readonly priority?: number;
  readonly cell: (object: ApiObject, nowUnixMs: number) => Json;
}

/** What a kind needs beside JSON: the parts of the real server's strategies that a client can see. */
export interface Strategy {
  /** Fills defaults and what only the server may decide; may change `object` in place. `old` is absent on create. */
  readonly prepare?: (object: ApiObject, context: StrategyContext) => void;
  readonly validate?: (object: ApiObject, old: ApiObject | undefined) => FieldError[];
}

export interface StrategyContext {
  readonly old: ApiObject | undefined;
  readonly allocateClusterIp: (wanted: string) => string;
}

/** The schema part of a resource that comes from a CustomResourceDefinition. */
export interface CustomSchema {
  readonly schema: JsonObject;
  /** Fills defaults, in place. */
  readonly applyDefaults: (object: JsonObject) => void;
  /** Removes what the schema does not know, in place; returns the paths removed. */
  readonly prune: (object: JsonObject) => string[];
  /** @param found what else is wrong with the object: rules are only asked about one that is sound. */
  readonly validate: (object: JsonObject, old: JsonObject | undefined, found: readonly FieldError[]) => FieldError[];
}

/** One served version of one resource. */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly hasStatus: boolean;
  /** Whether `metadata.generation` follows the spec. */
  readonly hasGeneration: boolean;
  readonly subresources: readonly Subresource[];
  readonly columns: readonly Column[];
  readonly shape: Shape;
  readonly strategy: Strategy;
  readonly custom?: CustomSchema;
}

export interface Subresource {
  readonly name: string;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

/** Versions of one resource share their objects, so the store knows them by group and plural. */
export function storeNameOf(type: { readonly group: string; readonly plural: string }): string {
  return `${type.group}/${type.plural}`;
}

export function apiVersionOf(type: { readonly group: string; readonly version: string }): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

export const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;
