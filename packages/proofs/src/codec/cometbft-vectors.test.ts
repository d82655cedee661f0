import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { base64urlDecode, base64urlEncode, invariant, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { expectGolden } from '@civitas/testkit';
import { describe, expect, test } from '@jest/globals';
import { verifyCommit } from '../light-client/verify-commit.ts';
import { verifyAdjacent, verifySkipping } from '../light-client/verify-update.ts';
import { type FixtureBlock, nextBlock, someValidators } from '../testing/chain.ts';
import { blockIdOf, consensusParamsHash, dataHash, decodeBlock, encodeBlock } from './block.ts';
import { equalBlockIds } from './block-id.ts';
import { commitHash, EMPTY_COMMIT, FLAG_COMMIT, voteSignBytes } from './commit.ts';
import { headerHash } from './header.ts';
import { decodeLightBlock, encodeLightBlock, type LightBlock } from './light-block.ts';
import { resultsHash } from './results.ts';

interface Vectors {
  readonly chainId: string;
  readonly consensusHash: string;
  readonly results: readonly { readonly code: number; readonly data: string; readonly gasWanted: number; readonly gasUsed: number }[];
  readonly resultsHash: string;
  readonly blocks: readonly {
    readonly lightBlock: string;
    readonly block: string;
    readonly headerHash: string;
    readonly commitHash: string;
    readonly voteSignBytes: string;
  }[];
}

const { sha256 } = nodeCrypto;
const vectors: Vectors = JSON.parse(readFileSync(new URL('../../test/vectors/cometbft-0.38.26.json', import.meta.url), 'utf8'));

function bytes(text: string): Uint8Array {
  const decoded = base64urlDecode(text);
  invariant(decoded !== undefined, 'vector is not base64url');
  return decoded;
}

function lightBlockOf(index: number): LightBlock {
  const decoded = decodeLightBlock(bytes(vectors.blocks[index]?.lightBlock ?? ''));
  invariant(decoded.ok, 'vector is refused');
  return decoded.value;
}

describe('what CometBFT 0.38.26 made', () => {
  test.each(vectors.blocks.map((vector, index) => ({ ...vector, index })))('block $index: hashes and vote bytes agree', (vector) => {
    const { header, commit } = lightBlockOf(vector.index);

    expect(base64urlEncode(headerHash(sha256, header))).toBe(vector.headerHash);
    expect(base64urlEncode(commitHash(sha256, commit))).toBe(vector.commitHash);
    const [first] = commit.signatures;
    expect(first?.flag).toBe(FLAG_COMMIT);
    expect(first && base64urlEncode(voteSignBytes(header.chainId, commit, first.time))).toBe(vector.voteSignBytes);
  });

  test('its light blocks are accepted, adjacent over a change of the set, and skipping it', () => {
    const [one, two, three, four] = [0, 1, 2, 3].map(lightBlockOf);
    invariant(one !== undefined && two !== undefined && three !== undefined && four !== undefined, 'four vectors');

    expect(verifyCommit(nodeCrypto, { chainId: vectors.chainId, lightBlock: one }).ok).toBe(true);
    expect(verifyAdjacent(nodeCrypto, { trusted: one.header, lightBlock: two }).ok).toBe(true);
    expect(verifyAdjacent(nodeCrypto, { trusted: two.header, lightBlock: three }).ok).toBe(true);
    expect(verifyAdjacent(nodeCrypto, { trusted: three.header, lightBlock: four })).toMatchObject({
      value: { signedPower: 45n, totalPower: 67n },
    });
    expect(four.validators.length).toBe(5);
    const skip = { trusted: one.header, trustedValidators: two.validators, lightBlock: four };
    expect(verifySkipping(nodeCrypto, skip).ok).toBe(true);
  });

  test('its blocks are read, and written back byte for byte, with the block id it computed', () => {
    for (const index of [0, 1, 2]) {
      const encoded = bytes(vectors.blocks[index]?.block ?? '');
      const decoded = decodeBlock(encoded);
      invariant(decoded.ok, 'vector is refused');
      const { header, transactions } = decoded.value;

      expect(equalBlockIds(blockIdOf(sha256, header, encoded), lightBlockOf(index).commit.blockId)).toBe(true);
      expect(dataHash(sha256, transactions)).toEqual(header.dataHash);
    }
  });

  test('a block of three parts gets the same bytes and part set', () => {
    const { header, commit } = lightBlockOf(3);
    const transactions = [...[1, 2, 3].map((i) => utf8Encode(`tx 4 ${i}`)), new Uint8Array(150_000)];
    const encoded = encodeBlock({ header, transactions, evidence: [], lastCommit: lightBlockOf(2).commit });

    expect(`sha256:${createHash('sha256').update(encoded).digest('hex')}`).toBe(vectors.blocks[3]?.block);
    expect(blockIdOf(sha256, header, encoded)).toEqual(commit.blockId);
    expect(commit.blockId.partCount).toBe(3);
  });

  test('consensus parameters and results hash alike', () => {
    const results = vectors.results.map(({ code, data, gasWanted, gasUsed }) => {
      return { code, data: bytes(data), gasWanted: BigInt(gasWanted), gasUsed: BigInt(gasUsed) };
    });

    expect(base64urlEncode(consensusParamsHash(sha256, { blockBytesMax: 4_194_304n, blockGasMax: -1n }))).toBe(vectors.consensusHash);
    expect(base64urlEncode(resultsHash(sha256, results))).toBe(vectors.resultsHash);
    expect(lightBlockOf(1).header.lastResultsHash).toEqual(bytes(vectors.resultsHash));
    expect(lightBlockOf(0).header.lastCommitHash).toEqual(commitHash(sha256, EMPTY_COMMIT));
  });
});

test('our blocks are still the ones that CometBFT 0.38.26 accepted', () => {
  const chainId = 'embedded-1';
  const keys = someValidators(1);
  const four = someValidators(4);
  const blocks: FixtureBlock[] = [];
  for (let i = 0; i < 6; i++) {
    const transactions = Array.from({ length: i }, (_, at) => new Uint8Array(i * 1000).fill(at));
    const lastResults = Array.from({ length: Math.max(0, i - 1) }, () => ({
      code: 0,
      data: sha256(utf8Encode('receipts')),
      gasWanted: 0n,
      gasUsed: 0n,
    }));
    const [current, nextKeys] = [i < 3 ? keys : four, i < 2 ? keys : four];
    const absent = i === 5 ? [2] : [];
    blocks.push(
      nextBlock(chainId, blocks.at(-1), { keys: current, nextKeys, transactions, lastResults, absent, appHash: sha256(Uint8Array.of(i)) }),
    );
  }
  const rows = blocks.map(({ lightBlock, block }) => ({
    lightBlock: base64urlEncode(encodeLightBlock(lightBlock)),
    block: base64urlEncode(block),
  }));

  const text = `${JSON.stringify({ source: 'accepted by tools/engine/lightcheck', chainId, blocks: rows }, undefined, 1)}\n`;
  expectGolden(new URL('../../test/vectors/accepted-by-cometbft-0.38.26.json', import.meta.url), text);
});
