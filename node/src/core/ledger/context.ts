import { isJsonObject, type JsonObject } from '@civitas/canon';
import {
  type Caller,
  type Context,
  type Contract,
  checkArgs,
  type Outcome,
  type OwnState,
  type ReadContext,
  refused,
} from '@civitas/contracts';
import { acknowledgeDeferred } from '../links/acknowledge-deferred.ts';
import { sendPacket } from '../links/send.ts';
import { verifyForeign } from '../links/verify-foreign.ts';
import { escapeId, recordKey, unescapeId } from '../state/keys.ts';
import { SCAN_RECORDS_MAX } from '../state/limits.ts';
import type { RecordSource } from '../state/records.ts';
import { contractInForce } from './contract-in-force.ts';
import type { BlockFacts, Execution, LedgerFacts } from './execution.ts';
import { INVOKE_DEPTH_MAX } from './limits.ts';
import { DoorRefusal } from './refusal.ts';

function readState(records: RecordSource, contract: string): Pick<OwnState, 'get' | 'scan'> {
  return {
    get: (collection, id) => records.get(recordKey(contract, collection, id)),
    scan: (collection, { prefix = '', after, limit }) => {
      if (!Number.isSafeInteger(limit) || limit < 1 || limit > SCAN_RECORDS_MAX) {
        throw new DoorRefusal('LIMIT', { limit: 'scanRecords', scanRecordsMax: SCAN_RECORDS_MAX });
      }
      const base = `${contract}/${collection}/`;
      const from = after === undefined ? {} : { after: base + escapeId(after) };
      const found = records.scan({ prefix: base + escapeId(prefix), limit, ...from });
      return found.map(({ key, record }) => ({ id: unescapeId(key.slice(base.length)), record }));
    },
  };
}

/** The read-only door, over committed records. */
export function readContextOf(
  ledger: LedgerFacts,
  at: { block: BlockFacts; caller: Caller; records: RecordSource },
  contract: string,
): ReadContext {
  return {
    chainId: ledger.chainId,
    city: ledger.city,
    domain: ledger.domain,
    height: at.block.height,
    timeUnixMs: at.block.timeUnixMs,
    caller: at.caller,
    state: readState(at.records, contract),
    crypto: ledger.crypto,
    readOther: (other, collection, id) => at.records.get(recordKey(other, collection, id)),
  };
}

/** Calls a method, with its arguments checked; anything it throws but a door's refusal is a bug of the contract and refuses with CONTRACT_FAULT. */
export function runMethod(execution: Execution, contract: Contract, methodName: string, args: JsonObject): Outcome {
  const method = Object.hasOwn(contract.methods, methodName) ? contract.methods[methodName] : undefined;
  if (method === undefined) return refused('UNKNOWN_METHOD', { contract: contract.name, method: methodName });
  const checked = checkArgs(method.args, args);
  if (!checked.ok) return checked;
  return method.run(execution.ledger.contextOf(execution, contract.name), checked.value);
}

function invoke(execution: Execution, contractName: string, method: string, args: JsonObject): Outcome {
  const contract = contractInForce(execution, contractName);
  if (contract === undefined) return refused('UNKNOWN_METHOD', { contract: contractName, method });
  const target = Object.hasOwn(contract.methods, method) ? contract.methods[method] : undefined;
  // Only internal methods: one with roles was never meant to be called under another's authority.
  if (target === undefined || target.roles.length > 0) return refused('UNKNOWN_METHOD', { contract: contractName, method });
  if (execution.depth >= INVOKE_DEPTH_MAX) throw new DoorRefusal('LIMIT', { limit: 'invokeDepth', invokeDepthMax: INVOKE_DEPTH_MAX });
  return execution.savepoint((inner) => runMethod(inner, contract, method, args));
}

/** The door a contract acts through, inside one execution. */
export function contextOf(execution: Execution, contract: string): Context {
  const { ledger, block, operation, records } = execution;
  const read = readContextOf(ledger, { block, caller: operation.caller, records }, contract);
  return {
    ...read,
    operationHash: operation.operationHash,
    idempotencyKey: operation.idempotencyKey,
    state: {
      ...read.state,
      put: (collection, id, record) => {
        if (!isJsonObject(record)) throw new TypeError('a record is an object');
        execution.put(recordKey(contract, collection, id), record);
      },
      delete: (collection, id) => execution.delete(recordKey(contract, collection, id)),
    },
    invoke: (other, method, args) => invoke(execution, other, method, args),
    emit: (event, data) => execution.emit(contract, event, data),
    send: (packet) => sendPacket(execution, contract, packet),
    acknowledge: (packet, answer) => acknowledgeDeferred(execution, contract, packet, answer),
    verifyForeign: (proof, key, value) => verifyForeign(execution, proof, key, value),
  };
}
