import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { RecentMap } from './recent-map.ts';

describe('RecentMap', () => {
  test('never gives out another value than the last one set, and keeps the half of its bound that was used last', () => {
    const aTurn = fc.record({ kind: fc.constantFrom('set', 'get', 'delete'), key: fc.nat(12), value: fc.nat(1000) });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.array(aTurn, { maxLength: 60 }), (countMax, turns) => {
        const map = new RecentMap<number, number>(countMax);
        const model = new Map<number, number>();
        let used: number[] = [];
        for (const { kind, key, value } of turns) {
          if (kind === 'get') expect([undefined, model.get(key)]).toContain(map.get(key));
          if (kind === 'set') map.set(key, value);
          if (kind === 'set') model.set(key, value);
          if (kind === 'delete') map.delete(key);
          if (kind === 'delete') model.delete(key);
          if (kind === 'get' && !map.has(key)) continue;
          used = [...(kind === 'delete' ? [] : [key]), ...used.filter((each) => each !== key)];
          const recent = used.slice(0, Math.floor(countMax / 2));
          expect(recent.map((each) => map.has(each))).toEqual(recent.map(() => true));
          expect(Array.from({ length: 13 }, (_, each) => map.has(each)).filter(Boolean).length).toBeLessThanOrEqual(countMax);
        }
        map.clear();
        expect(used.some((each) => map.has(each))).toBe(false);
      }),
    );
  });
});
