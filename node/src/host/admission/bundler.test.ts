import type { KeyId } from '@civitas/canon';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { BUNDLE_WAIT_MS_MAX } from '../config/limits.ts';
import type { AdmittedOperation } from './admit.ts';
import { Bundler } from './bundler.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function anAdmitted(): AdmittedOperation {
  const [body, hash, signature] = [new Uint8Array(100), new Uint8Array(32), new Uint8Array(64)];
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
function aBundler(waitMs: number): { readonly bundler: Bundler; readonly leftMs: number[] } {
  const leftMs: number[] = [];
  const startedMs = Date.now();
  const bundler = new Bundler({
    chainId: 'jincheng-health-1',
    gateway: 'hospital-1',
    key: { keyId: 'key' as KeyId, publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) },
    waitMs,
    submit: () => {
      leftMs.push(Date.now() - startedMs);
      return new Promise(() => undefined);
    },
  });
  return { bundler, leftMs };
}

test('an idle node sends a lone operation at once', () => {
  const { bundler, leftMs } = aBundler(10);
  void bundler.add(anAdmitted());
  jest.advanceTimersByTime(1);
  expect(leftMs).toHaveLength(1);
});

test('the wait for company doubles with each bundle that is being ordered, up to its bound', () => {
  const { bundler, leftMs } = aBundler(10);
  for (let bundle = 0; bundle < 5; bundle++) {
    void bundler.add(anAdmitted());
    jest.advanceTimersByTime(BUNDLE_WAIT_MS_MAX + 1);
  }
  const step = BUNDLE_WAIT_MS_MAX + 1;
  const waits = leftMs.map((atMs, bundle) => atMs - bundle * step);
  expect(waits.slice(1)).toEqual([10, 20, BUNDLE_WAIT_MS_MAX, BUNDLE_WAIT_MS_MAX]);
});
