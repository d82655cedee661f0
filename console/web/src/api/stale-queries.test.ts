import { EVENT_KINDS } from '@civitas/console-contract';
import { describe, expect, test } from '@jest/globals';
import { createPacer, staleQueriesOf } from './stale-queries.ts';

const of = (kind: string, name = 'x') => ({ kind, namespace: 'jincheng', name });
const keysOf = (...changes: Parameters<typeof staleQueriesOf>[0]) => staleQueriesOf(changes).map(({ queryKey }) => queryKey);

describe('what changes make stale', () => {
  test('is the list and the object', () => {
    expect(keysOf(of('LedgerLink', 'city-health'))).toEqual([['links'], ['link', 'city-health'], ['case']]);
  });

  test('is each named once in a burst', () => {
    expect(keysOf(of('LedgerNode', 'health-0'), of('LedgerNode', 'health-1'))).toEqual([['network']]);
  });

  test('is something for every kind that the API tells of, and nothing for another', () => {
    for (const kind of EVENT_KINDS) expect(keysOf(of(kind))).not.toEqual([]);
    expect(keysOf(of('Pod'))).toEqual([]);
  });

  test('is a network’s height with each block, and cases, packets and proposals only where records have changed', () => {
    expect(keysOf(of('LedgerHead', 'health'))).toEqual([
      ['network', 'health', 'detail'],
      ['ledger', 'health', 'blocks'],
    ]);
    expect(keysOf(of('LedgerRecords', 'health'))).toEqual(expect.arrayContaining([['case'], ['inbox'], ['ledger', 'health', 'packets']]));
  });
});

describe('what a busy ledger makes stale', () => {
  const stale = staleQueriesOf([of('LedgerRecords', 'health')]).filter(({ queryKey }) => queryKey[0] === 'case');

  test('is read at once, and again when its time has come', () => {
    const paceOf = createPacer();
    expect(paceOf(stale, 1000)).toEqual({ now: [['case']], later: [], nextMs: Number.POSITIVE_INFINITY });
    expect(paceOf(stale, 1200)).toEqual({ now: [], later: stale, nextMs: 4000 });
    expect(paceOf(stale, 4000).now).toEqual([['case']]);
  });

  test('waits once, however often it becomes stale again', () => {
    const paceOf = createPacer();
    paceOf(stale, 1000);
    expect(paceOf([...stale, ...stale], 1200).later).toEqual(stale);
  });

  test('does not hold up what a change of a resource has made stale', () => {
    const paceOf = createPacer();
    paceOf(stale, 1000);
    const both = staleQueriesOf([of('LedgerRecords', 'health'), of('LedgerLink', 'city-health')]);
    expect(paceOf(both, 1001).now).toContainEqual(['case']);
  });
});
