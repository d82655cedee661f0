import { type Bytes, concatBytes } from './bytes.ts';
import { encodeCanonical } from './canonical-json.ts';
import { utf8Encode } from './utf8.ts';

/** A set of contracts that goes to a ledger together; its code ships with the release, the pack says which of it. */
export interface ContractPack {
  readonly name: string;
  /** `1.2.3`. */
  readonly version: string;
  /** `name@vN`, each once. */
  readonly contracts: readonly string[];
}

const PACK_DOMAIN = utf8Encode('civitas/pack/v1\n');

/** What a publisher's key signs. Contracts are signed in order of name, so that a list in another order is the same pack. */
export function packSignBytes({ name, version, contracts }: ContractPack): Bytes {
  return concatBytes(PACK_DOMAIN, encodeCanonical({ name, version, contracts: [...contracts].sort() }));
}
