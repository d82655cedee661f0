import type { Quarantined } from '../quarantine.ts';
import { BUNDLE_TYPES, FHIR_DATE_TIME, NOT_INDEXED, RESOURCE_ID, RESOURCE_RULES, type ResourceRule } from './fhir-rules.ts';

type Loose = Readonly<Record<string, unknown>>;

/** A person as one bundle knows them. */
export interface FhirPatient {
  readonly position: string;
  /** Both ways other entries point here. */
  readonly references: readonly string[];
  readonly system: string;
  readonly identifier: string;
}

/** Unix ms; before 1970 negative. */
type Period = { readonly startUnixMs: number; readonly endUnixMs: number };

/** A resource that passed the checks. */
export interface FhirDocument {
  readonly position: string;
  readonly resourceType: string;
  /** Reference to its patient, one of `FhirPatient.references`. */
  readonly patient: string;
  readonly system: string;
  readonly identifier: string;
  readonly version: string;
  /** What it speaks of; null where the resource names no time, which FHIR allows. */
  readonly period: Period | null;
  /** Content as JSON text. */
  readonly text: string;
}

export interface ParsedBundle {
  readonly patients: readonly FhirPatient[];
  readonly documents: readonly FhirDocument[];
  /** Resources about places and staff. */
  readonly notIndexedCount: number;
  readonly quarantined: readonly Quarantined[];
}

type Finding = Pick<Quarantined, 'reason' | 'message'>;

/** Identifiers by which persons are known, best first: identity number, social security number, medical record number, any. */
const PERSON_TYPES: readonly string[] = ['SS', 'NI', 'MR'];

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(object: unknown, field: string): string {
  const value = isObject(object) ? object[field] : undefined;
  return typeof value === 'string' ? value : '';
}

function finding(reason: string, message: string): Finding {
  return { reason, message };
}

function arrayOf(object: unknown, field: string): readonly unknown[] {
  const value = isObject(object) ? object[field] : undefined;
  return Array.isArray(value) ? value : [];
}

function typeCodeOf(identifier: unknown): string {
  const type = isObject(identifier) ? identifier['type'] : undefined;
  return textOf(arrayOf(type, 'coding')[0], 'code');
}

function personIdentifier(patient: Loose): { system: string; identifier: string } | undefined {
  const usable = arrayOf(patient, 'identifier').filter((entry) => textOf(entry, 'system') !== '' && textOf(entry, 'value') !== '');
  const official = usable.find((entry) => textOf(entry, 'use') === 'official');
  const byType = PERSON_TYPES.map((code) => usable.find((entry) => typeCodeOf(entry) === code)).find((entry) => entry !== undefined);
  const chosen = official ?? byType ?? usable[0];
  return chosen === undefined ? undefined : { system: textOf(chosen, 'system'), identifier: textOf(chosen, 'value') };
}

function findMissing(resource: Loose, rule: ResourceRule): string | undefined {
  return rule.required.find((element) => {
    if (!element.endsWith('[x]')) return resource[element] === undefined || resource[element] === null;
    const stem = element.slice(0, -3);
    return !Object.keys(resource).some((name) => name.startsWith(stem));
  });
}

/** First instant a FHIR time covers; undefined when it is not one. */
export function parseFhirTime(text: string): number | undefined {
  if (!FHIR_DATE_TIME.test(text)) return undefined;
  const unixMs = Date.parse(text.replace(':60', ':59'));
  return Number.isNaN(unixMs) ? undefined : unixMs;
}

function periodOf(resource: Loose, rule: ResourceRule): Period | Finding | null {
  const element = rule.when.find((name) => resource[name] !== undefined);
  if (element === undefined) return null;
  const value = resource[element];
  const start = typeof value === 'string' ? value : textOf(value, 'start') || textOf(value, 'end');
  const end = typeof value === 'string' ? value : textOf(value, 'end') || start;
  const startUnixMs = parseFhirTime(start);
  const endUnixMs = parseFhirTime(end);
  if (startUnixMs === undefined || endUnixMs === undefined) return finding('TIME_MALFORMED', `${element} is not a FHIR dateTime`);
  if (endUnixMs < startUnixMs) return finding('TIME_BACKWARDS', `${element} ends before it starts`);
  return { startUnixMs, endUnixMs };
}

function checkResource(entry: unknown): Finding | { resource: Loose; resourceType: string } {
  const resource = isObject(entry) ? entry['resource'] : undefined;
  if (!isObject(resource)) return finding('RESOURCE_MISSING', 'the entry has no resource object');
  const resourceType = textOf(resource, 'resourceType');
  if (resourceType === '') return finding('FIELD_MISSING', 'resourceType is missing');
  if (!RESOURCE_ID.test(textOf(resource, 'id')))
    return finding('ID_MALFORMED', 'id is missing or not a FHIR id (1 … 64 of A-Z a-z 0-9 - .)');
  return { resource, resourceType };
}

function documentOf(position: string, fullUrl: string, resource: Loose, resourceType: string): FhirDocument | Finding {
  const rule = RESOURCE_RULES[resourceType];
  if (rule === undefined) return finding('TYPE_UNKNOWN', 'resourceType is not one that is taken');
  const missing = findMissing(resource, rule);
  if (missing !== undefined) return finding('FIELD_MISSING', `${resourceType}.${missing} is missing`);
  const status = textOf(resource, 'status');
  if (rule.statuses !== undefined && !rule.statuses.includes(status)) {
    return finding('CODE_UNKNOWN', `${resourceType}.status is not of its value set`);
  }
  const patient = textOf(resource[rule.subject], 'reference');
  if (patient === '') return finding('SUBJECT_MISSING', `${resourceType}.${rule.subject} has no reference`);
  const period = periodOf(resource, rule);
  if (period !== null && 'reason' in period) return period;
  const global = fullUrl.startsWith('urn:uuid:') ? { system: 'urn:ietf:rfc:3986', identifier: fullUrl } : undefined;
  const { system, identifier } = global ?? { system: resourceType, identifier: textOf(resource, 'id') };
  const version = textOf(resource['meta'], 'versionId') || '1';
  return { position, resourceType, patient, system, identifier, version, period, text: JSON.stringify(resource) };
}

interface Draft {
  readonly file: string;
  readonly patients: FhirPatient[];
  readonly documents: FhirDocument[];
  readonly quarantined: Quarantined[];
  notIndexedCount: number;
}

function takeEntry(draft: Draft, entry: unknown, index: number): void {
  const position = `entry ${index} /entry/${index}/resource`;
  const reject = ({ reason, message }: Finding): void => void draft.quarantined.push({ file: draft.file, position, reason, message });
  const checked = checkResource(entry);
  if ('reason' in checked) return reject(checked);
  const { resource, resourceType } = checked;
  const fullUrl = textOf(entry, 'fullUrl');
  if (NOT_INDEXED.includes(resourceType)) {
    draft.notIndexedCount += 1;
    return;
  }
  if (resourceType === 'Patient') {
    const person = personIdentifier(resource);
    if (person === undefined) return reject(finding('IDENTIFIER_MISSING', 'the patient has no identifier with system and value'));
    const references = [`Patient/${textOf(resource, 'id')}`, ...(fullUrl === '' ? [] : [fullUrl])];
    draft.patients.push({ position, references, ...person });
    return;
  }
  const document = documentOf(position, fullUrl, resource, resourceType);
  if ('reason' in document) return reject(document);
  draft.documents.push(document);
}

function keepKnownPatients(draft: Draft): FhirDocument[] {
  const known = new Set(draft.patients.flatMap(({ references }) => references));
  return draft.documents.filter(({ patient, position, resourceType }) => {
    if (known.has(patient)) return true;
    const message = `${resourceType} points to a patient that this bundle does not hold, or that was quarantined`;
    draft.quarantined.push({ file: draft.file, position, reason: 'SUBJECT_UNKNOWN', message });
    return false;
  });
}

const OFFSET = /position (\d+)/;
const CUT_SHORT = /end of JSON input|Unterminated string/;

function errorOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** True when the text could still become JSON if more came. */
function isPrefix(text: string): boolean {
  const error = errorOf(text);
  return error === undefined || CUT_SHORT.test(error) || OFFSET.exec(error)?.[1] === String(text.length);
}

/** Where text stops being JSON. The engine names the place of some errors only; for the others the longest good start is searched. */
function brokenOffset(text: string, error: string): number {
  const named = OFFSET.exec(error)?.[1];
  if (named !== undefined) return Number(named);
  let [good, bad] = [0, text.length];
  if (CUT_SHORT.test(error)) return text.length;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isPrefix(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function wholeFile(file: string, position: string, reason: string, message: string): ParsedBundle {
  return { patients: [], documents: [], notIndexedCount: 0, quarantined: [{ file, position, reason, message }] };
}

/**
 * Reads one FHIR R4 bundle. A resource that breaks a rule is quarantined alone; text that is no JSON, or no bundle, whole.
 *
 * @param file Name for the report.
 * @returns Never throws; messages say where and why and quote nothing of the content.
 */
export function parseBundle(file: string, text: string): ParsedBundle {
  let bundle: unknown;
  try {
    bundle = JSON.parse(text);
  } catch (error) {
    const offset = brokenOffset(text, String(error));
    return wholeFile(file, `offset ${offset}`, 'JSON_BROKEN', `not JSON from offset ${offset} of ${text.length} on`);
  }
  if (textOf(bundle, 'resourceType') !== 'Bundle') return wholeFile(file, 'offset 0', 'NOT_A_BUNDLE', 'resourceType is not Bundle');
  if (!BUNDLE_TYPES.includes(textOf(bundle, 'type')))
    return wholeFile(file, '/type', 'BUNDLE_TYPE', 'type is not one that carries resources');
  if (!isObject(bundle) || !Array.isArray(bundle['entry'])) return wholeFile(file, '/entry', 'FIELD_MISSING', 'entry is not an array');
  const draft: Draft = { file, patients: [], documents: [], quarantined: [], notIndexedCount: 0 };
  bundle['entry'].forEach((entry: unknown, index) => takeEntry(draft, entry, index));
  return {
    patients: draft.patients,
    documents: keepKnownPatients(draft),
    notIndexedCount: draft.notIndexedCount,
    quarantined: draft.quarantined,
  };
}
