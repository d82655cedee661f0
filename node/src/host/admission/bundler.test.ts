import type { KeyId } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { BUNDLE_WAIT_MS_MAX } from '../config/limits.ts';
import { holdBudget } from '../event-loop/testing/held-budget.ts';
import { isPackedBundle } from '../ledger/packed-bundle.ts';
import type { AdmittedOperation } from './admit.ts';
import { Bundler } from './bundler.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function anAdmitted(body: Uint8Array = new Uint8Array(100)): AdmittedOperation {
  const [hash, signature] = [new Uint8Array(32), body.slice(0, 64).reverse()];
  return {
    operation: {} as AdmittedOperation['operation'],
    envelope: { body, signature, shared: undefined, coSignatures: [] },
    envelopeHash: hash,
    operationHash: hash,
    path: () => [],
    signatures: [],
  };
}

/** A bundler whose bundles are never ordered, and when each of them left, ms. */
function aBundler(waitMs: number, packs = false): { readonly bundler: Bundler; readonly leftMs: number[]; readonly left: Uint8Array[] } {
  const leftMs: number[] = [];
  const left: Uint8Array[] = [];
  const startedMs = Date.now();
  const bundler = new Bundler({
    chainId: 'jincheng-health-1',
    gateway: 'hospital-1',
    key: { keyId: 'key' as KeyId, publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) },
    waitMs,
    packs: () => packs,
    sha256: nodeCrypto.sha256,
    submit: (bundle) => {
      left.push(bundle);
      leftMs.push(Date.now() - startedMs);
      return new Promise(() => undefined);
    },
  });
  return { bundler, leftMs, left };
}

test('an idle node sends a lone operation at once', async () => {
  const { bundler, leftMs } = aBundler(10);
  void bundler.add(anAdmitted());
  await jest.advanceTimersByTimeAsync(1);
  expect(leftMs).toHaveLength(1);
});

test('the wait for company doubles with each bundle that is being ordered, up to its bound', async () => {
  const { bundler, leftMs } = aBundler(10);
  for (let bundle = 0; bundle < 5; bundle++) {
    void bundler.add(anAdmitted());
    await jest.advanceTimersByTimeAsync(BUNDLE_WAIT_MS_MAX + 1);
  }
  const step = BUNDLE_WAIT_MS_MAX + 1;
  const waits = leftMs.map((atMs, bundle) => atMs - bundle * step);
  expect(waits.slice(1)).toEqual([10, 20, BUNDLE_WAIT_MS_MAX, BUNDLE_WAIT_MS_MAX]);
});

test('bundles are packed where the ledger reads that and it makes them shorter', async () => {
  const noise = Uint8Array.from({ length: 400 }, (_, at) => nodeCrypto.sha256(Uint8Array.of(at % 256, at >> 8))[0] ?? 0);
  const isPacked = async (body: Uint8Array, packs: boolean): Promise<(boolean | undefined)[]> => {
    const { bundler, left } = aBundler(10, packs);
    void bundler.add(anAdmitted(body));
    await jest.advanceTimersByTimeAsync(1);
    return left.map(isPackedBundle);
  };
  expect(await isPacked(new Uint8Array(400), true)).toEqual([true]);
  expect(await isPacked(new Uint8Array(400), false)).toEqual([false]);
  expect(await isPacked(noise, true)).toEqual([false]);
});

test('a bundle is made, and then ordered, in its turn of the event loop', async () => {
  const held = holdBudget();
  const { bundler, left } = aBundler(10);
  void bundler.add(anAdmitted());
  await jest.advanceTimersByTimeAsync(1);
  expect([held.waiting, left.length]).toEqual([1, 0]);
  held.release();
  await jest.advanceTimersByTimeAsync(1);
  expect(left).toHaveLength(1);
});
