import { fc } from '@civitas/testkit/properties';
import { expect, test } from '@jest/globals';
import { generatePatients } from '../../samples/patients.ts';
import { documentIdOf } from './document-id.ts';
import { parseBundle, parseFhirTime } from './parse-bundle.ts';

const PATIENT = {
  fullUrl: 'urn:uuid:p1',
  resource: { resourceType: 'Patient', id: 'p1', identifier: [{ system: 'urn:x', value: '42' }] },
};
const OBSERVATION = {
  resourceType: 'Observation',
  id: 'o1',
  status: 'final',
  code: { text: 'Body weight' },
  subject: { reference: 'urn:uuid:p1' },
  effectiveDateTime: '2020-03-14T10:09:19+00:00',
};

function aBundle(...resources: readonly unknown[]): string {
  const entry = [PATIENT, ...resources.map((resource, index) => ({ fullUrl: `urn:uuid:r${index}`, resource }))];
  return JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry });
}

function firstReason(text: string): string | undefined {
  return parseBundle('f.json', text).quarantined[0]?.reason;
}

test('generated bundles pass every check', () => {
  for (const { fileName, bundle } of generatePatients({ seed: 1, count: 20 })) {
    const parsed = parseBundle(fileName, JSON.stringify(bundle));
    expect(parsed.quarantined).toEqual([]);
    expect(parsed.patients).toHaveLength(1);
    expect(parsed.documents.length).toBeGreaterThan(5);
  }
});

test('a bad resource in a good file is quarantined alone, with its entry', () => {
  const parsed = parseBundle(
    'f.json',
    aBundle(OBSERVATION, { ...OBSERVATION, id: 'o2', status: 'finished?' }, { ...OBSERVATION, id: 'o3' }),
  );
  expect(parsed.documents).toHaveLength(2);
  expect(parsed.quarantined).toEqual([
    {
      file: 'f.json',
      position: 'entry 2 /entry/2/resource',
      reason: 'CODE_UNKNOWN',
      message: 'Observation.status is not of its value set',
    },
  ]);
});

test.each([
  ['no subject', { ...OBSERVATION, subject: undefined }, 'FIELD_MISSING'],
  ['a subject that is not there', { ...OBSERVATION, subject: { reference: 'urn:uuid:nobody' } }, 'SUBJECT_UNKNOWN'],
  ['a subject without reference', { ...OBSERVATION, subject: { display: 'somebody' } }, 'SUBJECT_MISSING'],
  ['an id that is none', { ...OBSERVATION, id: 'with space' }, 'ID_MALFORMED'],
  ['a date that is none', { ...OBSERVATION, effectiveDateTime: '14.3.2020' }, 'TIME_MALFORMED'],
  [
    'a period that runs backwards',
    { ...OBSERVATION, effectiveDateTime: undefined, effectivePeriod: { start: '2021', end: '2020' } },
    'TIME_BACKWARDS',
  ],
  ['an unknown type', { resourceType: 'Spaceship', id: 's1' }, 'TYPE_UNKNOWN'],
  ['no resource', undefined, 'RESOURCE_MISSING'],
])('a resource with %s is quarantined', (_what, resource, reason) => {
  expect(firstReason(aBundle(resource))).toBe(reason);
});

test('a patient without identifier takes their resources into quarantine', () => {
  const entry = [
    { ...PATIENT, resource: { resourceType: 'Patient', id: 'p1' } },
    { fullUrl: 'urn:uuid:r', resource: OBSERVATION },
  ];
  const parsed = parseBundle('f.json', JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry }));
  expect(parsed.quarantined.map(({ reason }) => reason)).toEqual(['IDENTIFIER_MISSING', 'SUBJECT_UNKNOWN']);
});

test('broken JSON is quarantined whole, at its offset', () => {
  const text = aBundle(OBSERVATION);
  const at = text.indexOf('"type"');
  const [found] = parseBundle('f.json', `${text.slice(0, at)}#${text.slice(at)}`).quarantined;
  expect(found).toMatchObject({ reason: 'JSON_BROKEN', position: `offset ${at}` });
});

test('the offset is right where the engine names none', () => {
  const text = aBundle(OBSERVATION);
  const at = text.indexOf('"final"');
  const broken = `${text.slice(0, at)}other${text.slice(at + 7)}`;
  expect(parseBundle('f', broken).quarantined[0]?.position).toBe(`offset ${at}`);
  expect(parseBundle('f', 'amount,article').quarantined[0]?.position).toBe('offset 0');
  expect(parseBundle('f', '').quarantined[0]?.position).toBe('offset 0');
});

test.each([
  ['[]', 'NOT_A_BUNDLE'],
  ['{"resourceType":"Bundle","type":"nonsense","entry":[]}', 'BUNDLE_TYPE'],
  ['{"resourceType":"Bundle","type":"batch"}', 'FIELD_MISSING'],
])('%s is no bundle', (text, reason) => {
  expect(firstReason(text)).toBe(reason);
});

test('whatever the input, parsing never throws and quotes nothing of the content', () => {
  const secret = 'Wang-Xiaoming-19850707';
  fc.assert(
    fc.property(fc.json(), fc.string(), (json, text) => {
      parseBundle('f', json);
      parseBundle('f', text);
      const parsed = parseBundle(
        'f',
        aBundle({ ...OBSERVATION, status: secret, note: secret }, { resourceType: 'Observation', id: secret, status: json }),
      );
      expect(JSON.stringify(parsed.quarantined)).not.toContain(secret);
    }),
  );
});

test('cutting a bundle anywhere gives a broken file, never a half one', () => {
  const text = aBundle(OBSERVATION, { ...OBSERVATION, id: 'o2' });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: text.length - 1 }), (length) => {
      const parsed = parseBundle('f', text.slice(0, length));
      expect(parsed.documents).toHaveLength(0);
      expect(parsed.quarantined).toHaveLength(1);
    }),
  );
});

test('FHIR times: years, months, days and instants, nothing else', () => {
  expect(parseFhirTime('2020')).toBe(Date.UTC(2020, 0, 1));
  expect(parseFhirTime('1948-02-29T00:00:00+08:00')).toBe(Date.UTC(1948, 1, 28, 16));
  expect(parseFhirTime('2020-13')).toBeUndefined();
  expect(parseFhirTime('2020-01-01 10:00')).toBeUndefined();
});

test('a document has one id per key, type, system, identifier and version', () => {
  const key = new Uint8Array(32).fill(1);
  const document = { resourceType: 'Claim', system: 'a', identifier: 'b', version: '1' };
  const id = documentIdOf(key, document);
  expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(documentIdOf(key, { ...document })).toBe(id);
  expect(documentIdOf(key, { ...document, version: '2' })).not.toBe(id);
  expect(documentIdOf(key, { ...document, system: 'ab', identifier: '' })).not.toBe(id);
  expect(documentIdOf(new Uint8Array(32).fill(2), document)).not.toBe(id);
});
