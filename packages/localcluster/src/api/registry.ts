import { builtinResources } from './builtin/all.ts';
import { resourcesOf } from './builtin/custom-resource-definition.ts';
import type { ApiObject } from './json.ts';
import { apiVersionOf, type ResourceType } from './resource.ts';

/** Which resources are served: the built-in ones, and one a served version of each CustomResourceDefinition. */
export class Registry {
  readonly #types = new Map<string, ResourceType>();
  readonly #custom = new Map<string, readonly ResourceType[]>();
  #revision = 0;

  constructor() {
    for (const type of builtinResources) this.#types.set(keyOf(type.group, type.version, type.plural), type);
  }

  /** Grows whenever the set of resources changes; documents made from it are cached by it. */
  get revision(): number {
    return this.#revision;
  }

  find(group: string, version: string, plural: string): ResourceType | undefined {
    return this.#types.get(keyOf(group, version, plural));
  }

  /** Any served version of a resource: enough to reach its objects. */
  findAnyVersion(group: string, plural: string): ResourceType | undefined {
    return this.all().find((type) => type.group === group && type.plural === plural);
  }

  findKind(apiVersion: string, kind: string): ResourceType | undefined {
    return this.all().find((type) => type.kind === kind && apiVersionOf(type) === apiVersion);
  }

  all(): ResourceType[] {
    return [...this.#types.values()];
  }

  /** Serves (or serves anew) what a definition says. */
  define(definition: ApiObject): void {
    this.undefine(definition.metadata.name);
    const types = resourcesOf(definition);
    this.#custom.set(definition.metadata.name, types);
    for (const type of types) this.#types.set(keyOf(type.group, type.version, type.plural), type);
    this.#revision += 1;
  }

  undefine(name: string): void {
    for (const type of this.#custom.get(name) ?? []) this.#types.delete(keyOf(type.group, type.version, type.plural));
    if (this.#custom.delete(name)) this.#revision += 1;
  }
}

function keyOf(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}
