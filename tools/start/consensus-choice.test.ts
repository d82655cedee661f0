import { expect, test } from '@jest/globals';
import { consensusChoice, engineBinary, engineVariables, withConsensus } from './consensus-choice.ts';
import type { HomeRecord } from './home.ts';
import type { Manifest } from './manifests.ts';
import { parseOptions } from './options.ts';
import { StartRefused } from './start-refused.ts';

const API = 'civitas.dev/v1alpha1';
const SAMPLE: readonly Manifest[] = [
  { apiVersion: API, kind: 'CityConfig', metadata: { name: 'jincheng' }, spec: { engine: 'embedded', validatorsPerNetwork: 1 } },
  ...['city', 'health'].map((name) => ({ apiVersion: API, kind: 'LedgerNetwork', metadata: { name }, spec: { domain: name } })),
];
const FRESH: HomeRecord = { formatVersion: 1, subnet: [64, 0], sampleAppliedAt: null, case: null };
const COMETBFT = { engine: 'cometbft', validators: 4, networks: null } as const;

const choose = (argv: readonly string[], record: HomeRecord = FRESH) => consensusChoice(parseOptions(argv), record, SAMPLE);

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    if (error instanceof StartRefused) return error.code;
    throw error;
  }
}

test('a first start is embedded unless it is asked for more', () => {
  expect(choose([])).toEqual({ engine: 'embedded' });
  expect(choose(['--engine', 'cometbft'])).toEqual(COMETBFT);
  const some = ['--engine', 'cometbft', '--validators', '7', '--networks', 'health'];
  expect(choose(some)).toEqual({ engine: 'cometbft', validators: 7, networks: ['health'] });
});

test('a later start goes on with the choice of the first, and asking for another is refused with ENGINE_CHOSEN', () => {
  const born = { ...FRESH, sampleAppliedAt: '2026-01-01T00:00:00Z' };
  expect(choose([], born)).toEqual({ engine: 'embedded' });
  expect(choose([], { ...born, consensus: COMETBFT })).toEqual(COMETBFT);
  expect(choose(['--engine', 'cometbft'], { ...born, consensus: COMETBFT })).toEqual(COMETBFT);
  expect(codeOf(() => choose(['--engine', 'cometbft'], born))).toBe('ENGINE_CHOSEN');
  expect(codeOf(() => choose(['--engine', 'embedded'], { ...born, consensus: COMETBFT }))).toBe('ENGINE_CHOSEN');
  expect(codeOf(() => choose(['--engine', 'cometbft', '--validators', '7'], { ...born, consensus: COMETBFT }))).toBe('ENGINE_CHOSEN');
});

test.each([
  [['--engine', 'raft']],
  [['--validators', '4']],
  [['--networks', 'health']],
  [['--engine', 'embedded', '--validators', '4']],
  [['--engine', 'cometbft', '--validators', '3']],
  [['--engine', 'cometbft', '--networks', 'health,harbour']],
])('%j is refused with BAD_ARGUMENT', (argv) => {
  expect(codeOf(() => choose(argv))).toBe('BAD_ARGUMENT');
});

test('an engine that is not installed is refused with ENGINE_MISSING, and only where it is needed', () => {
  const nowhere = { named: undefined, tools: undefined };
  const tools = { folder: '/e', path: (program: string) => `/e/${program}` };
  expect(engineBinary({ engine: 'embedded' }, nowhere)).toBeUndefined();
  expect(engineBinary(COMETBFT, { named: undefined, tools })).toBe('/e/cometbft');
  expect(engineBinary(COMETBFT, { named: process.execPath, tools })).toBe(process.execPath);
  expect(codeOf(() => engineBinary(COMETBFT, { named: '/nowhere/cometbft', tools }))).toBe('ENGINE_MISSING');
  expect(codeOf(() => engineBinary(COMETBFT, nowhere))).toBe('ENGINE_MISSING');
  expect(() => engineBinary(COMETBFT, nowhere)).toThrow('npm run engine:install');
});

test('the choice stands in CityConfig for all networks, and in the spec of each named one otherwise', () => {
  expect(withConsensus(SAMPLE, { engine: 'embedded' })).toBe(SAMPLE);
  const all = withConsensus(SAMPLE, COMETBFT);
  expect(all.map(({ spec }) => spec?.['engine'])).toEqual(['cometbft', undefined, undefined]);
  expect(all[0]?.spec?.['validatorsPerNetwork']).toBe(4);
  const one = withConsensus(SAMPLE, { ...COMETBFT, networks: ['health'] });
  expect(one.map(({ spec }) => spec?.['engine'])).toEqual(['embedded', undefined, 'cometbft']);
  expect(one[2]?.spec?.['pools']).toEqual([{ name: 'validators', role: 'validator', replicas: 4 }]);
});

test('an embedded city is told where the engine is as well, so that one of its networks can grow', () => {
  const tools = { folder: '/e', path: (program: string) => `/e/${program}` };
  const nowhere = { named: undefined, handOver: undefined, tools: undefined };
  expect(engineVariables(undefined, { ...nowhere, tools })).toEqual({
    CIVITAS_ENGINE_BINARY: '/e/cometbft',
    CIVITAS_HANDOVER_BINARY: '/e/handover',
  });
  expect(engineVariables(undefined, nowhere)).toEqual({});
  expect(engineVariables('/b', { named: '/c', handOver: '/h', tools })).toEqual({
    CIVITAS_ENGINE_BINARY: '/b',
    CIVITAS_HANDOVER_BINARY: '/h',
  });
});

test('the first validator is the named agency’s, the others belong to the founders in turn', () => {
  const pools = [{ name: 'validators', role: 'validator', agencyRef: 'hospital-1' }];
  const sample = SAMPLE.map((manifest) =>
    manifest.kind === 'LedgerNetwork' ? { ...manifest, spec: { ...manifest.spec, pools } } : manifest,
  );
  expect(withConsensus(sample, COMETBFT)[1]?.spec?.['pools']).toEqual([
    { name: 'validators', role: 'validator', agencyRef: 'hospital-1', replicas: 1 },
    { name: 'members', role: 'validator', replicas: 3 },
  ]);
});
