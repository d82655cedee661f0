import { readFileSync } from 'node:fs';
import { base64urlDecode, base64urlEncode, equalBytes, invariant } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { describe, expect, test } from '@jest/globals';
import { withFlippedBit } from '../testing/chain.ts';
import { type Block, decodeBlock, emptyEvidenceHash, encodeBlock } from './block.ts';
import { voteSignBytes } from './commit.ts';
import { headerHash } from './header.ts';
import { evidenceHash } from './misbehaviour-evidence.ts';

interface Vectors {
  readonly chainId: string;
  readonly blocks: readonly {
    readonly block: string;
    readonly headerHash: string;
    readonly evidenceHash: string;
    readonly evidence: readonly {
      readonly kind: string;
      readonly validator: string;
      readonly height: number;
      readonly totalPower: number;
      readonly validatorPower: number;
      readonly voteSignBytes: string;
    }[];
  }[];
}

const { sha256 } = nodeCrypto;
const vectors: Vectors = JSON.parse(readFileSync(new URL('../../test/vectors/evidence-cometbft-0.38.26.json', import.meta.url), 'utf8'));

function bytesOf(text: string | undefined): Uint8Array {
  const decoded = base64urlDecode(text ?? '');
  invariant(decoded !== undefined, 'vector is not base64url');
  return decoded;
}

function blockOf(bytes: Uint8Array): Block {
  const decoded = decodeBlock(bytes);
  invariant(decoded.ok, 'vector is refused');
  return decoded.value;
}

describe('blocks with evidence that CometBFT 0.38.26 made', () => {
  test.each(vectors.blocks.map((vector, index) => ({ ...vector, index })))(
    'block $index is read and written back byte for byte',
    (vector) => {
      const bytes = bytesOf(vector.block);
      const { header, evidence } = blockOf(bytes);

      expect(equalBytes(encodeBlock(blockOf(bytes)), bytes)).toBe(true);
      expect(base64urlEncode(headerHash(sha256, header))).toBe(vector.headerHash);
      expect(base64urlEncode(evidenceHash(sha256, evidence))).toBe(vector.evidenceHash);
      expect(base64urlEncode(header.evidenceHash)).toBe(vector.evidenceHash);
      expect(evidence.map(({ kind }) => kind)).toEqual(vector.evidence.map(({ kind }) => kind));
      for (const [at, one] of evidence.entries()) {
        const expected = vector.evidence[at];
        expect(Number(one.totalPower)).toBe(expected?.totalPower);
        if (one.kind === 'light-client-attack') {
          expect([Number(one.commonHeight), one.byzantine.length, one.validators.length]).toEqual([expected?.height, 3, 4]);
          continue;
        }
        const [, second] = one.votes;
        expect(base64urlEncode(second.validatorAddress)).toBe(expected?.validator);
        expect([Number(second.height), Number(one.validatorPower)]).toEqual([expected?.height, expected?.validatorPower]);
        // Precommits alone have a function here: prevotes are never shown to a light client.
        if (second.type === 2) expect(base64urlEncode(voteSignBytes(vectors.chainId, second, second.time))).toBe(expected?.voteSignBytes);
      }
    },
  );

  test.each([1, 2])('block %#: no flipped bit is accepted that leaves the evidence hash as it was', (index) => {
    const bytes = bytesOf(vectors.blocks[index]?.block);
    const { evidence } = blockOf(bytes);
    const hash = evidenceHash(sha256, evidence);
    // One bit of every byte, each in its turn: all eight take a minute.
    for (let at = 0; at < bytes.length; at++) {
      const flipped = withFlippedBit(bytes, at * 8 + (at % 8));
      const decoded = decodeBlock(flipped);
      if (!decoded.ok) continue;
      const isSame = equalBytes(evidenceHash(sha256, decoded.value.evidence), hash);
      expect(isSame).toBe(equalBytes(encodeBlock({ ...decoded.value, evidence }), flipped));
    }
  });

  test('no evidence hashes as the header of a block without any says', () => {
    expect(evidenceHash(sha256, [])).toEqual(emptyEvidenceHash(sha256));
  });
});
