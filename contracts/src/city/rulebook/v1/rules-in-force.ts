import type { ReadContext } from '../../../contract.ts';
import { type RuleSet, type RuleVersion, versionId } from './records.ts';
import type { RuleSetName, RuleValues } from './rule-values.ts';

export interface RulesInForce<Name extends RuleSetName> {
  readonly version: number;
  readonly values: RuleValues[Name];
}

/** One named version of this ledger's rules, in force or not: decisions replay with the version they were pinned to. */
export function findRules<Name extends RuleSetName>(
  ctx: Pick<ReadContext, 'readOther'>,
  name: Name,
  version: number,
): RulesInForce<Name> | undefined {
  const record = ctx.readOther('city.rulebook', 'versions', versionId(name, version)) as RuleVersion | undefined;
  return record === undefined ? undefined : { version, values: record.values as RuleValues[Name] };
}

/** The rules of this ledger in force at a time (unix ms), or undefined when none was yet. */
export function rulesInForce<Name extends RuleSetName>(
  ctx: Pick<ReadContext, 'readOther'>,
  name: Name,
  atUnixMs: number,
): RulesInForce<Name> | undefined {
  const set = ctx.readOther('city.rulebook', 'rules', name) as RuleSet | undefined;
  const active = set?.activations.findLast((one) => one.fromUnixMs <= atUnixMs);
  return active === undefined ? undefined : findRules(ctx, name, active.version);
}
