import { type Bytes, base64urlDecode, isJsonObject, parseCanonical } from '@civitas/canon';
import type { Genesis } from '@civitas/deployment';

/**
 * Reads genesis bytes: canonical JSON whose author is the operator.
 *
 * @throws Error naming what is wrong: a node must not start on half a genesis.
 */
export function parseGenesis(bytes: Bytes): Genesis {
  const json = parseCanonical(bytes);
  if (!json.ok) throw new Error(`genesis: ${json.refusal.code}`);
  const value = json.value;
  if (!isJsonObject(value) || value['schemaVersion'] !== 1) throw new Error('genesis: schemaVersion 1 expected');
  if (!isJsonObject(value['appState']) || !Array.isArray(value['validators'])) throw new Error('genesis: validators or appState missing');
  const genesis = value as typeof value & Genesis;
  const { approvalThreshold, founders } = genesis.appState;
  const founderCount = founders.filter(({ founder, roles }) => founder && !roles.includes('platform')).length;
  if (approvalThreshold < 1 || approvalThreshold > founderCount) {
    throw new Error(`genesis: approvalThreshold ${approvalThreshold}, but ${founderCount} founders can approve`);
  }
  return genesis;
}

/** The one validator of an embedded network. @throws Error when there is another number of them or a key is unsound. */
export function onlyValidator(genesis: Genesis): { publicKey: Bytes; power: bigint } {
  const [validator] = genesis.validators;
  if (validator === undefined || genesis.validators.length !== 1) {
    throw new Error(`the embedded engine has one validator, genesis names ${genesis.validators.length}`);
  }
  const publicKey = base64urlDecode(validator.publicKey);
  if (publicKey?.length !== 32) throw new Error('genesis: validator key is not 32 bytes');
  return { publicKey, power: BigInt(validator.power) };
}
