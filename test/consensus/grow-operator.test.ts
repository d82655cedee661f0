import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { civitas, civitasOffline } from '../e2e/commands.ts';
import { keepPlaying } from '../e2e/play-cases.ts';
import { findPodProcess } from '../e2e/pod-processes.ts';
import { type RunningCity, readReady, startCity } from '../e2e/running-city.ts';
import { describeWithEngine } from './network/describe-with-engine.ts';

const GROWN_WITHIN_MS = 150_000;

interface StatusJson {
  readonly networks: readonly {
    readonly name: string;
    readonly status: {
      readonly engine?: string;
      readonly genesisHash?: string;
      readonly conditions?: readonly { type: string; reason: string }[];
    };
  }[];
}

let home = '';
let city: RunningCity | undefined;

async function transport(): Promise<StatusJson['networks'][number]['status']> {
  const { stdout } = await civitas(home, 'status', '--json');
  const { networks }: StatusJson = JSON.parse(stdout);
  return networks.find(({ name }) => name === 'transport')?.status ?? {};
}

const progressOf = (status: Awaited<ReturnType<typeof transport>>): string =>
  status.conditions?.find(({ type }) => type === 'Progressing')?.reason ?? '';

describeWithEngine('a network of a running city', () => {
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'civitas-grow-'));
    city = await startCity(home);
  }, 120_000);

  afterAll(async () => {
    await city?.stop();
    rmSync(home, { recursive: true, force: true });
  }, 30_000);

  test('grows from one embedded validator to four of three organisations, while cases go over its links and its operator is killed', async () => {
    const born = await transport();
    expect(born.engine).toBe('embedded');
    const cases = keepPlaying(home, 'grow');
    const growth = civitas(home, 'network', 'grow', 'transport', '--validators', '4', '--yes');
    await waitFor('a newcomer', async () => progressOf(await transport()) === 'CatchingUp', GROWN_WITHIN_MS);
    const operator = findPodProcess(home, 'civitas-operator');
    if (operator === undefined) throw new Error('the operator does not run');
    process.kill(operator, 'SIGKILL');

    const { code, stdout } = await growth;
    expect(code).toBe(0);
    const steps = stdout.split('\n').flatMap((line) => /^([A-Z]\w+): /.exec(line)?.[1] ?? []);
    expect(steps[0]).toBe('HandingOver');
    expect(steps).toContain('CatchingUp');
    const { played, failed } = await cases.stop();
    expect(failed).toEqual([]);
    expect(played).toBeGreaterThan(1);

    const grown = await transport();
    expect([grown.engine, grown.genesisHash]).toEqual(['cometbft', born.genesisHash]);
    const set = JSON.parse((await civitas(home, 'network', 'validators', '-n', 'transport', '--json')).stdout);
    const validators: readonly { node: string; organisation: string; standing: string }[] = set.validators;
    expect(validators.map(({ standing }) => standing)).toEqual(['active', 'active', 'active', 'active']);
    expect(new Set(validators.map(({ organisation }) => organisation)).size).toBe(3);
    expect(validators.find(({ node }) => node === 'transport-0')?.organisation).toBe('traffic-police');

    const last = join(home, `grow-${played - 1}.json`);
    const empty = mkdtempSync(join(tmpdir(), 'civitas-empty-'));
    expect((await civitasOffline(empty, 'verify', last)).code).toBe(0);
    rmSync(empty, { recursive: true });
    expect(readFileSync(last, 'utf8')).toContain(readReady(home).networks.find(({ name }) => name === 'transport')?.chainId);
  }, 180_000);
});
