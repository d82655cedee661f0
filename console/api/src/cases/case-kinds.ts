import { createHash } from 'node:crypto';
import type { JsonObject } from '@civitas/canon';
import type { CaseKind } from '@civitas/console-contract';

/** Records of a case as far as they are known, by stage. */
export type Records = Readonly<Record<string, JsonObject | undefined>>;

/** What the console knows itself when a step is taken. */
export interface Known {
  readonly id: string;
  readonly nowUnixMs: number;
  /** 16 bytes of base64url that the wish makes again. */
  readonly eventId: string;
  readonly records: Records;
}

/** A private value: what is typed in, and what the ledger gets. */
export interface PrivateField {
  readonly field: string;
  readonly standIn: 'commitment' | 'pseudonym';
  /** `digest`: SHA-256 in hex, kept as `{sha256}`. */
  readonly form: 'text' | 'digest';
}

/** One operation of a case, as a person of an agency does it. */
export interface CaseStep {
  readonly name: string;
  readonly contract: string;
  readonly method: string;
  /** Role of the agency on the ledger of the case. */
  readonly role: string;
  /** Arguments that nobody types in. */
  readonly fixed: (known: Known) => JsonObject;
  readonly privateValues?: { readonly subjectField: string; readonly collection: string; readonly fields: readonly PrivateField[] };
  /** Fields in fen; times end in UnixMs by themselves. */
  readonly money?: readonly string[];
  /** Whether it may be done now. */
  readonly isOffered: (records: Records) => boolean;
}

/** One record that a case has or will have. */
export interface CaseStageRule {
  readonly name: string;
  /** Domain of the ledger that holds it. */
  readonly domain: string;
  /** Full key; undefined while it cannot be known. */
  readonly keyOf: (id: string, records: Records) => string | undefined;
}

/** A case: the records that it consists of, in order, and what people do to it. */
export interface CaseRule {
  readonly kind: CaseKind;
  /** Domain of the ledger it begins on. */
  readonly domain: string;
  /** Undefined where it does not begin in this console. */
  readonly opening?: CaseStep;
  readonly steps: readonly CaseStep[];
  readonly stages: readonly CaseStageRule[];
  /** Status in one word. */
  readonly statusOf: (records: Records) => string;
  readonly isFinal: (records: Records) => boolean;
}

/** A field of text, '' for what is not there. */
export function textOf(record: JsonObject | undefined, field: string): string {
  const value = record?.[field];
  return typeof value === 'string' ? value : '';
}

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

const trafficFine: CaseRule = {
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
      fields: [
        { field: 'vehicle', standIn: 'pseudonym', form: 'text' },
        { field: 'evidence', standIn: 'commitment', form: 'digest' },
      ],
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

const application = (records: Records): string => textOf(records['application'], 'status');
/** Hash of the newest question that was asked for an application. */
function requestHashOf({ application: record }: Records): string {
  const views = record?.['views'];
  const last = Array.isArray(views) ? views.at(-1) : undefined;
  return typeof last === 'string' ? last : '';
}
const underRequest =
  (collection: string) =>
  (_id: string, records: Records): string | undefined =>
    requestHashOf(records) === '' ? undefined : `${collection}/${requestHashOf(records)}`;

const housingWithdrawal: CaseRule = {
  kind: 'housing-withdrawal',
  domain: 'housing',
  steps: [
    {
      name: 'approve',
      contract: 'housing.withdrawal@v1',
      method: 'decide',
      role: 'centre',
      fixed: ({ id }) => ({ application: id, decision: 'approve', reasons: ['proofs-complete'] }),
      isOffered: (records) => application(records) === 'proven',
    },
    {
      name: 'reject',
      contract: 'housing.withdrawal@v1',
      method: 'decide',
      role: 'centre',
      fixed: ({ id }) => ({ application: id, decision: 'reject', reasons: ['illness-not-in-catalogue'] }),
      isOffered: (records) => ['open', 'proven'].includes(application(records)),
    },
  ],
  stages: [
    { name: 'application', domain: 'housing', keyOf: (id) => `housing.withdrawal/applications/${id}` },
    { name: 'question', domain: 'housing', keyOf: underRequest('housing.withdrawal/views') },
    { name: 'consent-use', domain: 'city', keyOf: underRequest('city.consent/consumptions') },
    { name: 'answer', domain: 'health', keyOf: underRequest('health.access/records') },
  ],
  statusOf: application,
  isFinal: (records) => ['rejected', 'cancelled', 'paid', 'recovered'].includes(application(records)),
};

/** Every kind of case there is. */
export const CASES: readonly CaseRule[] = [trafficFine, housingWithdrawal];
