import { readFileSync } from 'node:fs';
import { type Bytes, base64urlDecode, equalBytes, invariant } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import {
  blockIdOf,
  decodeBlock,
  decodeLightBlock,
  encodeLightBlock,
  equalBlockIds,
  type LightBlock,
  unixMsOf,
  verifyCommit,
  voteSignBytes,
} from '@civitas/proofs';
import { printedSeed, seededRandom } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signCofactored } from '../../packages/canon/src/testing/cofactored-signature.ts';
import { nextBlock, someValidators, withFlippedBit } from '../../packages/proofs/src/testing/chain.ts';
import { describeWithLightcheck } from './conformance/describe-with-lightcheck.ts';
import { embeddedChain, type StoredChain } from './conformance/embedded-chain.ts';
import { type Lightcheck, startLightcheck } from './conformance/lightcheck.ts';
import { CLOCK_DRIFT_MS, compareVerdicts, ourVerdict, type Step, TRUST_PERIOD_MS, theirVerdict } from './conformance/verdicts.ts';

const isFull = process.env['CIVITAS_FULL'] === '1';
const random = seededRandom(printedSeed('light client, embedded'));

function lightBlockOf(bytes: Bytes): LightBlock {
  const decoded = decodeLightBlock(bytes);
  invariant(decoded.ok, 'a light block of ours is refused by us');
  return decoded.value;
}

function itemAt<T>(list: readonly T[], index: number): T {
  const item = list[index];
  invariant(item !== undefined, `nothing at ${index}`);
  return item;
}

/** What a node of ours checks of a block's bytes beside a certified header. */
function isOurBlock(bytes: Bytes, lightBlock: LightBlock): boolean {
  const block = decodeBlock(bytes);
  return block.ok && equalBlockIds(blockIdOf(nodeCrypto.sha256, block.value.header, bytes), lightBlock.commit.blockId);
}

describeWithLightcheck("CometBFT's packages on the embedded engine's chain", (program) => {
  let lightcheck: Lightcheck;
  let chain: StoredChain;
  const stepAt = (height: number): Step => {
    const [trusted, next] = [lightBlockOf(itemAt(chain.lightBlocks, height - 2)), lightBlockOf(itemAt(chain.lightBlocks, height - 1))];
    return { trusted, announced: next, next };
  };

  beforeAll(async () => {
    lightcheck = startLightcheck(program);
    chain = await embeddedChain(64);
  });
  afterAll(() => lightcheck.stop());

  test('accept every block: bytes, part set, hashes, last commit, median time', async () => {
    const sizes = chain.blocks.map((block) => block.length);
    expect(Math.max(...sizes)).toBeGreaterThan(65_536);
    expect(Math.min(...sizes)).toBeLessThan(1_024);
    for (const [index, block] of chain.blocks.entries()) {
      const [next, before] = [itemAt(chain.lightBlocks, index), index === 0 ? undefined : itemAt(chain.lightBlocks, index - 1)];
      const question = { check: 'block', chainId: chain.chainId, next, block } as const;
      expect(await lightcheck.ask(before === undefined ? question : { ...question, trusted: before })).toBe('');
      expect(await lightcheck.ask({ check: 'commit', chainId: chain.chainId, next })).toBe('');
    }
  });

  test('walk it as a light client, step by step and by bisection', async () => {
    const { chainId, lightBlocks } = chain;
    for (const sequential of [true, false])
      expect(await lightcheck.ask({ check: 'client', chainId, lightBlocks, sequential, nowUnixMs: Date.now() })).toBe('');
  });

  test('refuse what we refuse of changed light blocks', async () => {
    for (const height of isFull ? chain.lightBlocks.map((_, at) => at + 1).slice(1) : [2, 3, 40]) {
      const bits = { stride: isFull ? 1 : 7, offset: random.nextInt(7), nowUnixMs: Date.now() };
      const table = await compareVerdicts(lightcheck, stepAt(height), bits);
      process.stderr.write(`embedded, height ${height}: ${JSON.stringify(table)}\n`);
      expect(table).toMatchObject({ unexplained: [], bothAccept: 0, uncounted: 0 });
    }
  });

  test('refuse every changed bit of a block, as we do', async () => {
    const index = chain.blocks.findIndex((block) => block.length > 1_200 && block.length < 10_000);
    const [block, next] = [itemAt(chain.blocks, index), itemAt(chain.lightBlocks, index)];
    expect(isOurBlock(block, lightBlockOf(next))).toBe(true);
    for (let bit = random.nextInt(5); bit < block.length * 8; bit += isFull ? 1 : 13) {
      const changed = withFlippedBit(block, bit);
      const ours = isOurBlock(changed, lightBlockOf(next));
      const theirs = (await lightcheck.ask({ check: 'block', chainId: chain.chainId, next, block: changed })) === '';
      expect({ bit, ours, theirs }).toEqual({ bit, ours: false, theirs: false });
    }
  });

  test('draw the same lines for expired trust and for headers from the future, to the millisecond', async () => {
    const step = stepAt(9);
    const encoded = encodeLightBlock(step.next);
    const [trustedMs, nextMs] = [unixMsOf(step.trusted.header.time), unixMsOf(step.next.header.time)];
    const verdicts: string[] = [];
    for (const limit of [trustedMs + TRUST_PERIOD_MS, nextMs - CLOCK_DRIFT_MS])
      for (const offset of [-1, 0, 1, 2]) {
        const ours = ourVerdict(step, encoded, limit + offset).code;
        expect((await theirVerdict(lightcheck, step, encoded, limit + offset)) === '').toBe(ours === '');
        verdicts.push(ours);
      }
    expect(new Set(verdicts)).toEqual(new Set(['', 'TRUST_EXPIRED', 'FROM_FUTURE']));
  });
});

describeWithLightcheck('chains of many keys made here', (program) => {
  let lightcheck: Lightcheck;
  beforeAll(() => {
    lightcheck = startLightcheck(program);
  });
  afterAll(() => lightcheck.stop());

  test('the vectors that CometBFT accepted before are accepted again', async () => {
    const path = new URL('../../packages/proofs/test/vectors/accepted-by-cometbft-0.38.26.json', import.meta.url);
    const vectors = JSON.parse(readFileSync(path, 'utf8')) as { chainId: string; blocks: { lightBlock: string; block: string }[] };
    expect(vectors.blocks.length).toBeGreaterThan(0);
    for (const { lightBlock, block } of vectors.blocks) {
      const [next, bytes] = [base64urlDecode(lightBlock), base64urlDecode(block)];
      invariant(next !== undefined && bytes !== undefined, 'vector is not base64url');
      expect(await lightcheck.ask({ check: 'block', chainId: vectors.chainId, next, block: bytes })).toBe('');
    }
  });

  test('a signature that only CometBFT takes (ZIP-215) is skipped, and counts for us where a quorum stands without it', async () => {
    const keys = someValidators(4);
    const withOdd = (absent: readonly number[]): LightBlock => {
      const { lightBlock } = nextBlock('test-1', undefined, { keys, absent });
      const { commit, header, validators } = lightBlock;
      const [validator, sig] = [itemAt(validators, 0), itemAt(commit.signatures, 0)];
      const seed = Buffer.from(keys.keyOf(validator).privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
      const signature = signCofactored(new Uint8Array(seed), voteSignBytes(header.chainId, commit, sig.time));
      expect(equalBytes(signature, sig.signature)).toBe(false);
      return { ...lightBlock, commit: { ...commit, signatures: commit.signatures.with(0, { ...sig, signature }) } };
    };
    const [spare, bare] = [withOdd([]), withOdd([3])];
    for (const each of [spare, bare])
      expect(await lightcheck.ask({ check: 'commit', chainId: 'test-1', next: encodeLightBlock(each) })).toBe('');
    expect(verifyCommit(nodeCrypto, { chainId: 'test-1', lightBlock: spare })).toMatchObject({ ok: true, value: { signedPower: 30n } });
    expect(verifyCommit(nodeCrypto, { chainId: 'test-1', lightBlock: bare })).toMatchObject({
      ok: false,
      refusal: { code: 'POWER_INSUFFICIENT' },
    });
  });
});
