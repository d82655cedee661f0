import type { Outcome } from '@civitas/contracts';
import type { Static, TObject } from '@sinclair/typebox';
import type { ProtocolRules } from '../protocol/rules.ts';
import type { Execution } from './execution.ts';

/** A verb of the ledger itself. It sees whole keys, where a contract sees only its own. */
export interface SystemMethod<Args extends TObject = TObject> {
  readonly summary: string;
  readonly args: Args;
  /** What it takes under a version of the rules that knows less than `args`: it answers then as releases of that version do. */
  readonly argsOf?: (rules: ProtocolRules) => TObject;
  readonly roles: readonly string[];
  readonly coSignatures?: number;
  /** Of a verb that came with a later protocol version: before it the ledger has no such verb. */
  readonly isInForce?: (rules: ProtocolRules) => boolean;
  readonly refusals: readonly string[];
  run(execution: Execution, args: Static<Args>): Outcome;
}

/** `network.members@v1`, `links@v1`: called as contracts are, but part of the ledger. */
export interface SystemModule {
  readonly name: string;
  readonly version: 'v1';
  readonly summary: string;
  readonly methods: Readonly<Record<string, SystemMethod>>;
}

/** Keeps the argument type of a verb tied to its schema. */
export function systemMethod<Args extends TObject>(definition: SystemMethod<Args>): SystemMethod {
  return definition;
}
