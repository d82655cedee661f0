import { base64urlDecode, type JsonObject } from '@civitas/canon';
import type { Receipt } from '@civitas/proofs';
import type { Peer } from '@civitas/proto/civitas/node/v1/link';
import { expect, test } from '@jest/globals';
import { deliverFollowing } from './follow-sets.ts';
import { STEPS_MAX } from './limits.ts';

const CHAIN = 'jincheng-health-1';

/** A ledger whose client follows the light client's rules over sets of named validators, each of power one. */
class FakeLedger {
  readonly network = 'city';
  readonly delivered: [verb: string, height: number][] = [];
  readonly #sets: (height: number) => readonly string[];
  readonly #known = new Set<string>();
  height: number;
  /** What it answers to headers that it would refuse for another reason. */
  broken = '';

  constructor(sets: (height: number) => readonly string[], height: number) {
    this.#sets = sets;
    this.height = height;
    this.#known.add(sets(height).join());
  }

  async peers(): Promise<Peer[]> {
    return [{ chainId: CHAIN, clientHeight: BigInt(this.height) } as Peer];
  }

  async deliver(verb: string, args: JsonObject): Promise<Receipt> {
    const updates = args['updates'] as readonly { lightBlocks: readonly string[] }[];
    const height = new TextDecoder().decode(base64urlDecode(updates[0]?.lightBlocks[0] ?? '') ?? new Uint8Array(0));
    this.delivered.push([verb, Number(height)]);
    const code = this.#show(Number(height));
    const outcome = code === '' ? { ok: true as const, result: {} } : { ok: false as const, refusal: { code, facts: this.#facts() } };
    return { height: 1, index: 0, operation: new Uint8Array(32), outcome, events: [] };
  }

  #facts(): JsonObject {
    return { trustedHeight: this.height };
  }

  #show(height: number): string {
    if (this.broken !== '') return this.broken;
    if (height < this.height) return 'HEADER_TOO_OLD';
    const trusted = this.#sets(this.height + 1);
    const shown = this.#sets(height);
    if (height > this.height + 1) {
      if (!this.#known.has(trusted.join())) return 'VALIDATORS_UNKNOWN';
      if (trusted.filter((name) => shown.includes(name)).length * 3 <= trusted.length) return 'TRUSTED_POWER_INSUFFICIENT';
    }
    this.height = Math.max(this.height, height);
    this.#known.add(shown.join());
    return '';
  }
}

const shown = {
  chainId: CHAIN,
  headerAt: async (height: number) => ({ height, timeUnixMs: height, lightBlock: new TextEncoder().encode(String(height)) }),
};
const textOf = (height: number): string => Buffer.from(String(height)).toString('base64url');
const receive = (at: FakeLedger, target: number): Promise<Receipt> =>
  deliverFollowing({ at, shown, target }, 'receive', { headerHeight: target, updates: [{ peer: CHAIN, lightBlocks: [textOf(target)] }] });

/** Four validators; from `at` on one of them is replaced every `every` blocks. */
const rotating =
  (at: number, every: number) =>
  (height: number): readonly string[] => {
    const gone = Math.max(0, Math.floor((height - at) / every) + (height >= at ? 1 : 0));
    return Array.from({ length: 4 }, (_, n) => `v${gone + n}`);
  };

test('nothing is shown besides while the set stays', async () => {
  const ledger = new FakeLedger(() => ['a'], 5);
  expect((await receive(ledger, 900)).outcome.ok).toBe(true);
  expect(ledger.delivered).toEqual([['receive', 900]]);
});

test('a client whose trusted header announced a set that it never saw is shown the header right after it', async () => {
  const ledger = new FakeLedger(rotating(10, 1_000_000), 9);
  expect((await receive(ledger, 500)).outcome.ok).toBe(true);
  expect(ledger.delivered).toEqual([
    ['receive', 500],
    ['update', 10],
    ['update', 500],
    ['receive', 500],
  ]);
});

test.each([
  [1, 40],
  [2, 100],
  [3, 400],
  [7, 400],
  [40, 400],
])('a set that changed wholly, one validator each %i blocks, is followed to height %i by headers between', async (every, target) => {
  const ledger = new FakeLedger(rotating(20, every), 5);
  expect((await receive(ledger, target)).outcome.ok).toBe(true);
  expect(ledger.height).toBe(target);
  expect(ledger.delivered.filter(([verb]) => verb === 'receive')).toHaveLength(2);
});

test('a set that changed more often than steps are taken is an error; the next pass goes on from there', async () => {
  const ledger = new FakeLedger(rotating(20, 1), 5);
  await expect(receive(ledger, 400)).rejects.toMatchObject({ code: 'TRUSTED_POWER_INSUFFICIENT' });
  expect(ledger.height).toBeGreaterThan(5);
  expect(ledger.delivered.length).toBe(STEPS_MAX + 1);
});

test('other refusals are answers, and a client that cannot be brought along is an error with the code', async () => {
  const ledger = new FakeLedger(() => ['a'], 5);
  ledger.broken = 'CLIENT_FROZEN';
  expect((await receive(ledger, 9)).outcome).toMatchObject({ refusal: { code: 'CLIENT_FROZEN' } });
  ledger.broken = 'TRUSTED_POWER_INSUFFICIENT';
  await expect(receive(ledger, 9)).rejects.toMatchObject({ code: 'TRUSTED_POWER_INSUFFICIENT', isUnavailable: false });
  ledger.broken = 'VALIDATORS_UNKNOWN';
  await expect(receive(ledger, 6)).rejects.toMatchObject({ code: 'VALIDATORS_UNKNOWN' });
});
