import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { isJsonObject, type Json, type JsonObject } from '@civitas/canon';
import type { Refused } from '../../fault.ts';
import { PUT_BYTES_MAX, PUT_ITEMS_MAX } from '../../sdk/limits.ts';
import type { Parties } from '../../sdk/parties.ts';
import { type PutRequest, putBytesOf, type VaultClient } from '../../sdk/vault-client.ts';
import type { Progress } from '../../terminal/terminal.ts';
import {
  BATCH_BYTES_MAX,
  BATCHES_OPEN_MAX,
  DOCUMENT_BYTES_MAX,
  FILE_BYTES_MAX,
  FILES_A_BATCH,
  SUBJECT_CALLS_MAX,
  VAULT_CALLS_MAX,
} from '../limits.ts';
import { mapConcurrently } from '../map-concurrently.ts';
import type { Quarantine } from '../quarantine.ts';
import { itemRefusal, throwIfFatal } from '../refusals.ts';
import { documentIdOf } from './document-id.ts';
import { type FhirDocument, type FhirPatient, parseBundle } from './parse-bundle.ts';

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

/** Where a resource stands, for the quarantine. */
interface Place {
  readonly file: string;
  readonly position: string;
}

/** A document whose patient has a subject id, as the vault takes it. */
interface Ready {
  readonly place: Place;
  readonly request: PutRequest & { readonly reference: string };
  readonly kind: string;
}

function quarantineAt(run: Run, places: readonly Place[], { code, facts }: Refused['refusal']): void {
  for (const place of places) run.quarantine.add({ ...place, reason: code, message: `refused: ${code}`, facts });
}

function readyOf(run: Run, place: Place, found: { subject: string; document: FhirDocument; bytes: Buffer }): Ready {
  const { subject, document, bytes } = found;
  const fields = [
    { name: 'digest', value: createHash('sha256').update(bytes).digest('base64url') },
    { name: 'class', value: document.resourceType },
    { name: 'period', value: document.period },
  ];
  const reference = documentIdOf(run.parties.profile(run.agency).indexKey, document);
  const request = { subject, collection: 'documents', reference, fields, document: bytes.toString('base64url') };
  return { place, request, kind: document.resourceType };
}

/** As many as fit one vault call and one operation, in order. */
function* callsOf(documents: readonly Ready[]): Generator<readonly Ready[]> {
  let call: Ready[] = [];
  let callBytes = 0;
  for (const document of documents) {
    const bytes = putBytesOf(document.request);
    if (call.length > 0 && (call.length === PUT_ITEMS_MAX || callBytes + bytes > PUT_BYTES_MAX)) {
      yield call;
      [call, callBytes] = [[], 0];
    }
    call.push(document);
    callBytes += bytes;
  }
  if (call.length > 0) yield call;
}

/** Content into the vault; what it took, as the index registers it. */
async function store(run: Run, call: readonly Ready[]): Promise<readonly { entry: IndexEntry; place: Place }[]> {
  let results: Awaited<ReturnType<VaultClient['putMany']>>;
  try {
    results = await run.parties.vault(run.agency, 'health').putMany(call.map(({ request }) => request));
  } catch (error) {
    const places = call.map(({ place }) => place);
    quarantineAt(run, places, itemRefusal(error));
    return [];
  }
  return call.flatMap(({ place, request, kind }, index) => {
    const result = results[index];
    if (result?.ok !== true) {
      quarantineAt(run, [place], result?.refusal ?? { code: 'NOT_FOUND', facts: {}, then: 'drop' });
      return [];
    }
    const { subject, reference } = request;
    const { digest = '', class: kindCommitment = '', period = '' } = result.value.commitments;
    return [{ entry: { id: reference, subject, kind, digest, class: kindCommitment, period, reference }, place }];
  });
}

function statusOf(result: Json | undefined): string {
  return isJsonObject(result) && typeof result['status'] === 'string' ? result['status'] : 'unknown';
}

async function register(run: Run, entries: readonly { entry: IndexEntry; place: Place }[]): Promise<void> {
  if (entries.length === 0) return;
  const call = {
    contract: 'health.index@v1',
    method: 'registerMany',
    role: 'custodian',
    args: { documents: entries.map(({ entry }) => entry) },
  };
  const submitted = await run.parties.ledger(run.agency, 'health').submitBulk(call);
  if (!submitted.ok) {
    throwIfFatal('health.index@v1 registerMany', submitted.refusal);
    const places = entries.map(({ place }) => place);
    quarantineAt(run, places, submitted.refusal);
    return;
  }
  const results = isJsonObject(submitted.result) ? submitted.result['results'] : undefined;
  entries.forEach(({ place }, index) => {
    const status = statusOf(Array.isArray(results) ? results[index] : undefined);
    if (status === 'registered') run.report.registered += 1;
    else if (status === 'unchanged') run.report.unchanged += 1;
    else {
      const message = 'the index has this resource and version with other content: give the new content a new meta.versionId';
      run.quarantine.add({ ...place, reason: 'DUPLICATE', message });
    }
  });
}

/** The patient's documents under the subject id that the registrar gives the hospital. */
async function takePatient(run: Run, file: string, patient: FhirPatient, documents: readonly FhirDocument[]): Promise<readonly Ready[]> {
  const { system, identifier } = patient;
  try {
    const { subject } = await run.parties.subjects(run.agency).assign({ system, identifier, ledger: run.ledgerId });
    run.report.patients += 1;
    return documents.flatMap((document) => {
      const place = { file, position: document.position };
      const bytes = Buffer.from(document.text);
      if (bytes.length <= DOCUMENT_BYTES_MAX) return [readyOf(run, place, { subject, document, bytes })];
      const message = `${bytes.length} bytes, at most ${DOCUMENT_BYTES_MAX} go in`;
      run.quarantine.add({ ...place, reason: 'DOCUMENT_TOO_LARGE', message });
      return [];
    });
  } catch (error) {
    const places = [patient, ...documents].map(({ position }) => ({ file, position }));
    quarantineAt(run, places, itemRefusal(error));
    return [];
  }
}

/** The file's text; undefined, and quarantined, where it cannot be read or is too large. */
function findText(run: Run, path: string): string | undefined {
  const whole = { file: basename(path), position: 'offset 0' };
  try {
    if (statSync(path).size <= FILE_BYTES_MAX) return readFileSync(path, 'utf8');
    run.quarantine.add({ ...whole, reason: 'FILE_TOO_LARGE', message: `larger than ${FILE_BYTES_MAX} bytes` });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!['ENOENT', 'EACCES', 'EISDIR'].includes(code)) throw error;
    run.quarantine.add({ ...whole, reason: 'FILE_UNREADABLE', message: `cannot be read: ${code}` });
  }
  return undefined;
}

async function takeFile(run: Run, path: string): Promise<readonly Ready[]> {
  const file = basename(path);
  const text = findText(run, path);
  if (text === undefined) return [];
  const parsed = parseBundle(file, text);
  for (const item of parsed.quarantined) run.quarantine.add(item);
  run.report.notIndexed += parsed.notIndexedCount;
  run.report.documents += parsed.documents.length;
  const ready: Ready[] = [];
  for (const patient of parsed.patients) {
    const documents = parsed.documents.filter((document) => patient.references.includes(document.patient));
    ready.push(...(await takePatient(run, file, patient, documents)));
  }
  return ready;
}

/** Bytes; 0 for what cannot be looked at, which reading then reports. */
function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

/** Files that go in together, so that small ones share vault calls and operations: as many as fit in memory. */
function* batchesOf(files: readonly string[]): Generator<readonly string[]> {
  let batch: string[] = [];
  let batchBytes = 0;
  for (const path of files) {
    const bytes = sizeOf(path);
    if (batch.length > 0 && (batch.length === FILES_A_BATCH || batchBytes + bytes > BATCH_BYTES_MAX)) {
      yield batch;
      [batch, batchBytes] = [[], 0];
    }
    batch.push(path);
    batchBytes += bytes;
  }
  if (batch.length > 0) yield batch;
}

async function takeBatch(run: Run, files: readonly string[]): Promise<void> {
  const ready: Ready[] = [];
  await mapConcurrently(files, SUBJECT_CALLS_MAX, async (path) => {
    ready.push(...(await takeFile(run, path)));
  });
  await mapConcurrently(callsOf(ready), VAULT_CALLS_MAX, async (call) => register(run, await store(run, call)));
  run.report.files += files.length;
  run.progress.advance(files.length);
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
  await mapConcurrently(batchesOf(files), BATCHES_OPEN_MAX, (batch) => takeBatch(run, batch));
  report.quarantined = quarantine.count;
  return report;
}
