import { randomInt } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createQuarantine,
  generateFineCases,
  generatePatients,
  ingestHealth,
  ingestTransport,
  openParties,
  type Parties,
  parseFines,
  prepareCity,
  runCase,
} from '@civitas/cli';
import type { CaseRecord, Home } from './home.ts';

const PATIENT_COUNT = 5;
const FINE_CASE_COUNT = 10;
const SEED_MAX = 2 ** 31;

interface FirstCaseRun {
  readonly options: { readonly seed: number | undefined };
  readonly say: (line: string) => void;
  readonly stop: AbortSignal;
}

/**
 * The first start's own data: rules, generated patients and fines, and one random citizen's case across three ledgers, each party acting
 * through its credential profile and the public gRPC alone.
 *
 * @returns The case with its evidence bundle, which `cases/` of the home holds.
 */
export async function exportFirstCase(home: Home, run: FirstCaseRun): Promise<CaseRecord> {
  const seed = run.options.seed ?? randomInt(SEED_MAX);
  const parties = openParties(home.path, run.stop);
  try {
    await prepareCity({ parties, onStep: run.say });
    await ingestSamples(home, { parties, seed, say: run.say });
    run.say(`carrying a serious-illness case across health, city and housing (seed ${seed})`);
    const { id, bundlePath } = await runCase({
      flow: 'serious-illness',
      seed,
      parties,
      out: join(home.path, 'cases', `first-${seed}.json`),
      onStep: (step) => run.say(`  ${step.title}`),
    });
    return { id, bundle: bundlePath.slice(home.path.length + 1) };
  } finally {
    parties.close();
  }
}

async function ingestSamples(home: Home, city: { parties: Parties; seed: number; say: (line: string) => void }): Promise<void> {
  const folder = join(home.path, 'samples');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = [...generatePatients({ seed: city.seed, count: PATIENT_COUNT })].map(({ fileName, bundle }) => {
    const path = join(folder, fileName);
    writeFileSync(path, JSON.stringify(bundle), { mode: 0o600 });
    return path;
  });
  const fines = join(folder, 'fines.csv');
  writeFileSync(fines, generateFineCases({ seed: city.seed, count: FINE_CASE_COUNT }), { mode: 0o600 });
  const quarantine = createQuarantine(join(home.path, 'quarantine', 'samples.jsonl'));
  const progress = { advance: () => undefined, end: () => undefined };
  const health = await ingestHealth({ parties: city.parties, agency: 'hospital-1', files, quarantine, progress });
  city.say(`ingested ${health.patients} generated patients with ${health.documents} documents (hospital-1)`);
  const { cases } = parseFines(fines);
  const transport = await ingestTransport({ parties: city.parties, police: 'traffic-police', bank: 'bank-1', cases, quarantine, progress });
  city.say(`ingested ${transport.cases} generated fine cases with ${transport.events} events (traffic-police)`);
  // The people in them are made up, and still: what has gone to the vault is not kept in clear beside it.
  rmSync(folder, { recursive: true, force: true });
  if (quarantine.count > 0) throw new Error(`${quarantine.count} generated records were refused, see ${quarantine.path}`);
}
