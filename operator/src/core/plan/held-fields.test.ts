import { expect, test } from '@jest/globals';
import { type HeldObject, heldVerdicts } from './held-fields.ts';

const aBudget = (...fields: readonly string[]): HeldObject => ({
  ...{ kind: 'PodDisruptionBudget', namespace: 'jincheng', name: 'health-validators', labels: {} },
  held: fields.map((field) => ({ manager: 'kubectl-edit', field })),
});

test('nothing is said while nobody holds a field', () => {
  expect(heldVerdicts([])).toEqual([]);
});

test('a held field is named with its object and its holder', () => {
  expect(heldVerdicts([aBudget('.spec.minAvailable')])).toEqual([
    {
      ...{ type: 'FieldConflict', status: 'True', reason: 'HeldByAnother' },
      message:
        'set by others and left as they are, so nothing of these objects is updated: .spec.minAvailable of PodDisruptionBudget jincheng/health-validators (kubectl-edit)',
    },
  ]);
});

test('many held fields are counted, not all named', () => {
  const [one] = heldVerdicts([aBudget('.a', '.b', '.c'), aBudget('.d', '.e', '.f')]);
  expect(one?.message).toMatch(/\.d of PodDisruptionBudget jincheng\/health-validators \(kubectl-edit\) and 2 more$/);
});
