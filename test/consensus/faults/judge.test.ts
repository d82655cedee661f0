import { expect, test } from '@jest/globals';
import type { Answered } from './history.ts';
import { findingsOfRun } from './judge.ts';
import type { NodeView, RunEvidence } from './run-evidence.ts';
import { wentBack } from './sign-state.ts';

const made: Answered = { operationHash: 'a', recordId: 'r', submittedAtMs: 0, answeredAtMs: 9, height: 1, index: 0, outcome: 'made' };
const late: Answered = { ...made, operationHash: 'b', submittedAtMs: 10, answeredAtMs: 19, height: 2, outcome: 'exists' };
const block = { hash: 'h', appHash: 'x', timeUnixMs: 5 };

const aView = (node: number, given: Partial<NodeView> = {}): NodeView => ({
  node,
  blocks: new Map([
    [1, block],
    [2, { ...block, timeUnixMs: 6 }],
  ]),
  receipts: new Map([
    ['a', 'receipt a'],
    ['b', 'receipt b'],
  ]),
  offenceCount: 0,
  stateFinding: '',
  ...given,
});

const aRun = (given: Partial<RunEvidence> = {}): RunEvidence => ({
  history: [made, late],
  acknowledged: aView(0).receipts,
  views: [aView(0), aView(1)],
  places: new Map([
    ['a', [{ height: 1, index: 0 }]],
    // Repeated through another gateway and ordered again: no harm.
    [
      'b',
      [
        { height: 3, index: 1 },
        { height: 2, index: 0 },
      ],
    ],
  ]),
  records: new Map([['r', { proven: 'd', made: 'd' }]]),
  unproven: [],
  rounds: [0, 0],
  ...given,
});

test('a sound run has no findings', () => {
  expect(findingsOfRun(aRun())).toEqual([]);
});

test.each<[string, Partial<RunEvidence>, string]>([
  ['one operation with two receipts', { history: [made, late, { ...late, height: 3 }] }, '1 operations stand at two places'],
  ['a receipt of the second time', { history: [made, { ...late, height: 3, index: 1 }] }, 'b has a receipt of 3/1, it first stands at 2/0'],
  ['an operation that is in no block', { places: new Map([['b', [{ height: 2, index: 0 }]]]) }, 'a stands in no block'],
  ['a record that two operations made', { history: [made, { ...late, outcome: 'made' }] }, 'the order says exists'],
  [
    'a node without a receipt',
    { views: [aView(0), aView(1, { receipts: new Map([['a', 'receipt a']]) })] },
    'node 1 has another receipt of b: none',
  ],
  [
    'a node at another block',
    { views: [aView(0), aView(1, { blocks: new Map([...aView(1).blocks, [2, { ...block, hash: 'i' }]]) })] },
    'another block 2',
  ],
  [
    'a node at another app hash',
    { views: [aView(0), aView(1, { blocks: new Map([...aView(1).blocks, [2, { ...block, appHash: 'y' }]]) })] },
    'app hash at 2',
  ],
  ['a node that lost a block', { views: [aView(0), aView(1, { blocks: new Map([[1, block]]) })] }, 'node 1 has no block 2'],
  [
    'time that goes back',
    {
      views: [
        aView(0, {
          blocks: new Map([
            [1, block],
            [2, { ...block, timeUnixMs: 4 }],
          ]),
        }),
      ],
    },
    'block 2 is older',
  ],
  ['a record that another operation wrote', { records: new Map([['r', { proven: 'e', made: 'd' }]]) }, 'record r is e'],
  ['an offence', { views: [aView(0), aView(1, { offenceCount: 1 })] }, 'node 1 has 1 offences'],
  ['damaged records', { views: [aView(0, { stateFinding: 'records and root differ' })] }, 'node 0: records and root differ'],
  ['a receipt that is not proven', { unproven: ['node 0 does not prove a: RECEIPT_PATH'] }, 'RECEIPT_PATH'],
])('a run with %s is refused', (_, given, finding) => {
  expect(findingsOfRun(aRun(given)).join('\n')).toContain(finding);
});

test('a sign state goes forward by height, then round, then step', () => {
  const at = (height: number, round: number, step: number) => ({ height, round, step });
  expect(wentBack(at(5, 1, 3), at(6, 0, 1))).toBe(false);
  expect(wentBack(at(5, 1, 3), at(5, 1, 3))).toBe(false);
  expect(wentBack(at(5, 1, 3), at(5, 0, 3))).toBe(true);
  expect(wentBack(at(5, 1, 3), at(5, 1, 2))).toBe(true);
  expect(wentBack(at(5, 0, 1), at(4, 9, 3))).toBe(true);
});
