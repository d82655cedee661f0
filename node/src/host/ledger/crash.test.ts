import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { base64urlDecode, base64urlEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { decodeLightBlock } from '@civitas/proofs';
import { seededRandom } from '@civitas/testkit';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { EngineStep } from '../engine/engine.ts';
import { aNetwork, probe } from './ledger-fixture.ts';
import { openLedgerHost } from './open-ledger-host.ts';

const CHILD = fileURLToPath(new URL('./crash.fixture.ts', import.meta.url));
const network = aNetwork('jincheng-health-1', {}, 1_767_225_600_000);
const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Said {
  readonly acknowledged: { id: string; hash: string; height: number }[];
  readonly blocks: Map<string, string>;
  /** Hashes of signed votes by height. */
  readonly signed: Map<string, Set<string>>;
}

function note(said: Said, lines: string): void {
  let height = '';
  for (const line of lines.split('\n').slice(0, -1)) {
    const [what, first = '', second = '', third = ''] = line.split(' ');
    if (what === 'ack') said.acknowledged.push({ id: first, hash: second, height: Number(third) });
    if (what === 'block') said.blocks.set(first, second);
    if (what === 'height') height = first;
    if (what === 'signed') said.signed.set(height, (said.signed.get(height) ?? new Set()).add(first));
  }
}

/** Runs the child until it dies: by its own hand at a step, or killed after a while. */
function runChild(args: readonly string[], said: Said, killAfterMs?: number): Promise<void> {
  const child = spawn(process.execPath, ['--no-warnings', CHILD, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let armed = false;
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString('utf8');
    if (armed || killAfterMs === undefined || !output.includes('ack')) return;
    armed = true;
    setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  });
  return new Promise((resolve) => {
    child.on('close', () => {
      note(said, output);
      resolve();
    });
  });
}

async function check(folder: string, said: Said): Promise<void> {
  const host = await openLedgerHost({
    dataDir: folder,
    genesis: network.genesisBytes,
    consensusKey: { publicKey: network.consensus.publicKey, sign: (message) => network.consensus.sign(message) },
    crypto: nodeCrypto,
    clock: { nowUnixMs: Date.now, setTimer: () => () => undefined },
    log: { error: () => undefined },
    options: { signing: { granted: () => false, onChange: () => () => undefined }, contracts: [probe] },
  });
  for (const { id, hash, height } of said.acknowledged) {
    expect({ id, record: host.read(`test.probe/items/${id}`) }).toEqual({ id, record: { value: id } });
    expect(host.findReceipt(base64urlDecode(hash) ?? new Uint8Array())?.height).toBe(height);
  }
  for (const [height, hash] of said.blocks) {
    const light = decodeLightBlock(new Uint8Array(host.lightBlock(Number(height)) ?? []));
    expect({ height, hash: light.ok && base64urlEncode(light.value.commit.blockId.hash) }).toEqual({ height, hash });
  }
  for (const [height, votes] of said.signed) expect({ height, votes: votes.size }).toEqual({ height, votes: 1 });
  expect(await host.verify()).toMatchObject({ ok: true });
  await host.close();
}

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-crash-'));
  folders.push(folder);
  return folder;
}

const nothing = (): Said => ({ acknowledged: [], blocks: new Map(), signed: new Map() });

describe('kill -9', () => {
  test('at each named step loses no acknowledged operation and never signs two blocks at one height', async () => {
    const folder = aFolder();
    const said = nothing();
    const steps: EngineStep[] = ['proposing', 'persisted', 'signed', 'executed', 'committed'];
    for (const [run, step] of steps.entries()) {
      await runChild([folder, `s${run}`, step, '6'], said);
      await check(folder, said);
    }
    expect(said.acknowledged.length).toBeGreaterThan(10);
  }, 120_000);

  test('at random moments loses no acknowledged operation and brings the same root back', async () => {
    const folder = aFolder();
    const said = nothing();
    const random = seededRandom(Number(process.env['CIVITAS_SEED'] ?? 7));
    for (let run = 0; run < 5; run++) {
      await runChild([folder, `r${run}`], said, random.nextInt(120));
      await check(folder, said);
    }
    // One a run at least: each child is killed some time after its first.
    expect(said.acknowledged.length).toBeGreaterThanOrEqual(5);
  }, 120_000);
});
