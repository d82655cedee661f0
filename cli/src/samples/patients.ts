import type { JsonObject } from '@civitas/canon';
import { generatePerson, IDENTITY_SYSTEM, type Person } from './people.ts';
import { type Random, seededRandom } from './random.ts';

export interface SampleOptions {
  /** Equal seeds give equal samples. */
  readonly seed: number;
  /** 1 … 100 000. */
  readonly count: number;
}

export interface SamplePatient {
  readonly fileName: string;
  readonly person: Person;
  /** FHIR R4 transaction bundle. */
  readonly bundle: JsonObject;
}

interface Coded {
  readonly code: string;
  readonly display: string;
}

const CONDITIONS: readonly [Coded, ...Coded[]] = [
  { code: 'J06.9', display: '急性上呼吸道感染' },
  { code: 'I10', display: '原发性高血压' },
  { code: 'E11.9', display: '2型糖尿病' },
  { code: 'K29.5', display: '慢性胃炎' },
  { code: 'N18.5', display: '慢性肾脏病5期' },
  { code: 'C34.9', display: '支气管和肺恶性肿瘤' },
];
const MEASUREMENTS = [
  { code: '8480-6', display: 'Systolic blood pressure', unit: 'mm[Hg]', from: 95, to: 165 },
  { code: '29463-7', display: 'Body weight', unit: 'kg', from: 45, to: 98 },
  { code: '2339-0', display: 'Glucose [Mass/volume] in Blood', unit: 'mg/dL', from: 70, to: 180 },
] as const;
const ICD10 = 'http://hl7.org/fhir/sid/icd-10';
const LOINC = 'http://loinc.org';
const DAY_MS = 86_400_000;
const FIRST_VISIT_UNIX_MS = Date.UTC(2023, 0, 3, 8);

interface Draft {
  readonly random: Random;
  readonly patient: { readonly reference: string };
  readonly entries: JsonObject[];
}

function timeOf(unixMs: number): string {
  return new Date(unixMs).toISOString().replace('.000Z', 'Z');
}

function add(draft: Draft, resource: JsonObject): string {
  const id = draft.random.uuid();
  const resourceType = String(resource['resourceType']);
  const fullUrl = `urn:uuid:${id}`;
  draft.entries.push({ fullUrl, resource: { ...resource, id }, request: { method: 'POST', url: resourceType } });
  return fullUrl;
}

function addClaim(draft: Draft, encounter: string, period: JsonObject, display: string): void {
  const total = { value: draft.random.between(80, 48_000), currency: 'CNY' };
  const common = {
    status: 'active',
    type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/claim-type', code: 'institutional' }] },
    use: 'claim',
    patient: draft.patient,
    created: String(period['end']),
    provider: { display: '金城第一医院' },
    insurance: [{ sequence: 1, focal: true, coverage: { display: '城镇职工基本医疗保险' } }],
    billablePeriod: period,
  };
  const item = [{ sequence: 1, productOrService: { text: display }, encounter: [{ reference: encounter }] }];
  const claim = add(draft, { resourceType: 'Claim', ...common, priority: { coding: [{ code: 'normal' }] }, item, total });
  const totals = [{ category: { coding: [{ code: 'submitted' }] }, amount: total }];
  const insurer = { display: '金城医保局' };
  add(draft, {
    resourceType: 'ExplanationOfBenefit',
    ...common,
    insurer,
    outcome: 'complete',
    claim: { reference: claim },
    item,
    total: totals,
  });
}

function addVisit(draft: Draft, startUnixMs: number): void {
  const { random, patient } = draft;
  const period = { start: timeOf(startUnixMs), end: timeOf(startUnixMs + random.between(15, 90) * 60_000) };
  const encounterClass = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: random.oneIn(5) ? 'IMP' : 'AMB' };
  const encounter = add(draft, { resourceType: 'Encounter', status: 'finished', class: encounterClass, subject: patient, period });
  const illness = random.pick(CONDITIONS);
  const about = { subject: patient, encounter: { reference: encounter } };
  const coding = [{ system: ICD10, code: illness.code, display: illness.display }];
  add(draft, { resourceType: 'Condition', code: { coding, text: illness.display }, ...about, onsetDateTime: period.start });
  const results: JsonObject[] = [];
  for (const { code, display, unit, from, to } of MEASUREMENTS) {
    const measured = { coding: [{ system: LOINC, code, display }], text: display };
    const valueQuantity = { value: random.between(from, to), unit };
    const observation = {
      resourceType: 'Observation',
      status: 'final',
      code: measured,
      ...about,
      effectiveDateTime: period.start,
      valueQuantity,
    };
    results.push({ reference: add(draft, observation) });
  }
  const panel = { coding: [{ system: LOINC, code: '24323-8', display: 'Comprehensive metabolic panel' }] };
  add(draft, { resourceType: 'DiagnosticReport', status: 'final', code: panel, ...about, effectiveDateTime: period.end, result: results });
  addClaim(draft, encounter, period, illness.display);
}

function patientOf(random: Random, index: number): SamplePatient {
  const person = generatePerson(random);
  const id = random.uuid();
  const fullUrl = `urn:uuid:${id}`;
  const name = [{ use: 'official', text: person.familyName + person.givenName, family: person.familyName, given: [person.givenName] }];
  const identifier = [{ use: 'official', system: IDENTITY_SYSTEM, value: person.identityNumber }];
  const resource = { resourceType: 'Patient', id, identifier, name, gender: person.sex, birthDate: person.birthDate };
  const draft: Draft = { random, patient: { reference: fullUrl }, entries: [] };
  draft.entries.push({ fullUrl, resource, request: { method: 'POST', url: 'Patient' } });
  const visits = random.between(1, 3);
  for (let visit = 0; visit < visits; visit++) addVisit(draft, FIRST_VISIT_UNIX_MS + (random.below(900) + visit * 3) * DAY_MS);
  const bundle = { resourceType: 'Bundle', type: 'transaction', entry: draft.entries };
  return { fileName: `patient-${String(index + 1).padStart(5, '0')}.json`, person, bundle };
}

/** Invented patients as FHIR R4 bundles, about 20 resources each; one by one, so that any count fits in memory. */
export function* generatePatients({ seed, count }: SampleOptions): Generator<SamplePatient> {
  const random = seededRandom(seed);
  for (let index = 0; index < count; index++) yield patientOf(random, index);
}
