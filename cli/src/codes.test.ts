import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@civitas/testkit/temporary-folder';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { EXIT } from './exit-codes.ts';
import { exitCodeOf, Fault } from './fault.ts';
import { prepareCity } from './flows/city/prepare-city.ts';
import { findBranch } from './flows/run-case.ts';
import { openTestParties } from './flows/testing/test-parties.ts';
import { ingestHealth } from './ingest/health/ingest-health.ts';
import { DOCUMENT_BYTES_MAX, FILE_BYTES_MAX } from './ingest/limits.ts';
import { createQuarantine } from './ingest/quarantine.ts';
import { parseFines } from './ingest/transport/parse-fines.ts';
import { ensureProfile } from './profile/ensure-profile.ts';
import { loadProfile, networkOf, parseNetworkAccess } from './profile/load-profile.ts';
import { connectCluster } from './profile/refresh-profiles.ts';
import { generatePatients } from './samples/patients.ts';
import type { Parties } from './sdk/parties.ts';

const aFolder = (): string => temporaryFolder('codes');

function faultOf(work: () => unknown): { code: string; exit: number } {
  try {
    work();
  } catch (error) {
    if (error instanceof Fault) return { code: error.code, exit: exitCodeOf(error) };
    throw error;
  }
  return { code: 'none', exit: EXIT.ok };
}

describe('what a person did wrong has its code and its exit code', () => {
  test.each([
    ['a flow that is none', () => findBranch('parking', 'happy'), 'FLOW_UNKNOWN', EXIT.usage],
    ['a branch that is none', () => findBranch('traffic-fine', 'sunny'), 'BRANCH_UNKNOWN', EXIT.usage],
    ['no city', () => connectCluster(aFolder(), {}), 'KUBECONFIG_MISSING', EXIT.fault],
    ['a profile that is none', () => loadProfile(aFolder(), 'bank-9'), 'PROFILE_MISSING', EXIT.fault],
    ['a network document that is none', () => parseNetworkAccess('{}', '', ''), 'PROFILE_BROKEN', EXIT.fault],
    ['a file that is not there', () => parseFines(join(aFolder(), 'none.csv')), 'FILE_UNREADABLE', EXIT.fault],
  ])('%s', (_, work, code, exit) => {
    expect(faultOf(work)).toEqual({ code, exit });
  });

  test('a network that the profile has no certificate for is PROFILE_WITHOUT_NETWORK', async () => {
    const home = aFolder();
    await ensureProfile(home, 'court-1');
    expect(faultOf(() => networkOf(loadProfile(home, 'court-1'), 'health'))).toEqual({ code: 'PROFILE_WITHOUT_NETWORK', exit: EXIT.fault });
  });

  test('a CSV of another kind is CSV_COLUMNS', () => {
    const file = join(aFolder(), 'other.csv');
    writeFileSync(file, 'name,age\nx,1\n');
    expect(faultOf(() => parseFines(file))).toEqual({ code: 'CSV_COLUMNS', exit: EXIT.fault });
  });
});

describe('what is too large is set aside, and the rest goes in', () => {
  let parties: Parties;
  beforeAll(async () => {
    ({ parties } = await openTestParties());
    await prepareCity({ parties });
  });

  async function take(files: readonly string[]) {
    const quarantine = createQuarantine(join(aFolder(), 'q.jsonl'));
    const progress = { advance: () => undefined, end: () => undefined };
    const report = await ingestHealth({ parties, agency: 'hospital-1', files, quarantine, progress });
    return { report, reasons: quarantine.first.map(({ reason }) => reason) };
  }

  test('a file above FILE_BYTES_MAX is FILE_TOO_LARGE and is not read', async () => {
    const file = join(aFolder(), 'large.json');
    writeFileSync(file, '');
    truncateSync(file, FILE_BYTES_MAX + 1);
    expect(await take([file])).toMatchObject({ report: { documents: 0 }, reasons: ['FILE_TOO_LARGE'] });
  });

  test('a document above DOCUMENT_BYTES_MAX is DOCUMENT_TOO_LARGE', async () => {
    const [patient] = [...generatePatients({ seed: 31, count: 1 })];
    const bundle: { entry: { resource: Record<string, unknown> }[] } = JSON.parse(JSON.stringify(patient?.bundle));
    const padded = bundle.entry.map(({ resource, ...rest }, index) => ({
      ...rest,
      resource: index === 1 ? { ...resource, text: { status: 'generated', div: 'x'.repeat(DOCUMENT_BYTES_MAX) } } : resource,
    }));
    const file = join(aFolder(), 'padded.json');
    writeFileSync(file, JSON.stringify({ ...bundle, entry: padded }));
    const { report, reasons } = await take([file]);
    expect(reasons).toEqual(['DOCUMENT_TOO_LARGE']);
    expect(report.registered).toBe(report.documents - 1);
  });
});
