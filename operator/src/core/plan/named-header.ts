import { type Bytes, base64urlEncode, type Sha256 } from '@civitas/canon';
import { decodeLightBlock, headerHash } from '@civitas/proofs';
import type { TrustedHeader } from './link-plan.ts';

/** Whether these are the bytes of a light block whose header has the height and the hash that were named. */
export function isNamedHeader(sha256: Sha256, lightBlock: Bytes, { height, blockHash }: TrustedHeader): boolean {
  const block = decodeLightBlock(lightBlock);
  if (!block.ok || Number(block.value.header.height) !== height) return false;
  return base64urlEncode(headerHash(sha256, block.value.header)) === blockHash;
}
