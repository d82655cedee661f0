import { type Bytes, base64urlDecode } from '@civitas/canon';
import type { Genesis } from '@civitas/deployment';

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
