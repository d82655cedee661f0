import type { CaseField, CaseForm } from '@civitas/console-contract';
import { expect, test } from '@jest/globals';
import { firstTyped, keepable, valueOf, valuesOf } from './case-values.ts';

const field = (kind: CaseField['kind'], more: Partial<CaseField> = {}): CaseField => ({ name: 'x', kind, isPrivate: false, ...more });

test.each([
  [field('money'), '200', 20_000],
  [field('money'), '0.5', 50],
  [field('money'), '19.99', 1999],
  [field('money', { minimum: 1 }), '0', undefined],
  [field('money'), '1,5', undefined],
  [field('money'), '1.234', undefined],
  [field('money'), '-1', undefined],
  [field('whole', { maximum: 100 }), '3', 3],
  [field('whole', { maximum: 100 }), '101', undefined],
  [field('whole'), '1.5', undefined],
  [field('whole'), '', undefined],
  [field('time'), '2026-03-02T10:00', Date.UTC(2026, 2, 2, 2)],
  [field('time'), 'soon', undefined],
  [field('choice', { choices: ['A', 'C'] }), 'C', 'C'],
  [field('choice', { choices: ['A', 'C'] }), 'B', undefined],
  [field('text', { pattern: '^[a-z-]+$' }), ' camera-a ', 'camera-a'],
  [field('text', { pattern: '^[a-z-]+$' }), 'Camera', undefined],
  [field('text'), '', undefined],
  [field('digest', { pattern: '^[0-9a-f]{4}$' }), '12af', '12af'],
])('%j takes %j as %j', (of, typed, value) => {
  expect(valueOf(of, typed)).toBe(value);
});

const form: CaseForm = {
  step: 'record',
  method: 'm',
  fields: [
    { ...field('text'), name: 'plate', isPrivate: true },
    { ...field('choice', { choices: ['A', 'C'] }), name: 'class' },
  ],
};

test('a form is sent when every field has a value', () => {
  expect(firstTyped(form)).toEqual({ plate: '', class: 'A' });
  expect(valuesOf(form, firstTyped(form))).toBeUndefined();
  expect(valuesOf(form, { plate: '京A1', class: 'C' })).toEqual({ plate: '京A1', class: 'C' });
});

test('what is private is kept nowhere', () => {
  expect(keepable(form, { plate: '京A1', class: 'C' })).toEqual({ class: 'C' });
});
