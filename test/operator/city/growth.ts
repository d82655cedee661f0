import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { civitas, civitasOffline } from '../../e2e/commands.ts';
import { findPodProcess } from '../../e2e/pod-processes.ts';
import { readReady } from '../../e2e/running-city.ts';
import { type CityUnderTest, sayTime } from './city-under-test.ts';
import { whileCasesGo } from './while-cases-go.ts';

const GROWN_WITHIN_MS = 240_000;

/** From the embedded engine to four validators on CometBFT, with cases on its links and its operator killed on the way. */
export async function grow(city: CityUnderTest, network: string): Promise<void> {
  const { home, view } = city;
  const born = view.find('LedgerNetwork', network)?.status;
  expect(born?.engine).toBe('embedded');
  const last = await whileCasesGo({ home, name: 'grow' }, () => growUnderFault(city, network));

  const isCounted = (it: { status?: { engine?: string } } | undefined): boolean => it?.status?.engine === 'cometbft';
  await view.until('LedgerNetwork', network, isCounted, GROWN_WITHIN_MS);
  expect(view.find('LedgerNetwork', network)?.status?.genesisHash).toBe(born?.genesisHash);
  const set = JSON.parse((await civitas(home, 'network', 'validators', '-n', network, '--json')).stdout);
  const validators: readonly { node: string; organisation: string; standing: string }[] = set.validators;
  expect(validators.map(({ standing }) => standing)).toEqual(['active', 'active', 'active', 'active']);
  expect(new Set(validators.map(({ organisation }) => organisation)).size).toBe(3);
  expect(validators.find(({ node }) => node === `${network}-0`)?.organisation).toBe('traffic-police');

  const empty = mkdtempSync(join(tmpdir(), 'civitas-empty-'));
  expect((await civitasOffline(empty, 'verify', last)).code).toBe(0);
  rmSync(empty, { recursive: true });
  expect(readFileSync(last, 'utf8')).toContain(readReady(home).networks.find(({ name }) => name === network)?.chainId);
}

async function growUnderFault({ home, view }: CityUnderTest, network: string): Promise<void> {
  const beganMs = performance.now();
  const growth = civitas(home, 'network', 'grow', network, '--validators', '4', '--yes');
  const progress = (): string | undefined => view.condition('LedgerNetwork', network, 'Progressing')?.reason;
  await view.until('LedgerNetwork', network, () => progress() === 'CatchingUp', GROWN_WITHIN_MS);
  const operator = findPodProcess(home, 'civitas-operator');
  if (operator === undefined) throw new Error('the operator does not run');
  process.kill(operator, 'SIGKILL');

  const { code, stdout } = await growth;
  expect(code).toBe(0);
  sayTime('growth', beganMs);
  const steps = stdout.split('\n').flatMap((line) => /^([A-Z]\w+): /.exec(line)?.[1] ?? []);
  expect(steps[0]).toBe('HandingOver');
  expect(steps).toContain('CatchingUp');
}
