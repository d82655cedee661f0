import { isJsonObject } from '@civitas/canon';
import { AMOUNT_BANDS, PREDICATES } from '@civitas/contracts';
import { type CaseRule, type PrivateField, privateText, type Records, textOf } from './case-rule.ts';
import { patientOfQuestion, subjectOfPerson } from './lookups.ts';

const status = (records: Records): string => textOf(records['attestation'], 'status');

/** Questions that wait for the agency, oldest first as the ledger lists them. */
function waitingFor({ waiting }: Records): readonly string[] {
  const requests = waiting?.['requests'];
  return Array.isArray(requests) ? requests.filter(isJsonObject).map((request) => textOf(request, 'requestHash')) : [];
}

/** Hash of the newest question that the attestation answered. */
function answeredHash({ attestation }: Records): string {
  const uses = attestation?.['uses'];
  const last = Array.isArray(uses) ? uses.at(-1) : undefined;
  return last !== undefined && isJsonObject(last) ? textOf(last, 'requestHash') : '';
}

/** The answer and the band of costs, as whoever asks opens them. */
const result: PrivateField = {
  field: 'resultCommitment',
  standIn: 'commitment',
  inputs: [
    { name: 'answer', kind: 'choice', choices: ['no', 'yes'] },
    { name: 'amountBand', kind: 'choice', choices: AMOUNT_BANDS as readonly string[] as string[] },
  ],
  valueOf: ({ answer = '', amountBand = '' }) => ({ amountBand, answer: answer === 'yes' }),
};

const access = { contract: 'health.access@v1', role: 'custodian', choices: { requestHash: waitingFor } } as const;
const attestation = { contract: 'health.attestation@v1', role: 'custodian' } as const;
const [PREDICATE] = PREDICATES;

/** A serious illness at the hospital: two clinicians attest one answer, and it is released to who may ask. */
export const illnessAttestation: CaseRule = {
  kind: 'illness-attestation',
  domain: 'health',
  opening: {
    ...attestation,
    name: 'attest',
    method: 'attest',
    makes: 'health.attestation/attestations',
    before: [{ lookup: subjectOfPerson }],
    fixed: ({ found }) => ({ predicate: PREDICATE, subject: found['subject'] ?? '' }),
    privateValues: {
      subjectField: 'subject',
      collection: 'attestations',
      referenceField: 'reference',
      fields: [result, privateText('billNullifier', 'nullifier', 'bill')],
    },
    isOffered: () => true,
  },
  steps: [
    {
      ...attestation,
      name: 'confirm',
      method: 'confirm',
      fixed: ({ id }) => ({ attestation: id }),
      isOffered: (records) => status(records) === 'attested',
    },
    {
      ...access,
      name: 'release',
      method: 'release',
      before: [{ lookup: patientOfQuestion }],
      fixed: ({ id, found }) => ({ attestation: id, subject: found['subject'] ?? '' }),
      isOffered: (records) => status(records) === 'confirmed' && waitingFor(records).length > 0,
    },
    {
      ...access,
      name: 'deny',
      carriesOn: false,
      method: 'deny',
      fixed: () => ({}),
      isOffered: (records) => waitingFor(records).length > 0,
    },
    {
      ...attestation,
      name: 'revoke',
      carriesOn: false,
      method: 'revoke',
      fixed: ({ id }) => ({ attestation: id }),
      isOffered: (records) => ['attested', 'confirmed'].includes(status(records)),
    },
  ],
  stages: [
    { name: 'attestation', domain: 'health', keyOf: (id) => `health.attestation/attestations/${id}` },
    {
      name: 'answer',
      domain: 'health',
      keyOf: (_id, records) => (answeredHash(records) === '' ? undefined : `health.access/records/${answeredHash(records)}`),
    },
  ],
  lists: [{ name: 'waiting', contract: 'health.access@v1', view: 'waiting' }],
  statusOf: (records) => (records['answer'] === undefined ? status(records) : textOf(records['answer'], 'status')),
  isFinal: (records) => status(records) === 'revoked' || Number(records['answer']?.['deliveredUnixMs'] ?? 0) > 0,
};
