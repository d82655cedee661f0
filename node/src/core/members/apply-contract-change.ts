import { base64urlDecode, invariant, packSignBytes, verifySignature } from '@civitas/canon';
import { checkArgs, done, type Outcome, refused } from '@civitas/contracts';
import { contractInForce } from '../ledger/contract-in-force.ts';
import type { Execution } from '../ledger/execution.ts';
import { rulesAt } from '../protocol/rules.ts';
import type { ContractChange } from './change.ts';
import { findInstalledContract, type InstalledContract, type InstalledPack, installedContractKey, MEMBERS, packKey } from './records.ts';

type Call = Extract<ContractChange, { kind: 'callContract' }>;
type Install = Extract<ContractChange, { kind: 'installPack' }>;

const nameOf = (contract: string): string => contract.split('@')[0] ?? '';

/** The caller is whoever proposes or gives the last approval: its role is not asked, the founders' decision stands in its place. */
function call(execution: Execution, { contract: named, method, args }: Call): Outcome {
  const contract = contractInForce(execution, nameOf(named));
  const isNamed = contract !== undefined && `${contract.name}@${contract.version}` === named && Object.hasOwn(contract.methods, method);
  const target = isNamed ? contract.methods[method] : undefined;
  if (contract === undefined || target?.byDecision !== true) return refused('UNKNOWN_METHOD', { contract: named, method });
  const checked = checkArgs(target.args, args);
  return checked.ok ? target.run(execution.ledger.contextOf(execution, contract.name), checked.value) : checked;
}

function install(execution: Execution, { pack, publisher, signature }: Install): Outcome {
  const { installableContracts } = rulesAt(execution.records, execution.block.height);
  const [publicKey, signed] = [base64urlDecode(publisher), base64urlDecode(signature)];
  if (publicKey === undefined || signed === undefined) return refused('MALFORMED', { field: 'publisher' });
  if (!verifySignature(execution.ledger.crypto, { message: packSignBytes(pack), signature: signed, publicKey }))
    return refused('SIGNATURE_INVALID', { pack: pack.name });
  const unknown = pack.contracts.find((named) => !installableContracts.includes(named));
  if (unknown !== undefined) return refused('RULE_UNMET', { reason: 'not-in-this-protocol', contract: unknown });
  const taken = pack.contracts.filter(
    (named) => execution.ledger.contracts.has(nameOf(named)) || findInstalledContract(execution.records, nameOf(named)) !== undefined,
  );
  if (taken.length === pack.contracts.length) return refused('DUPLICATE', { pack: pack.name, contracts: taken });
  const sinceHeight = execution.block.height + 1;
  for (const contract of pack.contracts) {
    if (taken.includes(contract)) continue;
    invariant(execution.ledger.shipped.has(contract), `protocol allows ${contract}, which this release does not ship`);
    const record: InstalledContract = { contract, pack: pack.name, sinceHeight };
    execution.put(installedContractKey(nameOf(contract)), record);
  }
  const record: InstalledPack = { ...pack, publisher, sinceHeight };
  execution.put(packKey(pack.name), record);
  execution.emit(MEMBERS, 'PackInstalled', { pack: pack.name, version: pack.version, sinceHeight });
  return done();
}

/** Applies a decision about contracts; refuses where the records, the rules in force or the contract itself do not allow it. */
export function applyContractChange(execution: Execution, change: ContractChange): Outcome {
  return change.kind === 'callContract' ? call(execution, change) : install(execution, change);
}
