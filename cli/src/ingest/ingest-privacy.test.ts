import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { temporaryFolder } from '@civitas/testkit/temporary-folder';
import { expect, test } from '@jest/globals';
import { tellQuarantine } from '../commands/quarantine-report.ts';
import { prepareCity } from '../flows/city/prepare-city.ts';
import { openTestParties } from '../flows/testing/test-parties.ts';
import { generateFineCases } from '../samples/fine-cases.ts';
import { generatePatients } from '../samples/patients.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { ingestHealth } from './health/ingest-health.ts';
import { createQuarantine } from './quarantine.ts';
import { parseFines } from './transport/parse-fines.ts';

const CANARY = 'CANARY-7731';

interface Entry {
  readonly fullUrl?: string;
  readonly resource: Record<string, unknown>;
}

/** One broken entry for each way a resource can be wrong, each with the canary where the fault is. */
function brokenEntries(patient: string): readonly Entry[] {
  const subject = { reference: patient };
  const observation = { resourceType: 'Observation', id: 'o', status: 'final', code: { text: CANARY }, subject };
  return [
    { resource: { resourceType: CANARY, id: 'a' } },
    { resource: { ...observation, id: `${CANARY} ${CANARY}` } },
    { resource: { ...observation, status: CANARY } },
    { resource: { ...observation, subject: { reference: `Patient/${CANARY}` } } },
    { resource: { ...observation, subject: { display: CANARY } } },
    { resource: { ...observation, effectiveDateTime: CANARY } },
    { resource: { resourceType: 'Observation', id: 'o', status: 'final', subject, note: CANARY } },
    { resource: { resourceType: 'Patient', id: 'p2', name: [{ text: CANARY }], birthDate: CANARY } },
  ];
}

function writeBundles(folder: string): readonly string[] {
  const [sample] = [...generatePatients({ seed: 61, count: 1 })];
  const bundle: { entry: Entry[] } = JSON.parse(JSON.stringify(sample?.bundle));
  const reference = bundle.entry[0]?.fullUrl ?? '';
  const name = [{ text: CANARY, family: CANARY }];
  const [patient, ...others] = bundle.entry.map((entry, index) =>
    index === 0 ? { ...entry, resource: { ...entry.resource, name } } : entry,
  );
  const text = JSON.stringify({ ...bundle, entry: [patient, ...others, ...brokenEntries(reference)] });
  const files = {
    'entries.json': text,
    'cut.json': `{"resourceType":"Bundle","name":"${CANARY}`,
    'other.json': `{"resourceType":"${CANARY}"}`,
  };
  return Object.entries(files).map(([file, content]) => {
    writeFileSync(join(folder, file), content);
    return join(folder, file);
  });
}

/** All that the terminal gets, both streams. */
function aRecordingTerminal() {
  const printed: string[] = [];
  const stream = new Writable({ write: (chunk, _encoding, done) => done(void printed.push(String(chunk))) });
  return { terminal: createTerminal({ stdout: stream, stderr: stream }, { json: false }), printed };
}

test('quarantine, progress and screen of a health ingest hold positions and reasons, and no value of a person', async () => {
  const { parties } = await openTestParties();
  await prepareCity({ parties });
  const folder = temporaryFolder('privacy');
  const quarantine = createQuarantine(join(parties.home, 'quarantine', 'q.jsonl'));
  const { terminal, printed } = aRecordingTerminal();
  const files = writeBundles(folder);
  const progress = terminal.progress('hospital-1', files.length);

  await ingestHealth({ parties, agency: 'hospital-1', files, quarantine, progress });
  tellQuarantine(terminal, quarantine);

  const left = readdirSync(parties.home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const written = left.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  expect(quarantine.count).toBe(brokenEntries('').length + 2);
  expect(readFileSync(quarantine.path, 'utf8')).toContain('TYPE_UNKNOWN');
  expect([...written, ...printed].filter((text) => text.includes(CANARY))).toEqual([]);
});

test('the quarantine of a fine log quotes no cell', () => {
  const file = join(temporaryFolder('privacy'), 'fines.csv');
  const [header = '', row = ''] = generateFineCases({ seed: 62, count: 1 }).split('\n');
  const rows = row.split(',').map((_, column) => row.split(',').with(column, `${CANARY} !`).join(','));
  writeFileSync(file, [header, ...rows, `"${CANARY}`].join('\n'));

  const { quarantined } = parseFines(file);

  expect(quarantined.length).toBeGreaterThan(5);
  expect(JSON.stringify(quarantined)).not.toContain(CANARY);
});
