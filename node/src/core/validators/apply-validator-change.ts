import { base64urlDecode, hexEncode, isSoundPublicKey, keyIdOf } from '@civitas/canon';
import { done, type Outcome, refused } from '@civitas/contracts';
import { quorumStep, refusalOfStep, TOLERANT_VALIDATORS_MIN } from '@civitas/deployment';
import { addressOf, VALIDATORS_MAX } from '@civitas/proofs';
import type { Execution } from '../ledger/execution.ts';
import type { ValidatorChange } from '../members/change.ts';
import { findKey, findOrganisation } from '../members/records.ts';
import { rulesAt } from '../protocol/rules.ts';
import { ACTIVATION_BLOCKS, VALIDATOR_POWER } from './limits.ts';
import {
  findOffender,
  findValidator,
  SET_CHANGE_KEY,
  setChangeOf,
  VALIDATORS,
  type ValidatorRecord,
  validatorKey,
  validatorsOf,
} from './records.ts';

type AddValidator = Extract<ValidatorChange, { kind: 'addValidator' }>;
type RekeyValidator = Extract<ValidatorChange, { kind: 'rekeyValidator' }>;
type RemoveValidator = Extract<ValidatorChange, { kind: 'removeValidator' }>;

function activeOf(execution: Execution): ValidatorRecord[] {
  return validatorsOf(execution.records).filter(({ status }) => status === 'active');
}

/** One change at a time: the engine applies a set two blocks after the block that decided it. */
function checkNoneInFlight(execution: Execution): Outcome {
  const last = setChangeOf(execution.records);
  // A ledger born before the set was kept on it cannot say what a change would leave.
  if (last === undefined) return refused('STATE', { reason: 'no-validator-set' });
  const { activeFromHeight } = last;
  if (execution.block.height < activeFromHeight) return refused('STATE', { reason: 'change-in-flight', activeFromHeight }, 'retry');
  return done();
}

function checkStep(execution: Execution, change: Parameters<typeof quorumStep>[1], allowFewer: boolean): Outcome {
  const powers = activeOf(execution).map(({ power }) => power);
  const step = quorumStep(powers, change);
  const reason = refusalOfStep(step, allowFewer);
  if (reason === undefined) return done();
  const { before, after, changedPower } = step;
  return refused('RULE_UNMET', {
    reason,
    validators: before.validatorCount,
    validatorsAfter: after.validatorCount,
    ...(reason === 'fewer-than-four' ? { validatorsMin: TOLERANT_VALIDATORS_MIN } : {}),
    ...(reason === 'power-step' ? { changedPower, totalPower: before.totalPower } : {}),
  });
}

function checkKey(execution: Execution, publicKey: Uint8Array, { organisation, node }: AddValidator): Outcome {
  const { sha256 } = execution.ledger.crypto;
  const address = hexEncode(addressOf(sha256, publicKey));
  const known = findValidator(execution.records, address);
  if (known !== undefined && (known.status === 'active' || known.organisation !== organisation)) {
    return refused('DUPLICATE', { validator: address, organisation: known.organisation, status: known.status });
  }
  if (findOffender(execution.records, address) !== undefined) return refused('RULE_UNMET', { reason: 'misbehaved', validator: address });
  // A key that signs operations must sign no blocks: whoever holds one would hold both.
  const keyId = keyIdOf(sha256, publicKey);
  if (findKey(execution.records, keyId) !== undefined) return refused('DUPLICATE', { keyId });
  if (activeOf(execution).some((validator) => validator.node === node)) return refused('DUPLICATE', { node });
  return done();
}

function write(execution: Execution, address: string, record: ValidatorRecord): void {
  const activeFromHeight = execution.block.height + ACTIVATION_BLOCKS;
  execution.put(validatorKey(address), record);
  execution.put(SET_CHANGE_KEY, { changedAtHeight: execution.block.height, activeFromHeight });
  const { node, organisation, status } = record;
  execution.emit(VALIDATORS, status === 'active' ? 'Added' : 'Removed', { validator: address, node, organisation, activeFromHeight });
}

function add(execution: Execution, change: AddValidator): Outcome {
  const { node, organisation } = change;
  if (findOrganisation(execution.records, organisation)?.status !== 'enrolled') return refused('STATE', { reason: 'absent', organisation });
  const publicKey = base64urlDecode(change.publicKey);
  if (publicKey === undefined || !isSoundPublicKey(publicKey)) return refused('MALFORMED', { field: 'publicKey', node });
  const free = checkNoneInFlight(execution);
  if (!free.ok) return free;
  const fits = checkKey(execution, publicKey, change);
  if (!fits.ok) return fits;
  if (activeOf(execution).length >= VALIDATORS_MAX) return refused('LIMIT', { limit: 'validators', validatorsMax: VALIDATORS_MAX });
  const step = checkStep(execution, { joins: VALIDATOR_POWER }, false);
  if (!step.ok) return step;
  write(execution, hexEncode(addressOf(execution.ledger.crypto.sha256, publicKey)), {
    publicKey: change.publicKey,
    power: VALIDATOR_POWER,
    node,
    organisation,
    status: 'active',
    sinceHeight: execution.block.height + ACTIVATION_BLOCKS,
    untilHeight: 0,
  });
  return done();
}

function remove(execution: Execution, { publicKey: text, allowFewer = false }: RemoveValidator): Outcome {
  const publicKey = base64urlDecode(text);
  if (publicKey === undefined) return refused('MALFORMED', { field: 'publicKey' });
  const free = checkNoneInFlight(execution);
  if (!free.ok) return free;
  const address = hexEncode(addressOf(execution.ledger.crypto.sha256, publicKey));
  const known = findValidator(execution.records, address);
  if (known?.status !== 'active') return refused('STATE', { reason: 'absent', validator: address });
  const step = checkStep(execution, { leaves: known.power }, allowFewer);
  if (!step.ok) return step;
  write(execution, address, { ...known, status: 'removed', untilHeight: execution.block.height + ACTIVATION_BLOCKS });
  return done();
}

/** One key takes the place of another in one step: node, organisation and power stay, and so does what a block needs. */
function rekey(execution: Execution, { publicKey: text, newPublicKey }: RekeyValidator): Outcome {
  if (!rulesAt(execution.records, execution.block.height).canRekey) return refused('STATE', { reason: 'not-in-this-protocol' });
  const [publicKey, successor] = [base64urlDecode(text), base64urlDecode(newPublicKey)];
  if (publicKey === undefined || successor === undefined || !isSoundPublicKey(successor))
    return refused('MALFORMED', { field: 'publicKey' });
  const free = checkNoneInFlight(execution);
  if (!free.ok) return free;
  const { sha256 } = execution.ledger.crypto;
  const address = hexEncode(addressOf(sha256, publicKey));
  const known = findValidator(execution.records, address);
  if (known?.status !== 'active') return refused('STATE', { reason: 'absent', validator: address });
  const successorAddress = hexEncode(addressOf(sha256, successor));
  const held = findValidator(execution.records, successorAddress);
  // Of a key that was ever in the set nobody knows who else has it.
  if (held !== undefined)
    return refused('DUPLICATE', { validator: successorAddress, organisation: held.organisation, status: held.status });
  const powers = activeOf(execution).map(({ power }) => power);
  // The new key signs nothing that a light client trusts yet: to it the step is as large as a removal.
  const step = quorumStep(powers, { leaves: known.power });
  if (refusalOfStep(step, true) === 'power-step')
    return refused('RULE_UNMET', { reason: 'power-step', changedPower: known.power, totalPower: step.before.totalPower });
  const fromHeight = execution.block.height + ACTIVATION_BLOCKS;
  write(execution, address, { ...known, status: 'removed', untilHeight: fromHeight });
  const { node, organisation, power } = known;
  const fits = checkKey(execution, successor, { kind: 'addValidator', publicKey: newPublicKey, node, organisation });
  if (!fits.ok) return fits;
  const record: ValidatorRecord = {
    publicKey: newPublicKey,
    power,
    node,
    organisation,
    status: 'active',
    sinceHeight: fromHeight,
    untilHeight: 0,
  };
  write(execution, successorAddress, record);
  return done();
}

/** Applies a decided change of the validator set, which signs from two blocks later on; refuses where the records do not allow it. */
export function applyValidatorChange(execution: Execution, change: ValidatorChange): Outcome {
  switch (change.kind) {
    case 'addValidator':
      return add(execution, change);
    case 'removeValidator':
      return remove(execution, change);
    case 'rekeyValidator':
      return rekey(execution, change);
  }
}
