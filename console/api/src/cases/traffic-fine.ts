import { createHash } from 'node:crypto';
import type { JsonObject } from '@civitas/canon';
import { type CaseRule, type Known, privateDigest, privateText, type Records, textOf } from './case-rule.ts';

/** An id that follows from others. */
function derivedId(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest().subarray(0, 16).toString('base64url');
}

/** A fine made in the console: of one violation there is one. */
export const fineIdOf = (violation: string): string => derivedId('civitas/console/fine/v1', violation);

const ofFine = ({ id, eventId, nowUnixMs }: Known): JsonObject => ({ fine: fineIdOf(id), eventId, onUnixMs: nowUnixMs });
const police = { contract: 'transport.fine@v1', role: 'police' } as const;
const violation = (records: Records): string => textOf(records['violation'], 'status');
const fine = (records: Records): string => textOf(records['fine'], 'status');

/** A traffic fine: violation, fine, receipt, and the court's evidence where it is contested. */
export const trafficFine: CaseRule = {
  kind: 'traffic-fine',
  domain: 'transport',
  opening: {
    name: 'record',
    contract: 'transport.violation@v1',
    method: 'record',
    role: 'police',
    fixed: ({ id }) => ({ id }),
    privateValues: {
      subjectField: 'vehicle',
      collection: 'evidence',
      fields: [privateText('vehicle', 'pseudonym'), privateDigest('evidence')],
    },
    isOffered: () => true,
  },
  steps: [
    {
      name: 'review',
      contract: 'transport.violation@v1',
      method: 'review',
      role: 'police',
      fixed: ({ id }) => ({ violation: id }),
      isOffered: (records) => violation(records) === 'recorded',
    },
    {
      ...police,
      name: 'create',
      method: 'create',
      fixed: ({ id, nowUnixMs, records }) => ({
        id: fineIdOf(id),
        violation: id,
        officer: null,
        dismissal: null,
        article: records['violation']?.['article'] ?? 0,
        vehicleClass: textOf(records['violation'], 'vehicleClass'),
        onUnixMs: nowUnixMs,
      }),
      money: ['amountFen'],
      isOffered: (records) => violation(records) === 'confirmed' && fine(records) === '',
    },
    { ...police, name: 'send', method: 'send', fixed: ofFine, money: ['expenseFen'], isOffered: (records) => fine(records) === 'created' },
    {
      ...police,
      name: 'notify',
      method: 'notify',
      fixed: (known) => ({ ...ofFine(known), lastSent: null }),
      isOffered: (records) => fine(records) === 'sent',
    },
  ],
  stages: [
    { name: 'violation', domain: 'transport', keyOf: (id) => `transport.violation/violations/${id}` },
    { name: 'fine', domain: 'transport', keyOf: (id) => `transport.fine/fines/${fineIdOf(id)}` },
    {
      name: 'receipt',
      domain: 'city',
      keyOf: (_id, { fine: record }) =>
        textOf(record, 'receipt') === '' ? undefined : `city.fiscal-receipt/receipts/${textOf(record, 'receipt')}`,
    },
    {
      name: 'court-item',
      domain: 'courts',
      keyOf: (_id, { fine: record }) =>
        textOf(record, 'courtItem') === '' ? undefined : `courts.evidence/items/${textOf(record, 'courtItem')}`,
    },
  ],
  statusOf: (records) => (fine(records) === '' ? violation(records) : fine(records)),
  isFinal: (records) =>
    ['void', 'waived'].includes(violation(records)) ||
    ['collection', 'waived', 'refunded'].includes(fine(records)) ||
    (fine(records) === 'paid' && textOf(records['fine'], 'receiptStatus') === 'issued' && textOf(records['fine'], 'appeal') !== 'court'),
};
