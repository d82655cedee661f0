import type { Principal } from '@civitas/identity';
import type { ConsoleContext } from '../context.ts';
import { type Agency, agencies } from '../kube/kinds.ts';
import { byField } from './agencies.ts';

export interface PatchedAgency {
  readonly before: Agency;
  readonly after: Agency;
}

/**
 * Changes an agency by what it is at the API server now. With the version in it, what came in between is a conflict and not overwritten.
 *
 * @param changeOf fields of the spec, from those that are there.
 * @param dryRun says what would be and changes nothing.
 * @throws ProblemError NOT_FOUND, CONFLICT, INVALID by the fields of the form.
 */
export async function patchAgency(
  context: ConsoleContext,
  { principal, name, dryRun = false }: { readonly principal: Principal; readonly name: string; readonly dryRun?: boolean },
  changeOf: (spec: Agency['spec']) => Partial<Agency['spec']>,
): Promise<PatchedAgency> {
  const acting = context.acting.as(principal);
  const before = await acting.get(agencies, { name });
  const patch = { metadata: { resourceVersion: before.metadata.resourceVersion }, spec: changeOf(before.spec) };
  const after = await byField(() => acting.mergePatch(agencies, { name }, patch, { fieldManager: 'civitas-console', dryRun }));
  return { before, after };
}
