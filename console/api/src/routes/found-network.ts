import type { Difference, NewNetwork } from '@civitas/console-contract';
import type { Principal } from '@civitas/identity';
import type { ConsoleContext } from '../context.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { Agency } from '../kube/kinds.ts';
import { differencesBetween } from '../views/differences.ts';
import { patchAgency } from './patch-agency.ts';

type Founder = NonNullable<NewNetwork['founders']>[number];

function membershipsWith(memberships: Agency['spec']['memberships'], network: string, roles: readonly string[]) {
  const there = memberships.some((one) => one.network === network);
  return there ? memberships : [...memberships, { network, roles }];
}

/** @throws ProblemError INVALID unless each is an agency that founds networks, named once. */
export function assertFound(context: ConsoleContext, founders: readonly Founder[]): void {
  const names = founders.map(({ agency }) => agency);
  const wrong =
    names.find((name, index) => names.indexOf(name) !== index) ??
    names.find((name) => context.view.findAgency(name)?.spec.founder !== true);
  if (wrong === undefined) return;
  const detail = `${wrong} is no agency that founds networks, or is named twice`;
  throw new ProblemError('INVALID', `founders: ${detail}`, { errors: [{ field: 'founders', code: 'rule', detail }] });
}

/**
 * Makes founders members of a network that is about to be made: a network is born with the agencies that name it. Done again, it changes
 * nothing more, so that what a crash has cut short is only repeated.
 *
 * @returns what changes at each, `agency: path`.
 */
export async function joinFounders(
  context: ConsoleContext,
  { principal, network, dryRun }: { readonly principal: Principal; readonly network: string; readonly dryRun: boolean },
  founders: readonly Founder[],
): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const { agency, roles } of founders) {
    const { before, after } = await patchAgency(context, { principal, name: agency, dryRun }, ({ memberships }) => ({
      memberships: membershipsWith(memberships, network, roles),
    }));
    const changes = differencesBetween({ spec: before.spec }, { spec: after.spec });
    differences.push(...changes.map((change) => ({ ...change, path: `${agency}: ${change.path}` })));
  }
  return differences;
}
