import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestCity } from '@civitas/contracts/testing';
import { temporaryFolder } from '@civitas/testkit/temporary-folder';
import { beforeAll, expect, test } from '@jest/globals';
import { prepareCity } from '../flows/city/prepare-city.ts';
import { openTestParties } from '../flows/testing/test-parties.ts';
import { generateFineCases } from '../samples/fine-cases.ts';
import { generatePatients } from '../samples/patients.ts';
import type { Parties } from '../sdk/parties.ts';
import { ingestHealth } from './health/ingest-health.ts';
import { createQuarantine, type Quarantine } from './quarantine.ts';
import { ingestTransport } from './transport/ingest-transport.ts';
import { parseFines } from './transport/parse-fines.ts';

const DATA = resolve(process.env['CIVITAS_DATA'] ?? join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'data'));
if (!existsSync(DATA)) process.stderr.write(`SKIPPED: ingest of real data, because there is no ${DATA}; set CIVITAS_DATA\n`);
const testWithData = existsSync(DATA) ? test : test.skip;
const progress = { advance: () => undefined, end: () => undefined };

let parties: Parties;
let city: TestCity;

beforeAll(async () => {
  ({ parties, city } = await openTestParties());
  await prepareCity({ parties });
});

const aFolder = (): string => temporaryFolder('ingest');
const aQuarantine = (): Quarantine => createQuarantine(join(aFolder(), 'q.jsonl'));

async function takeHealth(files: readonly string[]) {
  const quarantine = aQuarantine();
  return { report: await ingestHealth({ parties, agency: 'hospital-1', files, quarantine, progress }), quarantine };
}

/** One run over all the files, as the command does it. */
async function takeFines(...files: readonly string[]) {
  const quarantine = aQuarantine();
  const parsed = files.map((file) => parseFines(file));
  for (const item of parsed.flatMap(({ quarantined }) => quarantined)) quarantine.add(item);
  const cases = parsed.flatMap((one) => one.cases);
  const report = await ingestTransport({ parties, police: 'traffic-police', bank: 'bank-1', cases, quarantine, progress });
  return { report, quarantine };
}

function sampleFiles(count: number, seed: number): string[] {
  const folder = aFolder();
  return [...generatePatients({ seed, count })].map(({ fileName, bundle }) => {
    writeFileSync(join(folder, fileName), JSON.stringify(bundle));
    return join(folder, fileName);
  });
}

test('a second run of the same bundles doubles nothing', async () => {
  const files = sampleFiles(5, 21);
  const first = await takeHealth(files);
  expect(first.report).toMatchObject({ files: 5, patients: 5, registered: first.report.documents, unchanged: 0, quarantined: 0 });
  const second = await takeHealth(files);
  expect(second.report).toMatchObject({ registered: 0, unchanged: first.report.documents, quarantined: 0 });
});

test('a broken file and a missing one are quarantined, the rest goes in', async () => {
  const [good = '', broken = ''] = sampleFiles(2, 22);
  writeFileSync(broken, readFileSync(broken, 'utf8').slice(0, 500));
  const { report, quarantine } = await takeHealth([good, broken, join(aFolder(), 'missing.json')]);
  expect(report.patients).toBe(1);
  expect(quarantine.first.map(({ reason }) => reason).sort()).toEqual(['FILE_UNREADABLE', 'JSON_BROKEN']);
});

test('the same resource and version with other content is quarantined, not overwritten', async () => {
  const [file = ''] = sampleFiles(1, 23);
  await takeHealth([file]);
  const before = city.ledger('health').state.keys().length;
  const bundle = JSON.parse(readFileSync(file, 'utf8'));
  bundle.entry[1].resource.subject = { ...bundle.entry[1].resource.subject, display: 'changed' };
  writeFileSync(file, JSON.stringify(bundle));
  const { report } = await takeHealth([file]);
  expect(report.registered).toBe(0);
  expect(city.ledger('health').state.keys().length).toBe(before);
});

test('a second run of the same fines doubles nothing', async () => {
  const file = join(aFolder(), 'fines.csv');
  writeFileSync(file, generateFineCases({ seed: 24, count: 60 }));
  const first = await takeFines(file);
  expect(first.quarantine.first).toEqual([]);
  expect(first.report.accepted).toBe(first.report.events);
  const second = await takeFines(file);
  expect(second.report).toMatchObject({ accepted: 0, unchanged: first.report.events, quarantined: 0 });
});

test('rows of a case whose Create Fine is bad are quarantined with it, other cases go in', async () => {
  const file = join(aFolder(), 'fines.csv');
  const lines = generateFineCases({ seed: 25, count: 3 }).split('\n');
  lines[1] = (lines[1] ?? '').replace(/^[\d.]+/, 'much');
  const caseRows = lines.filter((line) => line.includes('J25-00001')).length;
  writeFileSync(file, lines.join('\n'));
  const { report, quarantine } = await takeFines(file);
  const reasons = quarantine.first.map(({ reason }) => reason);
  expect(reasons).toEqual(['MONEY_MALFORMED', ...Array.from({ length: caseRows - 1 }, () => 'CASE_NOT_OPEN')]);
  expect(report.accepted).toBe(report.events - (quarantine.count - 1));
});

const FINE_HEADER = 'case:concept:name,concept:name,time:timestamp,amount,paymentAmount,article,expense';

function aCase(caseId: string, ...payments: readonly string[]): string[] {
  const paid = payments.map((amount) => `${caseId},Payment,2010-01-02 00:00:00+01:00,,${amount},,`);
  return [`${caseId},Create Fine,2010-01-01 00:00:00+01:00,60.0,,157,`, ...paid];
}

function aFineLog(rows: readonly string[]): string {
  const file = join(aFolder(), 'fines.csv');
  writeFileSync(file, [FINE_HEADER, ...rows].join('\n'));
  return file;
}

test('a payment corrected between two runs is counted, and the other one of its day not again', async () => {
  const first = await takeFines(aFineLog(aCase('K1', '15;0', '20.0')));
  expect(first.report).toMatchObject({ accepted: 2, unchanged: 0, quarantined: 1 });
  const second = await takeFines(aFineLog(aCase('K1', '15.0', '20.0')));
  expect(second.report).toMatchObject({ accepted: 1, unchanged: 2, quarantined: 0 });
});

test('a case that stands in two files of one run is counted once', async () => {
  const [short, long] = [aFineLog(aCase('K2', '15.0')), aFineLog(aCase('K2', '15.0', '15.0'))];
  const { report } = await takeFines(short, long, long);
  expect(report).toMatchObject({ events: 8, accepted: 3, unchanged: 5, quarantined: 0 });
});

test('a case that goes on in another file is not lost but quarantined, and goes in with a file that has all of it', async () => {
  const [created = '', first = '', second = ''] = aCase('K3', '15.0', '15.0');
  const parts = await takeFines(aFineLog([created, first]), aFineLog([second]));
  expect(parts.report).toMatchObject({ accepted: 2, unchanged: 0, quarantined: 1 });
  expect(parts.quarantine.first).toMatchObject([{ reason: 'CASE_NOT_OPEN' }]);
  const whole = await takeFines(aFineLog([created, first, second]));
  expect(whole.report).toMatchObject({ accepted: 1, unchanged: 2, quarantined: 0 });
});

testWithData('all twelve patients of the real data go in, twice without doubling', async () => {
  const folder = join(DATA, 'health');
  const files = readdirSync(folder).map((name) => join(folder, name));
  const first = await takeHealth(files);
  expect(first.quarantine.first).toEqual([]);
  expect(first.report).toMatchObject({ files: 12, patients: 12, registered: first.report.documents });
  expect((await takeHealth(files)).report).toMatchObject({ registered: 0, unchanged: first.report.documents });
});

testWithData('all hundred cases of the real data go in, twice without doubling', async () => {
  const file = join(DATA, 'transport', 'road-traffic-fines-100-cases.csv');
  const first = await takeFines(file);
  expect(first.quarantine.first).toEqual([]);
  expect(first.report).toMatchObject({ cases: 100, events: 390, accepted: 390 });
  expect((await takeFines(file)).report).toMatchObject({ accepted: 0, unchanged: 390 });
});
