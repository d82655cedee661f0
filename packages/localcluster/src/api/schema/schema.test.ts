import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../json.ts';
import { sampleSpec } from '../testing/sample-definition.ts';
import { compileRule } from './cel.ts';
import { compileSchema } from './custom-schema.ts';
import { fillDefaults, pruneUnknown, validateStructure } from './structural.ts';

function messages(schema: JsonObject, value: JsonObject, old?: JsonObject): string[] {
  return compileSchema(schema)
    .schema.validate(value, old, [])
    .map((error) => `${error.field}: ${error.message}`);
}

function rule(text: string, extra: JsonObject = {}): JsonObject {
  return {
    type: 'object',
    properties: {
      n: { type: 'integer' },
      x: { type: 'number' },
      s: { type: 'string' },
      l: { type: 'array', items: { type: 'integer' } },
      m: { type: 'object', additionalProperties: { type: 'string' } },
      namespace: { type: 'string' },
      when: { type: 'string', format: 'date-time' },
    },
    'x-kubernetes-validations': [{ rule: text, message: 'broken', ...extra }],
  };
}

describe('CEL rules', () => {
  test('hold for what a real API server accepts', () => {
    const value = { n: 7, x: 1.5, s: 'abc', l: [1, 2, 3], m: { k: 'v' }, namespace: 'here', when: '2026-01-01T00:00:00Z' };
    const rules = [
      'self.n / 2 == 3',
      '(self.n - 1) / 3 == 2',
      'self.x > 1.2',
      'self.l.sum() == 6 && self.l.max() == 3 && self.l.min() == 1',
      'self.l.isSorted() && self.l.indexOf(2) == 1',
      'self.l.all(i, i > 0) && self.l.exists(i, i == 2) && self.l.exists_one(i, i == 3)',
      'self.l.filter(i, i > 1).map(i, i * 2) == [4, 6]',
      'has(self.s) && !has(self.none)',
      'self.s.matches("^[a-c]+$") && self.s.find("b.") == "bc"',
      'self.s.replace("a", "z") == "zbc" && self.s.upperAscii() == "ABC"',
      '"k" in self.m && self.m["k"] == "v" && self.m.size() == 1',
      'self.__namespace__ == "here"',
      'self.when < timestamp("2027-01-01T00:00:00Z")',
      'self.?none.orValue(4) == 4',
      'size(self.s) == 3 && string(self.n) == "7"',
      'self.n > 2 ? self.s == "abc" : false',
    ];
    for (const text of rules) expect([text, messages(rule(text), value)]).toEqual([text, []]);
  });

  test('refuse with the fixed or the computed message', () => {
    expect(messages(rule('self.n > 7'), { n: 7 })).toEqual(['<nil>: Invalid value: broken']);
    expect(messages(rule('self.n > 7', { messageExpression: '"got " + string(self.n)' }), { n: 7 })).toEqual([
      '<nil>: Invalid value: got 7',
    ]);
    expect(messages(rule('self.n > 7', { reason: 'FieldValueForbidden', fieldPath: '.n' }), { n: 7 })).toEqual(['n: Forbidden: broken']);
    expect(messages(rule('self.none > 7'), { n: 7 })[0]).toContain('rule evaluation error');
  });

  test('a transition rule runs on update, with optionalOldSelf also on create', () => {
    const fixed = rule('self.n == oldSelf.n');
    expect(messages(fixed, { n: 1 })).toEqual([]);
    expect(messages(fixed, { n: 1 }, { n: 2 })).toHaveLength(1);
    const optional = rule('oldSelf.hasValue() ? oldSelf.value().n <= self.n : self.n == 0', { optionalOldSelf: true });
    expect(messages(optional, { n: 1 })).toHaveLength(1);
    expect(messages(optional, { n: 0 })).toEqual([]);
    expect(messages(optional, { n: 1 }, { n: 2 })).toHaveLength(1);
    expect(messages(optional, { n: 3 }, { n: 2 })).toEqual([]);
  });

  test('a rule that does not compile says so', () => {
    expect(compileRule({ rule: 'self.n >' })).toMatchObject({ message: expect.stringContaining('compilation failed') });
  });

  test('a value that breaks a rule already may stay as it is', () => {
    expect(messages(rule('self.n > 7'), { n: 7 }, { n: 7 })).toEqual([]);
  });

  test('a field called constructor is a field', () => {
    expect(
      messages(
        {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          'x-kubernetes-validations': [{ rule: '!has(self.constructor)', message: 'there' }],
        },
        { a: 1 },
      ),
    ).toEqual([]);
  });
});

describe('structural schemas', () => {
  test('name each fault and its place', () => {
    const faults = (value: JsonObject) =>
      validateStructure(value, sampleSpec, { path: 'spec' }).map((error) => `${error.field}: ${error.message}`);
    expect(faults({ domain: 'health' })).toEqual(['spec.chainId: Required value']);
    expect(faults({ domain: 'health', chainId: 'A!' })).toEqual([
      `spec.chainId: Invalid value: "A!": spec.chainId in body should match '^[a-z0-9-]+$'`,
    ]);
    expect(faults({ domain: 'health', chainId: 'a', allowDowntime: 'yes' })[0]).toContain('must be of type boolean: "string"');
    expect(faults({ domain: 'health', chainId: 'a', maxUnavailable: true })[0]).toContain('must be of type integer,string');
    expect(faults({ domain: 'health', chainId: 'a', pools: [{ role: 'x' }, { role: 'x' }] })).toEqual([
      'spec.pools[1]: Duplicate value: {"role":"x"}',
    ]);
    expect(faults({ domain: 'health', chainId: 'a', pools: [{ role: 'x', replicas: 101 }] })[0]).toContain(
      'should be less than or equal to 100',
    );
    expect(faults({ domain: 'health', chainId: 'a', pools: Array.from({ length: 9 }, (_, index) => ({ role: `r${index}` })) })).toEqual([
      'spec.pools: Too many: 9: must have at most 8 items',
    ]);
    expect(faults({ domain: 'health', chainId: 'a'.repeat(41) })).toEqual(['spec.chainId: Too long: may not be more than 40 bytes']);
  });

  test('fill defaults inside lists, and prune what they do not know', () => {
    const value: JsonObject = { domain: 'health', chainId: 'a', other: 1, extra: { any: { thing: 1 } }, pools: [{ role: 'x', wrong: 2 }] };
    expect(pruneUnknown(value, sampleSpec, 'spec')).toEqual(['spec.other', 'spec.pools[0].wrong']);
    fillDefaults(value, sampleSpec);
    expect(value).toEqual({
      domain: 'health',
      chainId: 'a',
      allowDowntime: false,
      extra: { any: { thing: 1 } },
      pools: [{ role: 'x', replicas: 4 }],
    });
  });
});
