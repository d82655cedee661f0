import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CryptoPort, Envelope } from '@civitas/canon';
import { sodiumCrypto } from '@civitas/canon/sodium';
import {
  aBundle,
  aNetwork,
  anEnvelope,
  FOUNDERS,
  founderKey,
  signedTogether,
  type TestNetwork,
} from '../node/src/host/ledger/ledger-fixture.ts';
import { openBenchHost } from './bench-host.ts';
import { documentArguments } from './documents.ts';

const START_UNIX_MS = Date.now();
const SHARED_OPERATIONS = 64;
const TICK_MICROS = 10_000;
const WINDOWS = 5;

interface ValidatorOptions {
  readonly records: number;
  readonly blockOperations: number;
  readonly shared: boolean;
  readonly say: (line: string) => void;
}

interface BundleFile {
  readonly path: string;
  readonly sizes: readonly number[];
}

// One signature for everything: who reads the file takes every signature for valid, which is none of this figure's.
const signature = founderKey.sign(new Uint8Array(1));
const anySigner = { ...founderKey, sign: () => signature };
const takesAll: CryptoPort = { sha256: sodiumCrypto.sha256, verifyEd25519: () => true };

function aDocument(network: TestNetwork): Envelope {
  return anEnvelope(network, {
    contract: 'health.index@v1',
    method: 'register',
    role: 'custodian',
    key: anySigner,
    args: documentArguments(),
    intent: new Uint8Array(randomBytes(16)),
    expiresAtUnixMs: START_UNIX_MS + 3_000_000,
  });
}

/** Written beforehand, so that making operations costs the measured part nothing. */
function writeBundles(network: TestNetwork, path: string, { records, blockOperations, shared }: ValidatorOptions): BundleFile {
  const file = openSync(path, 'w');
  const sizes: number[] = [];
  const perBundle = shared ? SHARED_OPERATIONS : Math.min(blockOperations, 160);
  for (let made = 0; made < records; made += perBundle) {
    const single = Array.from({ length: perBundle }, () => aDocument(network));
    const bytes = aBundle(network, shared ? signedTogether(network, single, anySigner) : single);
    sizes.push(bytes.length);
    writeSync(file, bytes);
  }
  closeSync(file);
  return { path, sizes };
}

/** CPU by thread name so far, µs. */
function threadMicros(): Map<string, number> {
  const micros = new Map<string, number>();
  for (const id of readdirSync('/proc/self/task')) {
    const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const name = Number(id) === process.pid ? 'main' : stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    micros.set(name, (micros.get(name) ?? 0) + (Number(fields[11]) + Number(fields[12])) * TICK_MICROS);
  }
  return micros;
}

interface Usage {
  readonly cpuMicros: number;
  readonly threads: ReadonlyMap<string, number>;
  readonly wallMs: number;
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system, threads: threadMicros(), wallMs: performance.now() };
}

function perOperation(before: Usage, after: Usage, operations: number): object {
  const tenths = (value: number): number => Math.round((value / operations) * 10) / 10;
  const byThread = [...after.threads].map(([name, micros]) => [name, tenths(micros - (before.threads.get(name) ?? 0))] as const);
  return {
    cpuMicros: tenths(after.cpuMicros - before.cpuMicros),
    byThread: Object.fromEntries(byThread.filter(([, micros]) => micros >= 0.1)),
    wallMicros: tenths((after.wallMs - before.wallMs) * 1000),
  };
}

/** CPU of an operation at one validator alone, in process, while its ledger grows: decode, execute, hash the state, store. */
export async function benchValidator(options: ValidatorOptions): Promise<object> {
  const { blockOperations, shared, say } = options;
  const folder = mkdtempSync(join(tmpdir(), 'civitas-bench-'));
  const founders = FOUNDERS.map((founder) => (founder.name === 'founder' ? { ...founder, roles: ['member', 'custodian'] } : founder));
  const limits = { operationsPerSecondPerOrganisation: 1_000_000, linkPacketsPerMinute: 1000 };
  const network = aNetwork('jincheng-health-1', { contracts: ['health.index@v1'], founders, limits }, START_UNIX_MS);
  say(`making ${options.records} operations`);
  const { path, sizes } = writeBundles(network, join(folder, 'bundles'), options);
  const perBundle = shared ? SHARED_OPERATIONS : Math.min(blockOperations, 160);
  const perBlock = Math.max(1, Math.round(blockOperations / perBundle));
  const host = await openBenchHost(network, {
    dataDir: join(folder, 'data'),
    crypto: takesAll,
    options: { signing: { granted: () => true, onChange: () => () => undefined }, verifyEd25519: () => Promise.resolve(true) },
  });
  const file = openSync(path, 'r');
  const windows: object[] = [];
  try {
    const perWindow = Math.floor(sizes.length / WINDOWS);
    for (let at = 0, from = 0, before = usage(); at < perWindow * WINDOWS; ) {
      const block = sizes.slice(at, Math.min(at + perBlock, (windows.length + 1) * perWindow));
      const bundles = block.map((size) => {
        const bytes = new Uint8Array(size);
        readSync(file, bytes);
        return bytes;
      });
      const receipts = (await Promise.all(bundles.map((bytes) => host.submit(bytes)))).flat();
      at += block.length;
      if (receipts.length !== block.length * perBundle) throw new Error('operations without receipts');
      if (at % perWindow !== 0) continue;
      const after = usage();
      const figures = {
        records: at * perBundle,
        ...perOperation(before, after, (at - from) * perBundle),
        storeBytes: host.status().storeBytes,
      };
      say(JSON.stringify(figures));
      windows.push(figures);
      [from, before] = [at, usage()];
    }
    return { blockOperations, shared, bodyBytes: Math.round(statSync(path).size / (sizes.length * perBundle)), windows };
  } finally {
    closeSync(file);
    await host.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
