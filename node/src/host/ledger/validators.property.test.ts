import { base64urlEncode, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { quorumOf, TOLERANT_VALIDATORS_MIN } from '@civitas/deployment';
import { sortValidators, type Validator, validatorOf, verifyAdjacent, verifySkipping } from '@civitas/proofs';
import { type FixtureBlock, type FixtureKeys, nextBlock } from '@civitas/proofs/testing';
import { aKeyPair, type TestKeyPair } from '@civitas/testkit';
import { fc } from '@civitas/testkit/properties';
import { expect, test } from '@jest/globals';
import { standingAt, validatorsOf } from '../../core/validators/records.ts';
import type { ValidatorUpdate } from '../../core/validators/validator-update.ts';
import { aNetwork, approverKey, platformKey } from './ledger-fixture.ts';
import { SimulatedLedger } from './simulated-ledger.fixture.ts';

const { sha256 } = nodeCrypto;
const CHAIN = 'jincheng-health-1';
const POOL: readonly TestKeyPair[] = Array.from({ length: 9 }, (_, n) => aKeyPair(`consensus of node-${n}`));

interface Step {
  readonly verb: 'add' | 'remove';
  readonly key: number;
  readonly allowFewer: boolean;
  /** Blocks until the approval, and after it. */
  readonly waits: readonly [number, number];
}

const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom('add' as const, 'add' as const, 'remove' as const),
  key: fc.nat({ max: POOL.length - 1 }),
  allowFewer: fc.boolean(),
  waits: fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 3 })),
});

function keysOf(validators: readonly Validator[]): FixtureKeys {
  const keyOf = ({ publicKey }: Validator): TestKeyPair => {
    const pair = POOL.find((candidate) => candidate.publicKey.join() === publicKey.join());
    if (pair === undefined) throw new Error('a key outside the pool');
    return pair;
  };
  return { validators: sortValidators(validators), keyOf };
}

/** CometBFT's part: sets by height, each block's updates applied two heights on; it refuses what no honest application asks for. */
class EngineModel {
  readonly sets: (readonly Validator[])[];
  readonly blocks: FixtureBlock[] = [];

  constructor(genesis: readonly Validator[]) {
    this.sets = [[], genesis, genesis];
  }

  setAt(height: number): readonly Validator[] {
    return this.sets[height] ?? [];
  }

  decide(updates: readonly ValidatorUpdate[]): void {
    const height = this.blocks.length + 1;
    const [keys, nextKeys] = [keysOf(this.setAt(height)), keysOf(this.setAt(height + 1))];
    this.blocks.push(nextBlock(CHAIN, this.blocks.at(-1), { keys, nextKeys }));
    let set = this.setAt(height + 1);
    for (const { publicKey, power } of updates) {
      const validator = validatorOf(sha256, publicKey, power === 0n ? 1n : power);
      const others = set.filter(({ address }) => address.join() !== validator.address.join());
      if (power === 0n && others.length === set.length) throw new Error('removes a validator that is not there');
      set = power === 0n ? others : [...others, validator];
    }
    if (set.length === 0) throw new Error('removes the last validator');
    this.sets[height + 2] = set;
  }
}

function run(validatorCount: number, steps: readonly Step[]): EngineModel {
  const network = aNetwork(CHAIN);
  const validators = POOL.slice(0, validatorCount).map(({ publicKey }, n) => {
    return { publicKey: base64urlEncode(publicKey), power: 10, node: `node-${n}`, organisation: 'founder' };
  });
  const ledger = new SimulatedLedger({ ...network, genesis: { ...network.genesis, validators } });
  const engine = new EngineModel(POOL.slice(0, validatorCount).map(({ publicKey }) => validatorOf(sha256, publicKey, 10n)));
  const decided = (): void => {
    engine.decide(ledger.validatorUpdates);
    for (const height of [ledger.height + 1, ledger.height + 2]) {
      const signing = validatorsOf(ledger.records).filter((record) => ['active', 'leaving'].includes(standingAt(record, height)));
      const expected = engine.setAt(height).map(({ publicKey }) => base64urlEncode(publicKey));
      expect(signing.map(({ publicKey }) => publicKey).sort()).toEqual(expected.sort());
    }
  };
  const idle = (count: number): void => {
    for (let block = 0; block < count; block++) {
      ledger.block();
      decided();
    }
  };
  const members = { contract: 'network.members@v1', method: 'propose', organisation: 'platform', role: 'platform', key: platformKey };
  for (const { verb, key, allowFewer, waits } of steps) {
    const publicKey = base64urlEncode(POOL[key]?.publicKey ?? new Uint8Array(0));
    const change =
      verb === 'add'
        ? { kind: 'addValidator', publicKey, node: `node-${key}`, organisation: 'founder' }
        : { kind: 'removeValidator', publicKey, allowFewer };
    const { outcome } = ledger.run({ ...members, args: { change } });
    decided();
    idle(waits[0]);
    if (outcome.ok) {
      const { proposal } = outcome.result as JsonObject;
      ledger.run({ contract: 'network.members@v1', method: 'approve', args: { proposal: proposal ?? '' }, coSigners: [approverKey] });
      decided();
    }
    idle(waits[1]);
  }
  return engine;
}

/** Heights at which the set is another than the one before. */
function changesOf(engine: EngineModel): number[] {
  const text = (height: number): string =>
    keysOf(engine.setAt(height))
      .validators.map(({ address }) => address.join())
      .join('|');
  return Array.from({ length: engine.blocks.length - 1 }, (_, at) => at + 2).filter((height) => text(height) !== text(height - 1));
}

test('the set of the ledger is the set of the engine at every height, and a light client follows every change, adjacent and skipping', () => {
  let changes = 0;
  fc.assert(
    fc.property(fc.constantFrom(1, 3, 4, 5), fc.array(step, { minLength: 4, maxLength: 12 }), (validatorCount, steps) => {
      const engine = run(validatorCount, steps);
      const changedAt = changesOf(engine);
      changes += changedAt.length;
      const [first, ...rest] = engine.blocks.map(({ lightBlock }) => lightBlock);
      if (first === undefined) return;
      let trusted = first.header;
      for (const lightBlock of rest) {
        expect(verifyAdjacent(nodeCrypto, { trusted, lightBlock }).ok).toBe(true);
        trusted = lightBlock.header;
      }
      for (const [at, height] of changedAt.entries()) {
        const before = engine.blocks[height - 3]?.lightBlock ?? first;
        const trustedValidators = keysOf(engine.setAt(Number(before.header.height) + 1)).validators;
        const until = (changedAt[at + 1] ?? engine.blocks.length + 1) - 1;
        const far = engine.blocks[until - 1]?.lightBlock;
        if (far === undefined || far.header.height <= before.header.height) continue;
        expect(verifySkipping(nodeCrypto, { trusted: before.header, trustedValidators, lightBlock: far }).ok).toBe(true);
      }
      for (const height of changedAt) {
        const [was, is] = [engine.setAt(height - 1), engine.setAt(height)];
        expect(Math.abs(was.length - is.length)).toBe(1);
        const { totalPower } = quorumOf(was.map(({ power }) => Number(power)));
        if (was.length >= TOLERANT_VALIDATORS_MIN) expect(10 * 3).toBeLessThan(totalPower);
      }
    }),
    { numRuns: 20 },
  );
  // A run in which nothing changes proves nothing.
  expect(changes).toBeGreaterThan(10);
});
