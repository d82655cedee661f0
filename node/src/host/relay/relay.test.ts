import { encodeCanonical } from '@civitas/canon';
import { fc } from '@civitas/testkit/properties';
import { expect, test } from '@jest/globals';
import { nextTurn } from '../event-loop/next-turn.ts';
import { type BatchItem, batchesOf } from './batch.ts';
import { BACKOFF_MS_MAX, BACKOFF_MS_MIN, BATCH_ARGUMENTS_BYTES_MAX, BATCH_PACKETS_MAX } from './limits.ts';
import { mapConcurrently } from './map-concurrently.ts';
import { dueOf, type OpenPacketView, planPacket } from './plan-packet.ts';
import { backoffMs } from './relay.ts';

const aPacket = (overrides: Partial<OpenPacketView> = {}): OpenPacketView => ({
  sequence: 1,
  sentAtHeight: 5,
  timeoutUnixMs: 10_000,
  deferredUntilUnixMs: 0,
  answer: undefined,
  deliveredAtHeight: 0,
  ...overrides,
});
const heads = (sourceHeight: number, height: number, timeUnixMs: number, isLast = false) => ({
  source: { height: sourceHeight },
  destination: { height, timeUnixMs, isLast },
});
const deferred = { acknowledgement: {}, dueUnixMs: 8000 };

test.each([
  ['not yet proven at the source', aPacket(), heads(5, 3, 1000), 'wait'],
  ['proven and in time', aPacket(), heads(6, 3, 1000), 'receive'],
  ['past its timeout by the header of the destination', aPacket(), heads(6, 3, 10_000), 'timeout'],
  ['delivered, answer not provable yet', aPacket({ deliveredAtHeight: 3 }), heads(6, 3, 1000), 'wait'],
  ['delivered at a height that is proven, and no answer: lost', aPacket({ deliveredAtHeight: 3 }), heads(6, 4, 1000), 'receive'],
  ['answered', aPacket({ answer: { acknowledgement: {}, dueUnixMs: 0 } }), heads(6, 4, 20_000), 'acknowledge'],
  ['deferred, source not told', aPacket({ answer: deferred }), heads(6, 4, 1000), 'acknowledge'],
  ['deferred, source told', aPacket({ answer: deferred, deferredUntilUnixMs: 8000 }), heads(6, 4, 1000), 'wait'],
  ['deferred, past due', aPacket({ answer: deferred, deferredUntilUnixMs: 8000 }), heads(6, 4, 8000), 'past-due'],
  ['in time, for a network that has ended', aPacket(), heads(6, 3, 1000, true), 'timeout'],
  [
    'answered by a network that has ended',
    aPacket({ answer: { acknowledgement: {}, dueUnixMs: 0 } }),
    heads(6, 4, 1000, true),
    'acknowledge',
  ],
  ['delivered to a network after it was ended', aPacket({ deliveredAtHeight: 5 }), heads(6, 4, 1000, true), 'timeout'],
])('a packet that is %s', (_, packet, at, step) => {
  expect(planPacket(packet, at).step).toBe(step);
});

test('a packet is never both received and timed out under one header', () => {
  fc.assert(
    fc.property(fc.nat(20_000), fc.nat(20), fc.nat(20), (timeUnixMs, sourceHeight, deliveredAtHeight) => {
      const { step } = planPacket(aPacket({ deliveredAtHeight }), heads(sourceHeight, 10, timeUnixMs));
      if (step === 'timeout') expect(timeUnixMs).toBeGreaterThanOrEqual(10_000);
      if (step === 'receive') expect(timeUnixMs).toBeLessThan(10_000);
    }),
  );
});

test('the due time of an answer is that of its latest deferred payload', () => {
  expect(dueOf({ payloads: [{ status: 'ok' }, { status: 'deferred', dueUnixMs: 3 }, { status: 'deferred', dueUnixMs: 7 }] })).toBe(7);
  expect(dueOf({ payloads: [{ status: 'error' }] })).toBe(0);
});

test('batches keep the order, lose nothing and stay within the bounds of the ledger', () => {
  const header = { height: 9, timeUnixMs: 1, lightBlock: new Uint8Array(900) };
  const third = (height: number) => ({ peer: 'city', header: { ...header, height } });
  fc.assert(
    fc.property(fc.array(fc.record({ bytes: fc.integer({ min: 10, max: 9000 }), needs: fc.nat(30) }), { maxLength: 120 }), (sizes) => {
      const items: BatchItem[] = sizes.map(({ bytes, needs }, sequence) => ({
        sequence,
        entry: { packet: 'x'.repeat(bytes) },
        needs: needs === 0 ? [] : [third(needs)],
      }));
      const batches = batchesOf({ peer: 'a', header }, items);
      expect(batches.flatMap((batch) => batch.items)).toEqual(items);
      for (const batch of batches) {
        expect(batch.items.length).toBeLessThanOrEqual(BATCH_PACKETS_MAX);
        expect(encodeCanonical(batch.args).length).toBeLessThanOrEqual(BATCH_ARGUMENTS_BYTES_MAX);
      }
    }),
    { numRuns: 50 },
  );
});

test('the back-off grows, is bounded and jittered', () => {
  expect(backoffMs(0, () => 1)).toBe(BACKOFF_MS_MIN);
  expect(backoffMs(50, () => 1)).toBe(BACKOFF_MS_MAX);
  expect(backoffMs(50, () => 0)).toBe(BACKOFF_MS_MIN);
});

test('concurrent mapping keeps order and its bound', async () => {
  let running = 0;
  let most = 0;
  const results = await mapConcurrently([1, 2, 3, 4, 5], 2, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await nextTurn();
    running -= 1;
    return item * 2;
  });

  expect(results).toEqual([2, 4, 6, 8, 10]);
  expect(most).toBe(2);
});
