import type { JsonObject } from '@civitas/canon';
import { expect, test } from '@jest/globals';
import { failuresIn, tellsOfFailure } from './failed-packet.ts';
import { FAILURE_WORD_CHARS_MAX } from './limits.ts';

const aRefusal = (code: string, facts: JsonObject = {}): JsonObject => ({ status: 'error', code, retriable: true, facts });
const shown = (sequence: number, payloads: readonly JsonObject[]): JsonObject => ({
  ...{ sequence, proof: {} },
  acknowledgement: { packetHash: '', payloads: [...payloads] },
});
const receiptOf = (results: readonly JsonObject[], events: readonly { contract: string; name: string; data: JsonObject }[] = []) => ({
  outcome: { ok: true, result: { results: [...results] } } as const,
  events,
});
const settled = (sequence: number, status: string): JsonObject => ({ sequence, status });

test('the reason of a packet is the payload that failed, not those undone with it', () => {
  const packets = [shown(7, [aRefusal('UNDONE', { payload: 1 }), aRefusal('RULE_UNMET', { reason: 'cap-reached' })])];
  expect(failuresIn({ args: { peer: 'city-1', packets } }, receiptOf([settled(7, 'acknowledged')]))).toEqual([
    {
      ...{ peer: 'city-1', sequence: 7, end: 'refused', code: 'RULE_UNMET', reason: 'cap-reached' },
      ...{ retriable: true, payload: 1, senderFault: '' },
    },
  ]);
});

test('a result that was refused, deferred, a duplicate or good is no failure', () => {
  const packets = [1, 2, 3].map((sequence) => shown(sequence, [aRefusal('STATE')]));
  const results = ['refused', 'deferred', 'duplicate'].map((status, at) => settled(at + 1, status));
  const good = shown(4, [{ status: 'ok', value: {} }]);
  const args = { peer: 'city-1', packets: [...packets, good] };
  expect(failuresIn({ args }, receiptOf([...results, settled(4, 'acknowledged')]))).toEqual([]);
  expect(failuresIn({ args }, { outcome: { ok: false, refusal: { code: 'PROOF_INVALID', facts: {} } }, events: [] })).toEqual([]);
  expect(failuresIn({ args: {} }, receiptOf([]))).toEqual([]);
});

test('a sender that could not take the end in is named by its code', () => {
  const events = [{ contract: 'links', name: 'HandlerFault', data: { sequence: 3, code: 'CONTRACT_FAULT' } }];
  const args = { peer: 'city-1', packets: [{ sequence: 3, proof: {} }] };
  expect(failuresIn({ args }, receiptOf([settled(3, 'timed-out')], events))).toMatchObject([
    { end: 'not-received', code: '', senderFault: 'CONTRACT_FAULT' },
  ]);
});

test('a reason that is too long is cut, and one that is no word is left out', () => {
  const failureOf = (reason: JsonObject[string]) =>
    failuresIn(
      { args: { peer: 'p', packets: [shown(1, [aRefusal('STATE', { reason: reason ?? null })])] } },
      receiptOf([settled(1, 'acknowledged')]),
    );
  expect(failureOf('x'.repeat(FAILURE_WORD_CHARS_MAX + 1))[0]?.reason).toHaveLength(FAILURE_WORD_CHARS_MAX);
  expect(failureOf(7)[0]?.reason).toBe('');
});

test('only events of links that end a packet badly tell of a failure', () => {
  const told = (contract: string, name: string, data: JsonObject = {}) => tellsOfFailure([{ contract, name, data }]);
  expect(told('links', 'TimedOut')).toBe(true);
  expect(told('links', 'Acknowledged', { statuses: ['ok', 'error'] })).toBe(true);
  expect(told('links', 'Acknowledged', { statuses: ['ok'] })).toBe(false);
  expect(told('links', 'Acknowledged')).toBe(false);
  expect(told('test.probe', 'TimedOut')).toBe(false);
});
