import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { isJsonObject, type Json, type JsonObject } from '@civitas/canon';
import type { Refused } from '../../fault.ts';
import type { Parties } from '../../sdk/parties.ts';
import type { Progress } from '../../terminal/terminal.ts';
import { DOCUMENT_BYTES_MAX, DOCUMENTS_A_CALL, FILE_BYTES_MAX, FILES_OPEN_MAX, VAULT_CALLS_MAX } from '../limits.ts';
import { mapConcurrently } from '../map-concurrently.ts';
import type { Quarantine } from '../quarantine.ts';
import { itemRefusal, throwIfFatal } from '../refusals.ts';
import { documentIdOf } from './document-id.ts';
import { type FhirDocument, parseBundle } from './parse-bundle.ts';

export interface HealthIngest {
  readonly parties: Parties;
  /** Hospital whose documents these are. */
  readonly agency: string;
  readonly files: readonly string[];
  readonly quarantine: Quarantine;
  /** Advanced once a file. */
  readonly progress: Progress;
}

export interface HealthReport {
  files: number;
  patients: number;
  documents: number;
  registered: number;
  unchanged: number;
  /** Resources about places and staff. */
  notIndexed: number;
  quarantined: number;
}

/** One document as health.index@v1 registerMany takes it; digest, class and period are commitments. */
interface IndexEntry extends JsonObject {
  readonly id: string;
  readonly subject: string;
  readonly kind: string;
  readonly digest: string;
  readonly class: string;
  readonly period: string;
  readonly reference: string;
}

interface Run extends HealthIngest {
  readonly report: HealthReport;
  readonly ledgerId: string;
}

function quarantineDocument(run: Run, file: string, found: { position: string; refusal: Refused['refusal'] }): void {
  const { code, facts } = found.refusal;
  run.quarantine.add({ file, position: found.position, reason: code, message: `refused: ${code}`, facts });
}

async function store(run: Run, subject: string, document: FhirDocument): Promise<IndexEntry> {
  const { parties, agency } = run;
  const id = documentIdOf(parties.profile(agency).indexKey, document);
  const bytes = Buffer.from(document.text);
  const { commitments, reference } = await parties.vault(agency, 'health').put({
    subject,
    collection: 'documents',
    reference: id,
    fields: [
      { name: 'digest', value: createHash('sha256').update(bytes).digest('base64url') },
      { name: 'class', value: document.resourceType },
      { name: 'period', value: document.period },
    ],
    document: bytes.toString('base64url'),
  });
  const commitment = (name: string): string => commitments[name] ?? '';
  return {
    id,
    subject,
    kind: document.resourceType,
    digest: commitment('digest'),
    class: commitment('class'),
    period: commitment('period'),
    reference,
  };
}

function statusOf(result: Json | undefined): string {
  return isJsonObject(result) && typeof result['status'] === 'string' ? result['status'] : 'unknown';
}

async function register(run: Run, file: string, entries: readonly { entry: IndexEntry; position: string }[]): Promise<void> {
  const call = {
    contract: 'health.index@v1',
    method: 'registerMany',
    role: 'custodian',
    args: { documents: entries.map(({ entry }) => entry) },
  };
  const submitted = await run.parties.ledger(run.agency, 'health').submitBulk(call);
  if (!submitted.ok) {
    throwIfFatal('health.index@v1 registerMany', submitted.refusal);
    for (const { position } of entries) quarantineDocument(run, file, { position, refusal: submitted.refusal });
    return;
  }
  const results = isJsonObject(submitted.result) ? submitted.result['results'] : undefined;
  entries.forEach(({ position }, index) => {
    const status = statusOf(Array.isArray(results) ? results[index] : undefined);
    if (status === 'registered') run.report.registered += 1;
    else if (status === 'unchanged') run.report.unchanged += 1;
    else {
      const message = 'the index has this resource and version with other content: give the new content a new meta.versionId';
      run.quarantine.add({ file, position, reason: 'DUPLICATE', message });
    }
  });
}

async function takePatient(run: Run, file: string, patient: { subject: string; documents: readonly FhirDocument[] }): Promise<void> {
  const ready: { entry: IndexEntry; position: string }[] = [];
  await mapConcurrently(patient.documents, Math.ceil(VAULT_CALLS_MAX / FILES_OPEN_MAX), async (document) => {
    if (document.text.length > DOCUMENT_BYTES_MAX) {
      const message = `${document.text.length} bytes, at most ${DOCUMENT_BYTES_MAX} go in`;
      run.quarantine.add({ file, position: document.position, reason: 'DOCUMENT_TOO_LARGE', message });
      return;
    }
    try {
      ready.push({ entry: await store(run, patient.subject, document), position: document.position });
    } catch (error) {
      quarantineDocument(run, file, { position: document.position, refusal: itemRefusal(error) });
    }
  });
  const calls: Promise<void>[] = [];
  for (let at = 0; at < ready.length; at += DOCUMENTS_A_CALL) calls.push(register(run, file, ready.slice(at, at + DOCUMENTS_A_CALL)));
  await Promise.all(calls);
}

function readText(path: string): string | undefined {
  return statSync(path).size > FILE_BYTES_MAX ? undefined : readFileSync(path, 'utf8');
}

async function takeFile(run: Run, path: string): Promise<void> {
  const file = basename(path);
  const text = readText(path);
  if (text === undefined) {
    run.quarantine.add({ file, position: 'offset 0', reason: 'FILE_TOO_LARGE', message: `larger than ${FILE_BYTES_MAX} bytes` });
    return;
  }
  const parsed = parseBundle(file, text);
  for (const item of parsed.quarantined) run.quarantine.add(item);
  run.report.notIndexed += parsed.notIndexedCount;
  run.report.documents += parsed.documents.length;
  for (const patient of parsed.patients) {
    const documents = parsed.documents.filter((document) => patient.references.includes(document.patient));
    try {
      const { system, identifier } = patient;
      const { subject } = await run.parties.subjects(run.agency).assign({ system, identifier, ledger: run.ledgerId });
      await takePatient(run, file, { subject, documents });
      run.report.patients += 1;
    } catch (error) {
      const refusal = itemRefusal(error);
      for (const { position } of [patient, ...documents]) quarantineDocument(run, file, { position, refusal });
    }
  }
}

/**
 * Takes FHIR R4 bundles in: subjects from the registrar, content into the hospital's vault, salted commitments into the index.
 *
 * Sending a file again changes nothing. A file that cannot be read is quarantined like a broken one.
 *
 * @throws Fault when a node stays away; Refused when the profile may not do this at all. What went in before stays in.
 */
export async function ingestHealth(ingest: HealthIngest): Promise<HealthReport> {
  const { parties, agency, files, quarantine } = ingest;
  const report: HealthReport = { files: 0, patients: 0, documents: 0, registered: 0, unchanged: 0, notIndexed: 0, quarantined: 0 };
  const run: Run = { ...ingest, report, ledgerId: parties.ledger(agency, 'health').chainId };
  await mapConcurrently(files, FILES_OPEN_MAX, async (path) => {
    try {
      await takeFile(run, path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (!['ENOENT', 'EACCES', 'EISDIR'].includes(code)) throw error;
      quarantine.add({ file: basename(path), position: 'offset 0', reason: 'FILE_UNREADABLE', message: `cannot be read: ${code}` });
    }
    report.files += 1;
    ingest.progress.advance();
  });
  report.quarantined = quarantine.count;
  return report;
}
