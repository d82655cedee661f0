import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseObjects, ROOT, renderText, VALUE_SETS } from './helm.ts';
import type { PodSpec } from './pod-security.ts';

/** A pod, or what pods are made from, with where it comes from. */
export interface PodSource {
  readonly from: string;
  readonly spec: PodSpec;
}

/** Every pod template of the chart, with every set of values. */
export function chartPods(): readonly PodSource[] {
  return VALUE_SETS.flatMap((set) =>
    parseObjects(renderText(set)).flatMap(({ kind, metadata, spec }) => {
      const { template } = (spec ?? {}) as { readonly template?: { readonly spec?: PodSpec } };
      return template?.spec === undefined ? [] : [{ from: `${set}: ${kind} ${metadata.name}`, spec: template.spec }];
    }),
  );
}

/** Every pod that the operator makes, as its golden manifests have it, and its own on the laptop. */
export function operatorPods(): readonly PodSource[] {
  const folder = join(ROOT, 'test/vectors/operator');
  const files = [...readdirSync(folder).map((name) => join(folder, name)), join(ROOT, 'charts/civitas/laptop/operator.yaml')];
  return files.flatMap((path) =>
    parseObjects(readFileSync(path, 'utf8'))
      .filter(({ kind }) => kind === 'Pod')
      .map(({ metadata, spec }) => ({ from: `${path.slice(ROOT.length + 1)}: ${metadata.name}`, spec: spec as PodSpec })),
  );
}
