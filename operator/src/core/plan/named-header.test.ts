import { base64urlEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { encodeLightBlock, headerHash } from '@civitas/proofs';
import { aChain, someValidators, withFlippedBit } from '@civitas/proofs/testing';
import { expect, test } from '@jest/globals';
import { isNamedHeader } from './named-header.ts';

test('a header is the named one only with its height and its hash', () => {
  const { sha256 } = nodeCrypto;
  const [first, second] = aChain(2, someValidators(4));
  if (first === undefined || second === undefined) throw new Error('no chain');
  const bytes = encodeLightBlock(first.lightBlock);
  const blockHash = base64urlEncode(headerHash(sha256, first.lightBlock.header));
  expect(isNamedHeader(sha256, bytes, { height: 1, blockHash })).toBe(true);
  expect(isNamedHeader(sha256, bytes, { height: 2, blockHash })).toBe(false);
  expect(isNamedHeader(sha256, bytes, { height: 1, blockHash: 'A'.repeat(43) })).toBe(false);
  expect(isNamedHeader(sha256, encodeLightBlock(second.lightBlock), { height: 1, blockHash })).toBe(false);
  expect(isNamedHeader(sha256, new Uint8Array(0), { height: 1, blockHash })).toBe(false);
  // A bit of the header: what it says of itself is no longer what was named.
  expect([40, 120, 400].map((bit) => isNamedHeader(sha256, withFlippedBit(bytes, bit), { height: 1, blockHash }))).toEqual([
    false,
    false,
    false,
  ]);
});
