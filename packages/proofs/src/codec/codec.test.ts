import { equalBytes } from '@civitas/canon';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { BLOCK_BYTES_MAX, BLOCK_EVIDENCE_MAX, BLOCK_TRANSACTIONS_MAX, LIGHT_BLOCK_BYTES_MAX, VALIDATORS_MAX } from '../limits.ts';
import { nextBlock, someValidators, withFlippedBit } from '../testing/chain.ts';
import { type Block, decodeBlock, encodeBlock } from './block.ts';
import type { BlockId } from './block-id.ts';
import type { Commit, CommitSig } from './commit.ts';
import type { Header } from './header.ts';
import { decodeLightBlock, encodeLightBlock, type LightBlock } from './light-block.ts';
import {
  type BlockEvidence,
  type DuplicateVoteEvidence,
  decodeBlockEvidence,
  encodeBlockEvidence,
  type Vote,
} from './misbehaviour-evidence.ts';
import { timestampOfUnixMs, timestampOfUnixNanos, unixMsOf, ZERO_TIME } from './timestamp.ts';
import type { RankedValidator, Validator } from './validator.ts';
import { encodeVarint, FieldReader, messageField, varintField, WireError } from './wire.ts';

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const maybeHash = fc.oneof(hash, fc.constant(new Uint8Array(0)));
const address = fc.uint8Array({ minLength: 20, maxLength: 20 });
const time = fc.oneof(fc.constant(ZERO_TIME), fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n }).map(timestampOfUnixNanos));
const blockId: fc.Arbitrary<BlockId> = fc.record({ hash: maybeHash, partCount: fc.nat(), partsHash: maybeHash });
const height = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
const header: fc.Arbitrary<Header> = fc.record({
  blockProtocol: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  appProtocol: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  chainId: fc.string({ maxLength: 50 }),
  height,
  time,
  lastBlockId: blockId,
  lastCommitHash: maybeHash,
  dataHash: maybeHash,
  validatorsHash: maybeHash,
  nextValidatorsHash: maybeHash,
  consensusHash: maybeHash,
  appHash: maybeHash,
  lastResultsHash: maybeHash,
  evidenceHash: maybeHash,
  proposerAddress: address,
});
const signature: fc.Arbitrary<CommitSig> = fc.record({
  flag: fc.constantFrom(1 as const, 2 as const, 3 as const),
  validatorAddress: fc.oneof(address, fc.constant(new Uint8Array(0))),
  time,
  signature: fc.uint8Array({ maxLength: 64 }),
});
const commit: fc.Arbitrary<Commit> = fc.record({ height, round: fc.nat(), blockId, signatures: fc.array(signature, { maxLength: 8 }) });
const validator: fc.Arbitrary<Validator> = fc.record({ address, publicKey: hash, power: fc.bigInt({ min: 1n, max: 2n ** 60n - 1n }) });
const ranked: fc.Arbitrary<RankedValidator> = fc
  .tuple(validator, fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }))
  .map(([plain, proposerPriority]) => ({ ...plain, proposerPriority }));
const vote: fc.Arbitrary<Vote> = fc.record({
  type: fc.constantFrom(1 as const, 2 as const),
  height,
  round: fc.nat(),
  blockId,
  time,
  validatorAddress: address,
  validatorIndex: fc.nat(),
  signature: fc.uint8Array({ maxLength: 64 }),
  extension: fc.uint8Array({ maxLength: 300 }),
  extensionSignature: fc.uint8Array({ maxLength: 64 }),
});
const evidence: fc.Arbitrary<BlockEvidence> = fc.oneof(
  fc.record({
    kind: fc.constant('duplicate-vote' as const),
    votes: fc.tuple(vote, vote),
    totalPower: height,
    validatorPower: height,
    time,
  }),
  fc.record({
    kind: fc.constant('light-client-attack' as const),
    header,
    commit,
    validators: fc.array(ranked, { maxLength: 4 }),
    proposer: ranked,
    commonHeight: height,
    byzantine: fc.array(ranked, { maxLength: 4 }),
    totalPower: height,
    time,
  }),
);
const block: fc.Arbitrary<Block> = fc.record({
  header,
  transactions: fc.array(fc.uint8Array()),
  evidence: fc.array(evidence, { maxLength: 3 }),
  lastCommit: commit,
});
const lightBlock: fc.Arbitrary<LightBlock> = fc.record({ header, commit, validators: fc.array(validator, { maxLength: 6 }) });

describe('encodings', () => {
  test('a light block decodes to what was encoded', () => {
    fc.assert(
      fc.property(lightBlock, (block) => {
        expect(decodeLightBlock(encodeLightBlock(block))).toEqual({ ok: true, value: block });
      }),
    );
  });

  test('a block decodes to what was encoded', () => {
    fc.assert(
      fc.property(block, (value) => {
        expect(decodeBlock(encodeBlock(value))).toEqual({ ok: true, value });
      }),
    );
  });

  test('whatever bytes are accepted are exactly the encoding of what was read', () => {
    const mutated = fc.tuple(lightBlock, fc.nat(), fc.uint8Array({ maxLength: 4 }));
    fc.assert(
      fc.property(mutated, ([block, where, patch]) => {
        const bytes = encodeLightBlock(block);
        bytes.set(patch, where % (bytes.length - patch.length));
        const decoded = decodeLightBlock(bytes);
        expect(!decoded.ok || equalBytes(encodeLightBlock(decoded.value), bytes)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('and so it is with a block that carries evidence', () => {
    const accused = block.filter((one) => one.evidence.length > 0);
    fc.assert(
      fc.property(accused, fc.nat(), fc.uint8Array({ maxLength: 4 }), (value, where, patch) => {
        const bytes = encodeBlock(value);
        bytes.set(patch, where % (bytes.length - patch.length));
        const decoded = decodeBlock(bytes);
        expect(!decoded.ok || equalBytes(encodeBlock(decoded.value), bytes)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('arbitrary bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect([true, false]).toContain(decodeLightBlock(bytes).ok);
        expect([true, false]).toContain(decodeBlock(bytes).ok);
      }),
    );
  });
});

describe('malformed encodings are refused', () => {
  const light = encodeLightBlock(nextBlock('test-1', undefined, { keys: someValidators(1) }).lightBlock);

  test.each<[string, Uint8Array]>([
    ['a trailing unknown field', Uint8Array.of(...light, 0x7a, 0)],
    ['a doubled field', Uint8Array.of(...light, ...messageField(2, new Uint8Array(0)))],
    ['a truncated message', light.slice(0, -1)],
    ['nothing', new Uint8Array(0)],
    ['fields out of order', Uint8Array.of(...messageField(2, new Uint8Array(0)), ...light)],
    ['a length that is not minimal', Uint8Array.of(light[0] ?? 0, (light[1] ?? 0) | 128, (light[2] ?? 0) | 128, 0, ...light.slice(3))],
  ])('%s', (_, bytes) => {
    expect(decodeLightBlock(bytes)).toMatchObject({ ok: false, refusal: { code: 'LIGHT_BLOCK_MALFORMED' } });
  });

  test('a light block above 64 KiB', () => {
    expect(decodeLightBlock(new Uint8Array(LIGHT_BLOCK_BYTES_MAX + 1))).toMatchObject({ refusal: { code: 'LIGHT_BLOCK_TOO_LARGE' } });
  });

  test('a block above 4 MiB', () => {
    expect(decodeBlock(new Uint8Array(BLOCK_BYTES_MAX + 1))).toMatchObject({ refusal: { code: 'BLOCK_TOO_LARGE' } });
  });

  test('more validators or transactions than the limits', () => {
    const [sample] = fc.sample(
      lightBlock.filter(({ validators }) => validators.length > 0),
      1,
    );
    const [one] = sample?.validators ?? [];
    if (sample === undefined || one === undefined) throw new Error('no sample');
    const crowd = { ...sample, validators: Array.from({ length: VALIDATORS_MAX + 1 }, () => one) };
    const full = {
      header: sample.header,
      lastCommit: sample.commit,
      evidence: [],
      transactions: Array.from({ length: BLOCK_TRANSACTIONS_MAX + 1 }, () => new Uint8Array(0)),
    };

    expect(decodeLightBlock(encodeLightBlock(crowd))).toMatchObject({ refusal: { code: 'LIGHT_BLOCK_MALFORMED' } });
    expect(decodeBlock(encodeBlock(full))).toMatchObject({ refusal: { code: 'BLOCK_MALFORMED' } });
  });

  test('evidence beyond the limit, of no known kind, or with a vote that no validator casts', () => {
    const [plain] = fc.sample(block, 1);
    const [double] = fc.sample(
      evidence.filter((one): one is DuplicateVoteEvidence => one.kind === 'duplicate-vote'),
      1,
    );
    if (plain === undefined || double === undefined) throw new Error('no sample');
    const withVote = (change: Partial<Vote>): Uint8Array =>
      encodeBlock({ ...plain, evidence: [{ ...double, votes: [{ ...double.votes[0], ...change }, double.votes[1]] }] });
    const crowd = { ...plain, evidence: Array.from({ length: BLOCK_EVIDENCE_MAX + 1 }, () => double) };
    const refused = { refusal: { code: 'BLOCK_MALFORMED' } };

    expect(decodeBlock(encodeBlock(crowd))).toMatchObject(refused);
    expect(decodeBlock(withVote({})).ok).toBe(true);
    expect(decodeBlock(withVote({ height: 0n }))).toMatchObject(refused);
    expect(decodeBlock(withVote({ round: -1 }))).toMatchObject(refused);
    expect(decodeBlock(withVote({ signature: new Uint8Array(65) }))).toMatchObject(refused);
    expect(decodeBlock(withVote({ validatorAddress: new Uint8Array(19) }))).toMatchObject(refused);
    expect(decodeBlock(withVote({ type: 3 as 2 }))).toMatchObject(refused);
    expect(() => decodeBlockEvidence(messageField(3, new Uint8Array(0)))).toThrow(WireError);
    expect(() => decodeBlockEvidence(new Uint8Array(0))).toThrow(WireError);
    expect(() => decodeBlockEvidence(Uint8Array.of(...encodeBlockEvidence(double), 0))).toThrow(WireError);
  });

  test('a varint of eleven bytes', () => {
    const reader = new FieldReader(Uint8Array.of(8, ...new Uint8Array(10).fill(255), 1));

    expect(() => reader.uint64(1)).toThrow(WireError);
  });
});

test('negative int64 values take ten bytes', () => {
  expect(encodeVarint(-62_135_596_800n)).toHaveLength(10);
  expect(varintField(1, -1)).toEqual(Uint8Array.of(8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1));
});

test('unix milliseconds are floored', () => {
  expect(unixMsOf({ seconds: 1n, nanos: 999_999 })).toBe(1000);
  expect(unixMsOf({ seconds: 1n, nanos: 1_999_999 })).toBe(1001);
  expect(unixMsOf(timestampOfUnixMs(1_767_225_600_123))).toBe(1_767_225_600_123);
});

test('no flipped bit of a real block is accepted unless it re-encodes to the same bytes', () => {
  const { block } = nextBlock('test-1', undefined, { keys: someValidators(1), transactions: [Uint8Array.of(1, 2, 3)] });
  for (let bit = 0; bit < block.length * 8; bit++) {
    const flipped = withFlippedBit(block, bit);
    const decoded = decodeBlock(flipped);
    expect(!decoded.ok || equalBytes(encodeBlock(decoded.value), flipped)).toBe(true);
  }
});
