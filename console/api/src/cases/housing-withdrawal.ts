import type { CaseRule, Records } from './case-rule.ts';
import { textOf } from './case-rule.ts';
import { PACKET_LIFE_MS } from './limits.ts';
import { collectedAnswer, consumedConsent, questionOfConsent, subjectOfPerson } from './lookups.ts';

const application = (records: Records): string => textOf(records['application'], 'status');
const question = (records: Records): string => textOf(records['question'], 'status');

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

/** Questions that ended without an answer: the application may ask again, with a consent that can still be used. */
const ENDED: readonly string[] = ['', 'denied', 'timed-out', 'past-due'];
const centre = { contract: 'housing.withdrawal@v1', role: 'centre' } as const;

/** A withdrawal for serious illness at the housing fund: application, consent's use, question, answer, decision, payment. */
export const housingWithdrawal: CaseRule = {
  kind: 'housing-withdrawal',
  domain: 'housing',
  opening: {
    ...centre,
    name: 'apply',
    method: 'apply',
    makes: 'housing.withdrawal/applications',
    before: [{ lookup: subjectOfPerson }],
    fixed: ({ found }) => ({ reason: '09', subject: found['subject'] ?? '' }),
    money: ['amountFen'],
    isOffered: () => true,
  },
  steps: [
    {
      ...centre,
      name: 'ask',
      method: 'requestView',
      before: [
        { lookup: questionOfConsent },
        {
          operation: {
            contract: 'city.consent@v1',
            method: 'consume',
            role: 'requester',
            domain: 'city',
            fixed: ({ found }) => ({ requestHash: found['requestHash'] ?? '', expiresAtUnixMs: found['expiresAtUnixMs'] ?? 0 }),
            isDone: ({ found }) => found['consumed'] === true,
          },
        },
        { lookup: consumedConsent },
      ],
      fixed: ({ id, found, nowUnixMs }) => ({
        application: id,
        request: found['request'] ?? {},
        consumption: found['consumption'] ?? {},
        timeoutUnixMs: nowUnixMs + PACKET_LIFE_MS,
      }),
      isOffered: (records) => application(records) === 'open' && ENDED.includes(question(records)),
    },
    {
      ...centre,
      name: 'attach',
      method: 'attachView',
      before: [
        { lookup: collectedAnswer },
        {
          operation: {
            contract: 'health.access@v1',
            method: 'received',
            role: 'requester',
            domain: 'health',
            fixed: ({ records }) => ({ requestHash: requestHashOf(records) }),
          },
        },
      ],
      fixed: ({ found, records }) => ({
        requestHash: requestHashOf(records),
        value: found['value'] ?? {},
        salt: found['salt'] ?? '',
      }),
      isOffered: (records) => application(records) === 'open' && question(records) === 'answered',
    },
    {
      ...centre,
      name: 'approve',
      method: 'decide',
      fixed: ({ id }) => ({ application: id, decision: 'approve', reasons: ['proofs-complete'] }),
      isOffered: (records) => application(records) === 'proven',
    },
    {
      ...centre,
      name: 'reject',
      carriesOn: false,
      method: 'decide',
      fixed: ({ id }) => ({ application: id, decision: 'reject', reasons: ['illness-not-in-catalogue'] }),
      isOffered: (records) => ['open', 'proven'].includes(application(records)),
    },
    {
      ...centre,
      name: 'cancel',
      carriesOn: false,
      method: 'cancel',
      fixed: ({ id }) => ({ application: id }),
      isOffered: (records) => ['open', 'proven'].includes(application(records)),
    },
    {
      ...centre,
      role: 'bank',
      name: 'pay',
      method: 'pay',
      fixed: ({ id, records }) => ({ application: id, amountFen: records['application']?.['amountFen'] ?? 1 }),
      isOffered: (records) => application(records) === 'approved',
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
