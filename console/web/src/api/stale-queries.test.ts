import { EVENT_KINDS } from '@civitas/console-contract';
import { describe, expect, test } from '@jest/globals';
import { queryKeysOf } from './stale-queries.ts';

describe('what changes make stale', () => {
  test('is the list and the object', () => {
    expect(queryKeysOf([{ kind: 'LedgerLink', namespace: 'jincheng', name: 'city-health' }])).toEqual([
      ['links'],
      ['link', 'city-health'],
      ['case'],
    ]);
  });

  test('is each named once in a burst', () => {
    const change = { kind: 'LedgerNode', namespace: 'jincheng', name: 'health-0' };
    expect(queryKeysOf([change, { ...change, name: 'health-1' }])).toEqual([['network']]);
  });

  test('is something for every kind that the API tells of, and nothing for another', () => {
    for (const kind of EVENT_KINDS) expect(queryKeysOf([{ kind, namespace: '', name: 'x' }])).not.toEqual([]);
    expect(queryKeysOf([{ kind: 'Pod', namespace: '', name: 'x' }])).toEqual([]);
  });
});
