import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { podResource } from '../builtin/pod.ts';
import { equalJson, isObject, type Json, type JsonObject, objectAt } from '../json.ts';
import { jsonPatchOperationsMax } from '../limits.ts';
import { applyServerSide } from './apply.ts';
import { fieldsOf, fieldsV1Of, keyOf, pathsOfFieldsV1, shownPath } from './field-set.ts';
import { applyJsonPatch } from './json-patch.ts';
import { managersOf } from './managed-fields.ts';
import { applyMergePatch } from './merge-patch.ts';
import { deduced, keyed, set, struct } from './shape.ts';
import { applyStrategicMerge } from './strategic-merge.ts';

const name = fc.constantFrom('a', 'b', 'c', '__proto__', 'x/y', '~z');
const scalar: fc.Arbitrary<Json> = fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.boolean());
const { tree } = fc.letrec<{ tree: Json; object: JsonObject }>((tie) => ({
  tree: fc.oneof({ maxDepth: 3 }, scalar, tie('object'), fc.array(scalar, { maxLength: 3 })),
  object: fc.dictionary(name, tie('tree'), { maxKeys: 3 }),
}));
const object = fc.dictionary(name, tree, { maxKeys: 4 });

describe('merge patch', () => {
  test('follows the examples of RFC 7386', () => {
    const cases: [Json, Json, Json][] = [
      [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
      [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
      [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
      [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
      [['a', 'b'], { a: 'b', c: null }, { a: 'b' }],
      [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ];
    for (const [target, patch, result] of cases) expect(applyMergePatch(target, patch)).toEqual(result);
  });

  test('applying a patch twice is applying it once, and never changes its target', () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const before = JSON.stringify(target);
        const once = applyMergePatch(target, patch);
        expect(JSON.stringify(target)).toBe(before);
        expect(equalJson(applyMergePatch(once, patch), once)).toBe(true);
      }),
    );
  });
});

describe('JSON patch', () => {
  test('adds, removes, replaces, moves, copies and tests', () => {
    const target = { list: [1, 2], 'a/b': 1 };
    const patch = [
      { op: 'test', path: '/a~1b', value: 1 },
      { op: 'add', path: '/list/1', value: 9 },
      { op: 'add', path: '/list/-', value: 10 },
      { op: 'move', from: '/list/0', path: '/first' },
      { op: 'copy', from: '/first', path: '/again' },
      { op: 'remove', path: '/a~1b' },
    ];
    expect(applyJsonPatch(target, patch)).toEqual({ list: [9, 2, 10], first: 1, again: 1 });
  });

  test('refuses a test that fails, a path that is not there, and too many operations', () => {
    const code = (patch: Json) => {
      try {
        return applyJsonPatch({ a: 1, list: [] }, patch);
      } catch (cause) {
        return cause instanceof Error ? Reflect.get(Reflect.get(cause, 'facts'), 'code') : cause;
      }
    };
    expect(code([{ op: 'test', path: '/a', value: 2 }])).toBe(422);
    expect(code([{ op: 'remove', path: '/b' }])).toBe(422);
    expect(code([{ op: 'add', path: '/list/7', value: 1 }])).toBe(422);
    expect(code([{ op: 'dance', path: '/a' }])).toBe(400);
    expect(code(Array.from({ length: jsonPatchOperationsMax + 1 }, () => ({ op: 'test', path: '/a', value: 1 })))).toBe(413);
  });
});

describe('strategic merge patch', () => {
  const shape = podResource.shape;
  const pod = {
    spec: {
      containers: [
        { name: 'a', image: '1', env: [{ name: 'X', value: '1' }] },
        { name: 'b', image: '1' },
      ],
      tolerations: [{ key: 'k' }],
    },
  };

  test('merges lists by key and replaces the others', () => {
    const patch = { spec: { containers: [{ name: 'a', env: [{ name: 'Y', value: '2' }] }], tolerations: [{ key: 'z' }] } };
    expect(applyStrategicMerge(pod, patch, shape)).toEqual({
      spec: {
        containers: [
          {
            name: 'a',
            image: '1',
            env: [
              { name: 'X', value: '1' },
              { name: 'Y', value: '2' },
            ],
          },
          { name: 'b', image: '1' },
        ],
        tolerations: [{ key: 'z' }],
      },
    });
  });

  test('obeys $patch, $setElementOrder and $deleteFromPrimitiveList', () => {
    const removed = applyStrategicMerge(pod, { spec: { containers: [{ name: 'a', $patch: 'delete' }] } }, shape);
    expect(objectAt(removed, 'spec')['containers']).toEqual([{ name: 'b', image: '1' }]);
    const ordered = applyStrategicMerge(
      pod,
      { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers: [{ name: 'b', image: '2' }] } },
      shape,
    );
    expect(objectAt(ordered, 'spec')['containers']).toMatchObject([{ name: 'b', image: '2' }, { name: 'a' }]);
    const finalizers = { metadata: { finalizers: ['x', 'y'] } };
    expect(applyStrategicMerge(finalizers, { metadata: { '$deleteFromPrimitiveList/finalizers': ['x'] } }, shape)).toEqual({
      metadata: { finalizers: ['y'] },
    });
    expect(() => applyStrategicMerge(pod, { spec: { containers: [{ image: '2' }] } }, shape)).toThrow(
      'does not contain declared merge key: name',
    );
  });
});

describe('field sets', () => {
  const shape = struct({ list: keyed('name'), tags: set });

  test('fieldsV1 reads back as the set it was made of', () => {
    fc.assert(
      fc.property(object, (value) => {
        const fields = fieldsOf(value, deduced);
        const read = pathsOfFieldsV1(fieldsV1Of([...fields.values()].map((field) => field.path)));
        expect([...read.keys()].sort()).toEqual([...fields.keys()].sort());
      }),
    );
  });

  test('names elements by key and by value', () => {
    const fields = fieldsOf({ list: [{ name: 'x', value: 1 }], tags: ['t'] }, shape);
    expect([...fields.values()].map((field) => shownPath(field.path))).toEqual([
      '.list[name="x"]',
      '.list[name="x"].name',
      '.list[name="x"].value',
      '.tags[="t"]',
    ]);
    expect(keyOf(['f:a', 'f:b'])).toBe('f:a\u0000f:b');
  });
});

describe('server-side apply', () => {
  const shape = struct({ spec: struct({ list: keyed('name'), tags: set }) });
  const time = '2026-01-01T00:00:00Z';
  const apply = (live: JsonObject | undefined, spec: Json, of: { manager?: string; force?: boolean } = {}) =>
    applyServerSide({
      live,
      applied: { metadata: { name: 'x' }, spec },
      shape,
      manager: { name: of.manager ?? 'first', operation: 'Apply', apiVersion: 'v1', subresource: '' },
      force: of.force ?? false,
      time,
    });

  test('two managers share a list by key; each removes only its own', () => {
    const one = apply(undefined, { list: [{ name: 'a', v: 1 }] });
    const two = apply(one, { list: [{ name: 'b', v: 2 }] }, { manager: 'second' });
    expect(two['spec']).toEqual({
      list: [
        { name: 'a', v: 1 },
        { name: 'b', v: 2 },
      ],
    });
    const left = apply(two, { list: [] }, { manager: 'first' });
    expect(left['spec']).toEqual({ list: [{ name: 'b', v: 2 }] });
  });

  test('the same value is shared, another is a conflict, force takes it over', () => {
    const one = apply(undefined, { v: 1 });
    const shared = apply(one, { v: 1 }, { manager: 'second' });
    expect(managersOf(shared)).toHaveLength(2);
    expect(() => apply(shared, { v: 2 }, { manager: 'second' })).toThrow('conflict with "first": .spec.v');
    const taken = apply(shared, { v: 2 }, { manager: 'second', force: true });
    expect(managersOf(taken).map((entry) => entry.name)).toEqual(['second']);
  });

  test('what one manager alone applied is what it applied last', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        const spec = apply(apply(undefined, before), after)['spec'];
        const wanted = [...fieldsOf({ spec: after }, shape)].map(([key]) => key).sort();
        const found = isObject(spec) ? [...fieldsOf({ spec }, shape)].map(([key]) => key).sort() : [];
        // Emptied maps go with their last field; what is wanted stands at its value.
        if (Object.keys(after).length > 0) expect(found).toEqual(wanted);
      }),
    );
  });

  test('applying again changes nothing', () => {
    fc.assert(
      fc.property(object, (spec) => {
        const once = apply(undefined, spec);
        expect(equalJson(apply(once, spec), once)).toBe(true);
      }),
    );
  });
});
