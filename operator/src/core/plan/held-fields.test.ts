import { expect, test } from '@jest/globals';
import { type HeldObject, heldVerdicts, stillWanted } from './held-fields.ts';

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

test('an object that is no longer asked for holds nothing up, a Secret and a pass that asks for nothing leave it as it was', () => {
  const budget = aBudget('.a');
  const secret: HeldObject = { ...budget, kind: 'Secret', name: 'health-0-tls' };
  const service = { kind: 'Service', metadata: { namespace: 'jincheng', name: 'health-0' } };
  const wanted = { kind: budget.kind, metadata: { namespace: 'jincheng', name: budget.name } };
  expect(stillWanted([budget, secret], [service, wanted])).toEqual([budget, secret]);
  expect(stillWanted([budget, secret], [service])).toEqual([secret]);
  expect(stillWanted([budget], [])).toEqual([budget]);
});
