import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { ID_BYTES, IdTable } from './id-table.ts';

const text = (id: Uint8Array): string => id.join(' ');
const anId = fc.uint8Array({ minLength: ID_BYTES, maxLength: ID_BYTES });

/** Ids that differ in their last byte alone: they share a hash and stand in one run of slots. */
const crowded = (last: number): Uint8Array => Uint8Array.from({ length: ID_BYTES }, (_, at) => (at === ID_BYTES - 1 ? last : 7));

const aStep = fc.record({
  verb: fc.constantFrom('set', 'set', 'delete'),
  id: fc.oneof(anId, fc.nat(40).map(crowded)),
  value: fc.nat(1_000_000),
});

describe('IdTable', () => {
  test('answers as a map does, whatever is set and deleted', () => {
    fc.assert(
      fc.property(fc.array(aStep, { maxLength: 600 }), (steps) => {
        const [table, model] = [new IdTable([3, 5]), new Map<string, number>()];
        for (const { verb, id, value } of steps) {
          if (verb === 'set') {
            table.set(id, 0, value);
            model.set(text(id), value);
          } else {
            table.delete(id, 0);
            model.delete(text(id));
          }
        }
        for (const { id } of steps) expect(table.get(id)).toBe(model.get(text(id)));
      }),
    );
  });

  test('keeps every id while it grows, and forgets them one by one', () => {
    const count = 40_000;
    const ids = new Uint8Array(count * ID_BYTES);
    const view = new DataView(ids.buffer);
    for (let at = 0; at < count; at++) view.setUint32(at * ID_BYTES, at * 2_654_435_761);
    const table = new IdTable();
    for (let at = 0; at < count; at++) table.set(ids, at * ID_BYTES, at);
    for (let at = 0; at < count; at += 2) table.delete(ids, at * ID_BYTES);
    for (let at = 0; at < count; at++) expect(table.get(ids, at * ID_BYTES)).toBe(at % 2 === 0 ? undefined : at);
  });

  test('finds an id in the middle of an array and tells 0 from nothing', () => {
    const ids = Uint8Array.from({ length: 3 * ID_BYTES }, (_, at) => at);
    const table = new IdTable();
    table.set(ids, ID_BYTES, 0);
    expect([table.get(ids), table.get(ids, ID_BYTES), table.get(ids, 2 * ID_BYTES)]).toEqual([undefined, 0, undefined]);
  });
});
