import { ApiObject, App, Chart } from 'cdk8s';

/** An object as it is applied: names and namespaces are explicit. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: OwnerReference[];
    readonly finalizers?: string[];
  };
  readonly [field: string]: unknown;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: true;
  readonly blockOwnerDeletion: boolean;
}

/** Renders in memory: one App a call, so that synthesis checks only what this call made. Keys with undefined are dropped. */
export function render(manifests: readonly Manifest[]): readonly Manifest[] {
  const chart = new Chart(new App(), 'desired', { disableResourceNameHashes: true });
  for (const manifest of manifests) {
    new ApiObject(chart, `${manifest.kind}-${manifest.metadata.namespace ?? ''}-${manifest.metadata.name}`, { ...manifest });
  }
  const rendered: readonly Manifest[] = chart.toJson();
  return rendered;
}
