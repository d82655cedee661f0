import { expect, test } from '@jest/globals';
import { openNonceCache } from './nonce-cache.ts';

const codeOf = (result: { ok: boolean; refusal?: { code: string } }): string => (result.ok ? 'ok' : (result.refusal?.code ?? ''));

test('a nonce passes once until its window is over', () => {
  let nowMs = 0;
  const nonces = openNonceCache(1000, 10, () => nowMs);

  expect([codeOf(nonces.take('n')), codeOf(nonces.take('n'))]).toEqual(['ok', 'REPLAYED']);
  nowMs = 1000;
  expect(codeOf(nonces.take('n'))).toBe('ok');
});

test('a full cache refuses with NONCES_FULL rather than forgetting a nonce too early', () => {
  const nonces = openNonceCache(1000, 2, () => 0);
  for (const nonce of ['a', 'b']) nonces.take(nonce);

  expect([codeOf(nonces.take('c')), codeOf(nonces.take('a'))]).toEqual(['NONCES_FULL', 'REPLAYED']);
});
