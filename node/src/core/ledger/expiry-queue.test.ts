import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { ExpiryQueue } from './expiry-queue.ts';

describe('ExpiryQueue', () => {
  test('gives out exactly what has expired, in the order of expiry', () => {
    const aTurn = fc.record({ expiries: fc.array(fc.nat(100), { maxLength: 20 }), now: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(aTurn, { maxLength: 20 }), (turns) => {
        const queue = new ExpiryQueue<{ lastExpiryUnixMs: number }>();
        let model: number[] = [];
        for (const { expiries, now } of turns) {
          for (const lastExpiryUnixMs of expiries) queue.add({ lastExpiryUnixMs });
          model.push(...expiries);
          const expected = model.filter((expiry) => expiry <= now).sort((left, right) => left - right);
          model = model.filter((expiry) => expiry > now);
          expect(queue.takeExpired(now).map(({ lastExpiryUnixMs }) => lastExpiryUnixMs)).toEqual(expected);
        }
      }),
    );
  });
});
