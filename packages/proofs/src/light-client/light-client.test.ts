import { invariant } from '@civitas/canon';
import { browserCrypto } from '@civitas/canon/browser';
import { nodeCrypto } from '@civitas/canon/node';
import { describe, expect, test } from '@jest/globals';
import { ABSENT_SIG, type CommitSig, FLAG_NIL } from '../codec/commit.ts';
import { decodeLightBlock, encodeLightBlock, type LightBlock } from '../codec/light-block.ts';
import { timestampOfUnixNanos, unixNanosOf } from '../codec/timestamp.ts';
import { validatorsHash } from '../codec/validator.ts';
import { aChain, type FixtureBlock, nextBlock, someValidators, withFlippedBit } from '../testing/chain.ts';
import { checkMisbehaviour } from './misbehaviour.ts';
import { verifyCommit } from './verify-commit.ts';
import { verifyAdjacent, verifyRevival, verifySkipping } from './verify-update.ts';

const chainId = 'test-1';
const keys = someValidators(4);
const chain = aChain(5, keys);

function light(blocks: readonly FixtureBlock[], height: number): LightBlock {
  const block = blocks[height - 1];
  invariant(block !== undefined, 'no such block');
  return block.lightBlock;
}

function refusedWith(code: string): unknown {
  return expect.objectContaining({ ok: false, refusal: expect.objectContaining({ code }) });
}

function withSignature(block: LightBlock, index: number, change: Partial<CommitSig>): LightBlock {
  const signatures = block.commit.signatures.map((sig, at) => (at === index ? { ...sig, ...change } : sig));
  return { ...block, commit: { ...block.commit, signatures } };
}

describe('verifyCommit', () => {
  test('a certified header is accepted with its signed power, on both libraries', () => {
    for (const crypto of [nodeCrypto, browserCrypto]) {
      const verdict = verifyCommit(crypto, { chainId, lightBlock: light(chain, 3) });

      expect(verdict).toMatchObject({ ok: true, value: { signedPower: 40n, totalPower: 40n } });
    }
  });

  test('three of four validators suffice, two do not', () => {
    const withAbsent = (absent: number[]) => nextBlock(chainId, undefined, { keys, absent }).lightBlock;

    expect(verifyCommit(nodeCrypto, { chainId, lightBlock: withAbsent([0]) }).ok).toBe(true);
    expect(verifyCommit(nodeCrypto, { chainId, lightBlock: withAbsent([0, 1]) })).toEqual(refusedWith('POWER_INSUFFICIENT'));
  });

  test('a signature that does not verify is not counted and does not reject the commit', () => {
    const broken = withSignature(light(chain, 3), 1, { signature: new Uint8Array(64).fill(7) });
    const twice = withSignature(broken, 2, { signature: new Uint8Array(64).fill(7) });

    expect(verifyCommit(nodeCrypto, { chainId, lightBlock: broken })).toMatchObject({ ok: true, value: { signedPower: 30n } });
    expect(verifyCommit(nodeCrypto, { chainId, lightBlock: twice })).toEqual(refusedWith('POWER_INSUFFICIENT'));
  });

  test('a vote for nothing is not counted', () => {
    const nil = withSignature(light(chain, 3), 0, { flag: FLAG_NIL });

    expect(verifyCommit(nodeCrypto, { chainId, lightBlock: nil })).toMatchObject({ ok: true, value: { signedPower: 30n } });
  });

  const block = light(chain, 3);
  const otherKeys = someValidators(4, 'other');
  const [one, two] = block.validators;
  invariant(one !== undefined && two !== undefined, 'four validators');
  test.each<[string, LightBlock, string]>([
    ['another chain', nextBlock('test-2', undefined, { keys }).lightBlock, 'CHAIN_ID'],
    ['another block protocol', nextBlock(chainId, undefined, { keys, change: { blockProtocol: 12n } }).lightBlock, 'HEADER_MALFORMED'],
    [
      'an empty results hash',
      nextBlock(chainId, undefined, { keys, change: { lastResultsHash: new Uint8Array(0) } }).lightBlock,
      'HEADER_MALFORMED',
    ],
    [
      'a short proposer address',
      nextBlock(chainId, undefined, { keys, change: { proposerAddress: new Uint8Array(3) } }).lightBlock,
      'HEADER_MALFORMED',
    ],
    ['height zero', { ...block, header: { ...block.header, height: 0n } }, 'HEADER_MALFORMED'],
    ['no validators', { ...block, validators: [] }, 'VALIDATORS_FORM'],
    ['a validator without power', { ...block, validators: [{ ...one, power: 0n }, ...block.validators.slice(1)] }, 'VALIDATORS_FORM'],
    [
      'a validator under another address',
      { ...block, validators: [{ ...one, address: two.address }, ...block.validators.slice(1)] },
      'VALIDATORS_FORM',
    ],
    ['one validator twice', { ...block, validators: [one, one, ...block.validators.slice(2)] }, 'VALIDATORS_FORM'],
    ['a key of small order', { ...block, validators: [{ ...one, publicKey: new Uint8Array(32) }] }, 'VALIDATORS_FORM'],
    ['too much power', { ...block, validators: block.validators.map((v) => ({ ...v, power: 2n ** 60n - 1n })) }, 'VALIDATORS_FORM'],
    ['another validator set', { ...block, validators: otherKeys.validators }, 'VALIDATORS_HASH'],
    ['another app hash', { ...block, header: { ...block.header, appHash: new Uint8Array(32).fill(1) } }, 'HEADER_HASH'],
    ['a commit of another height', { ...block, commit: { ...block.commit, height: 9n } }, 'COMMIT_FORM'],
    [
      'a commit with a signature missing',
      { ...block, commit: { ...block.commit, signatures: block.commit.signatures.slice(1) } },
      'COMMIT_FORM',
    ],
    [
      'a commit with no part set',
      { ...block, commit: { ...block.commit, blockId: { ...block.commit.blockId, partCount: 0 } } },
      'COMMIT_FORM',
    ],
    ['an absent signature that carries a time', withSignature(block, 0, { ...ABSENT_SIG, time: block.header.time }), 'COMMIT_FORM'],
    [
      'an absent signature that carries a signature',
      withSignature(block, 0, { ...ABSENT_SIG, signature: new Uint8Array(64) }),
      'COMMIT_FORM',
    ],
    ['a signature under another address', withSignature(block, 0, { validatorAddress: two.address }), 'COMMIT_FORM'],
    ['a short signature', withSignature(block, 0, { signature: new Uint8Array(63) }), 'COMMIT_FORM'],
    ['another round', { ...block, commit: { ...block.commit, round: 1 } }, 'POWER_INSUFFICIENT'],
  ])('%s is refused', (_, lightBlock, code) => {
    expect(verifyCommit(nodeCrypto, { chainId, lightBlock })).toEqual(refusedWith(code));
  });
});

describe.each([
  ['one validator', someValidators(1), [], 1],
  ['a bare quorum of four', keys, [2], 5],
] as const)('with %s', (_, signers, absent, stride) => {
  test(`no flipped bit of a light block is accepted (every bit in ${stride})`, () => {
    const first = nextBlock(chainId, undefined, { keys: signers });
    const second = nextBlock(chainId, first, { keys: signers, absent });
    const bytes = encodeLightBlock(second.lightBlock);
    const trusted = first.lightBlock.header;
    const verdictOf = (encoded: Uint8Array): boolean => {
      const decoded = decodeLightBlock(encoded);
      return decoded.ok && verifyAdjacent(nodeCrypto, { trusted, lightBlock: decoded.value }).ok;
    };
    const accepted: number[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit += stride) if (verdictOf(withFlippedBit(bytes, bit))) accepted.push(bit);

    expect(verdictOf(bytes)).toBe(true);
    expect(accepted).toEqual([]);
  });
});

describe('updates', () => {
  const trusted = light(chain, 1).header;
  const now = timestampOfUnixNanos(unixNanosOf(light(chain, 5).header.time) + 1_000_000_000n);
  const clock = { now, trustPeriodMs: 60_000, clockDriftMs: 10_000 };

  test('an adjacent header is accepted, another height is not', () => {
    expect(verifyAdjacent(nodeCrypto, { trusted, lightBlock: light(chain, 2), clock }).ok).toBe(true);
    expect(verifyAdjacent(nodeCrypto, { trusted, lightBlock: light(chain, 3), clock })).toEqual(refusedWith('NOT_ADJACENT'));
  });

  test('a header whose set was not announced is refused', () => {
    const stranger = nextBlock(chainId, chain[0], { keys: someValidators(4, 'other') }).lightBlock;

    expect(verifyAdjacent(nodeCrypto, { trusted, lightBlock: stranger, clock })).toEqual(refusedWith('NEXT_VALIDATORS_HASH'));
  });

  test('skipping needs more than a third of the trusted power', () => {
    const third = someValidators(3);
    const start = nextBlock(chainId, undefined, { keys: third });
    const mixed = (count: number) => {
      const [old, fresh] = [someValidators(count), someValidators(4, 'fresh')];
      const validators = [...old.validators, ...fresh.validators].sort((l, r) => (l.address.join() < r.address.join() ? -1 : 1));
      return { validators, keyOf: (v: (typeof validators)[number]) => (old.validators.includes(v) ? old.keyOf(v) : fresh.keyOf(v)) };
    };
    const jump = (count: number) => {
      const block = nextBlock(chainId, nextBlock(chainId, start, { keys: third }), { keys: mixed(count) }).lightBlock;
      return verifySkipping(nodeCrypto, {
        trusted: start.lightBlock.header,
        trustedValidators: third.validators,
        lightBlock: block,
        clock,
      });
    };

    expect(jump(1)).toEqual(refusedWith('TRUSTED_POWER_INSUFFICIENT'));
    expect(jump(2).ok).toBe(true);
  });

  test('skipping checks heights, the trusted set and adjacent sets', () => {
    const trustedValidators = keys.validators;
    const strangers = someValidators(4, 'other').validators;
    const adjacentStranger = nextBlock(chainId, chain[0], { keys: someValidators(4, 'other') }).lightBlock;

    expect(verifySkipping(nodeCrypto, { trusted, trustedValidators, lightBlock: light(chain, 5), clock }).ok).toBe(true);
    expect(verifySkipping(nodeCrypto, { trusted, trustedValidators, lightBlock: light(chain, 1), clock })).toEqual(
      refusedWith('HEIGHT_NOT_INCREASING'),
    );
    expect(verifySkipping(nodeCrypto, { trusted, trustedValidators: strangers, lightBlock: light(chain, 5), clock })).toEqual(
      refusedWith('TRUSTED_VALIDATORS_HASH'),
    );
    expect(verifySkipping(nodeCrypto, { trusted, trustedValidators, lightBlock: adjacentStranger, clock })).toEqual(
      refusedWith('NEXT_VALIDATORS_HASH'),
    );
  });

  test('times: not increasing, from the future, expired trust', () => {
    const lightBlock = light(chain, 2);
    const late = timestampOfUnixNanos(unixNanosOf(trusted.time) + 60_000_000_000n);
    const early = timestampOfUnixNanos(unixNanosOf(lightBlock.header.time) - 10_000_000_000n);

    expect(verifyAdjacent(nodeCrypto, { trusted: { ...trusted, time: lightBlock.header.time }, lightBlock, clock })).toEqual(
      refusedWith('TIME_NOT_INCREASING'),
    );
    expect(verifyAdjacent(nodeCrypto, { trusted, lightBlock, clock: { ...clock, now: early } })).toMatchObject({
      refusal: { code: 'FROM_FUTURE', then: 'retry' },
    });
    expect(verifyAdjacent(nodeCrypto, { trusted, lightBlock, clock: { ...clock, now: late } })).toEqual(refusedWith('TRUST_EXPIRED'));
    expect(verifyAdjacent(nodeCrypto, { trusted: { ...trusted, chainId: 'test-2' }, lightBlock, clock })).toEqual(refusedWith('CHAIN_ID'));
  });

  test('a validator that stands twice in a trusted set is not counted twice', () => {
    const [one, ...others] = keys.validators;
    invariant(one !== undefined, 'validators');
    const trustedValidators = [one, one, one, ...others.slice(2)];
    const doubled = { ...trusted, nextValidatorsHash: validatorsHash(nodeCrypto.sha256, trustedValidators) };
    const update = { trusted: doubled, trustedValidators, lightBlock: light(chain, 5) };

    expect(verifySkipping(nodeCrypto, update)).toEqual(refusedWith('VALIDATORS_FORM'));
    expect(verifyRevival(nodeCrypto, update)).toEqual(refusedWith('VALIDATORS_FORM'));
  });

  test('a stale client is revived only by more than two thirds of the trusted set', () => {
    const trustedValidators = keys.validators;
    const quorum = light(chain, 5);
    const fresh = someValidators(9, 'fresh');
    const old = someValidators(2);
    const half = {
      validators: [...fresh.validators, ...old.validators],
      keyOf: (v: (typeof fresh.validators)[number]) => (old.validators.includes(v) ? old.keyOf(v) : fresh.keyOf(v)),
    };
    const weak = nextBlock(chainId, chain[3], { keys: half }).lightBlock;

    expect(verifyRevival(nodeCrypto, { trusted, trustedValidators, lightBlock: quorum }).ok).toBe(true);
    expect(verifySkipping(nodeCrypto, { trusted, trustedValidators, lightBlock: weak }).ok).toBe(true);
    expect(verifyRevival(nodeCrypto, { trusted, trustedValidators, lightBlock: weak })).toEqual(refusedWith('TRUSTED_POWER_INSUFFICIENT'));
  });
});

describe('misbehaviour', () => {
  const header = light(chain, 3).header;

  test('two headers at one height', () => {
    const second = nextBlock(chainId, chain[1], { keys, appHash: new Uint8Array(32).fill(9) }).lightBlock.header;

    expect(checkMisbehaviour(nodeCrypto.sha256, { first: header, second })).toEqual({ ok: true, value: 'TWO_HEADERS' });
  });

  test('time running backwards, in whatever order the headers come', () => {
    const second = { ...light(chain, 4).header, time: header.time };

    expect(checkMisbehaviour(nodeCrypto.sha256, { first: header, second })).toEqual({ ok: true, value: 'TIME_BACKWARDS' });
    expect(checkMisbehaviour(nodeCrypto.sha256, { first: second, second: header })).toEqual({ ok: true, value: 'TIME_BACKWARDS' });
  });

  test('an honest pair, one header twice and two chains are not', () => {
    for (const second of [header, light(chain, 4).header, { ...header, chainId: 'test-2' }]) {
      expect(checkMisbehaviour(nodeCrypto.sha256, { first: header, second })).toEqual(refusedWith('NOT_MISBEHAVIOUR'));
    }
  });
});
