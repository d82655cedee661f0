import { createHash } from 'node:crypto';
import { isJsonObject, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { AMOUNT_BANDS, viewRequestHashOf } from '@civitas/contracts';
import { ProblemError } from '../http/problem-error.ts';
import { type Lookup, textOf } from './case-rule.ts';
import { ANSWER_MS, CONSUMPTION_LIFE_MS, IDENTITY_PATTERN, TOKEN_LIFE_MS } from './limits.ts';

/** The system of identifiers that the city's registrar knows people by. */
const IDENTITY_SYSTEM = 'https://civitas.dev/fhir/identity-number';
const ID = 'A'.repeat(22);
const HASH = 'A'.repeat(43);

/** What somebody answered, where it should have said more. */
const odd = (what: string): ProblemError => new ProblemError('LEDGER_REFUSED', `the answer has no ${what}`, { reason: 'ANSWER_ODD' });

function neededText(object: JsonObject | undefined, field: string): string {
  const text = textOf(object, field);
  if (text === '') throw odd(field);
  return text;
}

function neededObject(object: JsonObject | undefined, field: string): JsonObject {
  const value = object?.[field];
  if (value === undefined || !isJsonObject(value)) throw odd(field);
  return value;
}

function wholeOf(object: JsonObject, field: string): number {
  const value = object[field];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw odd(field);
  return value;
}

/** Bytes that the same wish makes again, base64url. */
const derived = (bytes: number, ...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest().subarray(0, bytes).toString('base64url');

/** The agency's own id of a person on the ledger of the case, from the registrar. The identity number goes to no ledger. */
export const subjectOfPerson: Lookup = {
  inputs: [{ name: 'identity', kind: 'text', pattern: IDENTITY_PATTERN }],
  stands: { subject: ID },
  async find(desk, _known, { identity = '' }) {
    const args = { system: IDENTITY_SYSTEM, identifier: identity, ledger: desk.chainId };
    return { subject: neededText(await desk.ask('city', { role: 'registrar' }, 'Assign', args), 'subject') };
  },
};

/** Whom a waiting question is about: the registrar tells its custodian, and nobody else. */
export const patientOfQuestion: Lookup = {
  inputs: [],
  stands: { subject: ID },
  async find(desk, _known, { requestHash = '' }) {
    const question = await desk.read('health', `health.access/requests/${requestHash}`);
    if (question === undefined) throw new ProblemError('NOT_FOUND', `there is no question ${requestHash}`);
    const token = neededText(neededObject(question.value, 'request'), 'handle');
    return { subject: neededText(await desk.ask('city', { role: 'registrar' }, 'Resolve', { token }), 'subject') };
  },
};

/**
 * The exact question that a consent allows, as its own terms have it. The same application and consent make the same question until one
 * of them has gone out, so that whoever stopped halfway goes on with it.
 */
export const questionOfConsent: Lookup = {
  inputs: [],
  stands: {
    request: {
      ...{ answerWithinMs: ANSWER_MS, catalogueVersion: 1, consent: HASH, custodian: 'a', handle: HASH, nonce: HASH },
      ...{ predicate: 'illness-in-catalogue', purpose: 'verify-eligibility', requester: 'a', requesterNetwork: 'a', source: 'a' },
    },
    requestHash: HASH,
    expiresAtUnixMs: 1,
    consumed: false,
  },
  async find(desk, { id, nowUnixMs, records: { application = {} } }, { consent = '' }) {
    const record = await desk.read('city', `city.consent/consents/${consent}`);
    if (record === undefined) throw new ProblemError('NOT_FOUND', `there is no consent ${consent}`);
    const grant = neededObject(record.value, 'grant');
    const [custodian, source, purpose] = [neededText(grant, 'custodian'), neededText(grant, 'source'), neededText(grant, 'purpose')];
    const asked = Array.isArray(application['views']) ? application['views'].length : 0;
    const wish = [desk.chainId, id, consent, String(asked)];
    const { token } = await desk.ask('city', { role: 'registrar' }, 'IssueLinkToken', {
      citySubject: neededText(application, 'subject'),
      audience: custodian,
      ledger: source,
      purpose,
      expiresAtUnixMs: nowUnixMs + TOKEN_LIFE_MS,
      wish: derived(16, 'civitas/console/question/v1', ...wish),
    });
    const request = {
      ...{ answerWithinMs: ANSWER_MS, catalogueVersion: wholeOf(application, 'catalogueVersion'), consent, custodian },
      ...{ handle: neededText({ token: token ?? '' }, 'token'), nonce: derived(32, 'civitas/console/question-nonce/v1', ...wish) },
      ...{ predicate: 'illness-in-catalogue' as const, purpose: 'verify-eligibility' as const },
      ...{ requester: desk.agency, requesterNetwork: desk.chainId, source },
    };
    const requestHash = viewRequestHashOf(nodeCrypto.sha256, request);
    const used = await desk.read('city', `city.consent/consumptions/${requestHash}`);
    const expiresAtUnixMs = Math.min(wholeOf(grant, 'expiresAtUnixMs'), nowUnixMs + CONSUMPTION_LIFE_MS);
    return { request, requestHash, expiresAtUnixMs, consumed: used !== undefined };
  },
};

/** The proof that the consent was used for exactly this question. */
export const consumedConsent: Lookup = {
  inputs: [],
  stands: { consumption: { proof: { peer: 'a', headerHeight: 1, proof: {} }, record: {} } },
  async find(desk, { found }) {
    const key = `city.consent/consumptions/${neededText(found, 'requestHash')}`;
    const { chainId, value, proof, headerHeight } = await desk.readProven('city', key);
    return { consumption: { proof: { peer: chainId, headerHeight, proof }, record: value } };
  },
};

/** The released answer with its salt, from the vault of whoever was asked. */
export const collectedAnswer: Lookup = {
  inputs: [],
  stands: { value: { amountBand: AMOUNT_BANDS[0], answer: false }, salt: HASH },
  async find(desk, { records: { question } }) {
    const custodian = neededText(neededObject(question, 'request'), 'custodian');
    const source = neededText(question, 'source');
    const accessKey = `health.access/records/${neededText(question, 'requestHash')}`;
    const asked = { network: source, accessKey, reference: neededText(question, 'reference') };
    const { value, salt } = await desk.ask('health', { agency: custodian }, 'Collect', asked);
    return { value: neededObject({ value: value ?? '' }, 'value'), salt: neededText({ salt: salt ?? '' }, 'salt') };
  },
};
