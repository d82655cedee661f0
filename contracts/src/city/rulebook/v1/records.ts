import type { JsonObject } from '@civitas/canon';
import { type Envelope, table } from '../../../record.ts';

export type RuleVersion = Envelope & {
  readonly ruleSet: string;
  readonly version: number;
  readonly status: 'proposed' | 'approved';
  readonly values: JsonObject;
  readonly approvedBy: string;
};

export type Activation = { readonly version: number; readonly fromUnixMs: number };
/** Newest activation last. */
export type RuleSet = { readonly ruleSet: string; readonly activations: readonly Activation[] };

export const versions = table<RuleVersion>('versions');
export const ruleSets = table<RuleSet>('rules');
/** Rulemaker organisations that have acted here; with two of them, none approves its own rules. */
export const makers = table<{ readonly organisation: string }>('makers');

export function versionId(ruleSet: string, version: number): string {
  return `${ruleSet}.${version}`;
}
