import { base64urlEncode, canonicalBytesWithin, type Refusal } from '@civitas/canon';
import { type Caller, type Contract, checkArgs, type Outcome, refused } from '@civitas/contracts';
import type { ReceiptOutcome } from '@civitas/proofs';
import { type ProtocolRules, rulesAt } from '../protocol/rules.ts';
import type { Overlay } from '../state/records.ts';
import type { HashedEnvelope } from './bundle.ts';
import { type Admission, callerOf, type ProvenOperation, proveOperation } from './check-operation.ts';
import { runMethod } from './context.ts';
import { contractInForce, type LedgerAt } from './contract-in-force.ts';
import { type BlockFacts, type ContractEvent, Execution, type LedgerFacts } from './execution.ts';
import { guarded } from './guarded.ts';
import { HEADER_LAG_MS_MAX, RESULT_BYTES_MAX } from './limits.ts';
import type { SystemModule } from './system-module.ts';

/** A ledger with all that executing needs. */
export interface RunningLedger extends LedgerFacts {
  readonly admission: Admission;
  /** By name without version. */
  readonly modules: ReadonlyMap<string, SystemModule>;
}

/** What became of one operation, before it has its place in the block. */
export interface Executed {
  readonly operationHash: Uint8Array;
  readonly outcome: ReceiptOutcome;
  readonly events: readonly ContractEvent[];
  /** True when the operation was its organisation's own, in time and new: it stands in the replay table and the index. */
  readonly isCharged: boolean;
}

type Target =
  | { readonly kind: 'contract'; readonly contract: Contract; readonly roles: readonly string[]; readonly coSignatures: number }
  | { readonly kind: 'module'; readonly module: SystemModule; readonly roles: readonly string[]; readonly coSignatures: number };

function findTarget(
  at: LedgerAt & { readonly ledger: RunningLedger },
  { contract: contractName, method }: { readonly contract: string; readonly method: string },
  rules: () => ProtocolRules,
): Target | undefined {
  const [name = '', version] = contractName.split('@');
  const module = at.ledger.modules.get(name);
  if (module !== undefined && module.version === version && Object.hasOwn(module.methods, method)) {
    const verb = module.methods[method];
    if (verb?.isInForce?.(rules()) === false) return undefined;
    return verb && { kind: 'module', module, roles: verb.roles, coSignatures: verb.coSignatures ?? 0 };
  }
  const contract = contractInForce(at, name);
  if (contract === undefined || contract.version !== version || !Object.hasOwn(contract.methods, method)) return undefined;
  const found = contract.methods[method];
  return found && { kind: 'contract', contract, roles: found.roles, coSignatures: found.coSignatures ?? 0 };
}

function runModule(execution: Execution, module: SystemModule, method: string, args: ProvenOperation['operation']['args']): Outcome {
  const verb = module.methods[method];
  if (verb === undefined) return refused('UNKNOWN_METHOD', { contract: module.name, method });
  const checked = checkArgs(verb.argsOf?.(rulesAt(execution.records, execution.block.height)) ?? verb.args, args);
  return checked.ok ? verb.run(execution, checked.value) : checked;
}

function checkResult(outcome: Outcome): Outcome {
  if (!outcome.ok) return outcome;
  const resultBytes = canonicalBytesWithin(outcome.result, RESULT_BYTES_MAX);
  return resultBytes <= RESULT_BYTES_MAX
    ? outcome
    : refused('LIMIT', { limit: 'resultBytes', resultBytes, resultBytesMax: RESULT_BYTES_MAX });
}

function runTarget(execution: Execution, target: Target, { operation }: ProvenOperation): Outcome {
  const { contract, method, args } = operation;
  const run = (): Outcome =>
    target.kind === 'module' ? runModule(execution, target.module, method, args) : runMethod(execution, target.contract, method, args);
  return guarded(() => checkResult(run()), { contract, method });
}

function authorise(target: Target | undefined, caller: Caller, { operation }: ProvenOperation): (Outcome & { ok: false }) | Target {
  if (caller.role === 'relay' && !(target?.kind === 'module' && target.module.name === 'links')) {
    return refused('NOT_AUTHORISED', { reason: 'relay-verbs-only', contract: operation.contract, method: operation.method });
  }
  if (target === undefined) return refused('UNKNOWN_METHOD', { contract: operation.contract, method: operation.method });
  if (!target.roles.includes(caller.role)) {
    return refused('NOT_AUTHORISED', { reason: 'role', role: caller.role, contract: operation.contract, method: operation.method });
  }
  if (caller.coSigners.length < target.coSignatures) {
    return refused('CO_SIGNATURES_MISSING', { coSignatures: caller.coSigners.length, coSignaturesMin: target.coSignatures });
  }
  return target;
}

function receiptOutcome(outcome: Outcome): ReceiptOutcome {
  if (outcome.ok) return outcome;
  return refusedOutcome(outcome.refusal);
}

function refusedOutcome({ code, facts }: Refusal): ReceiptOutcome {
  return { ok: false, refusal: { code, facts } };
}

/** Executes one operation on top of the block so far; its changes are merged into `state` only when it succeeds. */
export function executeOperation(ledger: RunningLedger, block: BlockFacts, state: Overlay, signed: HashedEnvelope): Executed {
  const executed = execute(ledger, block, state, signed);
  signed.forgetOperation();
  return executed;
}

function execute(ledger: RunningLedger, block: BlockFacts, state: Overlay, signed: HashedEnvelope): Executed {
  const { admission } = ledger;
  const { envelope } = signed;
  const proven = proveOperation(admission, state, signed, { timeUnixMs: block.timeUnixMs, lagMsMax: HEADER_LAG_MS_MAX });
  if (!proven.ok) {
    return { operationHash: signed.operationHash, outcome: refusedOutcome(proven.refusal), events: [], isCharged: false };
  }
  const { operation, operationHash: hash } = proven.value;
  admission.replay.add(proven.value.replayId, operation.expiresAtUnixMs);
  const caller = callerOf(admission, state, envelope, proven.value);
  if (!caller.ok) return { operationHash: hash, outcome: refusedOutcome(caller.refusal), events: [], isCharged: true };
  const rules = (): ProtocolRules => rulesAt(state, block.height);
  const target = authorise(findTarget({ ledger, block, records: state }, operation, rules), caller.value, proven.value);
  if ('ok' in target) return { operationHash: hash, outcome: receiptOutcome(target), events: [], isCharged: true };
  const facts = {
    caller: caller.value,
    operationHash: base64urlEncode(hash),
    idempotencyKey: base64urlEncode(operation.idempotencyKey),
  };
  // Its changes are its own savepoint: the operation's call is the first of those that may stand inside one another.
  const execution = new Execution(ledger, block, facts, state, 1);
  const outcome = runTarget(execution, target, proven.value);
  if (outcome.ok) execution.state.mergeInto(state);
  return { operationHash: hash, outcome: receiptOutcome(outcome), events: outcome.ok ? execution.events : [], isCharged: true };
}
