import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { base64urlEncode, hexEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { seededRandom } from '@civitas/testkit';
import { afterAll, describe, expect, test } from '@jest/globals';
import { aNetwork, probe } from '../ledger/ledger-fixture.ts';
import { openLedgerHost } from '../ledger/open-ledger-host.ts';
import { type DiskOperation, parseStrace } from './strace-log.fixture.ts';

const CHILD = fileURLToPath(new URL('./image-writer.fixture.ts', import.meta.url));
const SECTOR = 512;
const CALLS = 'openat,lseek,pwrite64,pwritev,write,writev,fdatasync,fsync,ftruncate';
const SEED = Number(process.env['CIVITAS_SEED'] ?? 4);
const IMAGES = Number(process.env['CIVITAS_IMAGES'] ?? 500);
const network = aNetwork('jincheng-health-1', {}, 1_767_225_600_000);
const folders: string[] = [];
const hasStrace = spawnSync('strace', ['-V']).status === 0;
if (!hasStrace && process.env['CI'] === 'true') throw new Error('crash images need strace (apt install strace)');
if (!hasStrace) process.stderr.write('SKIPPED: crash images and disk faults need strace (apt install strace)\n');
const withStrace = hasStrace ? test : test.skip;

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

// Images are opened in memory where there is such a file system: what their recovery syncs is not what is tested.
const IMAGE_FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

function aFolder(parent: string = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'civitas-image-'));
  folders.push(folder);
  return folder;
}

/** Runs the writer under strace. */
function runWriter(folder: string, options: readonly string[], args: readonly string[]): { code: number | null; error: string } {
  const watched = ['-P', join(folder, 'ledger', 'ledger.mdb'), '-P', join(folder, 'promises')];
  const command = [...options, ...watched, process.execPath, '--no-warnings', CHILD, folder, ...args];
  const { status, stderr } = spawnSync('strace', ['-f', ...command], { encoding: 'utf8', timeout: 60_000 });
  return { code: status, error: stderr };
}

/** What the writer had promised when the power went. */
interface Promised {
  /** Hash of the vote at each height, from 1 on. */
  readonly signed: string[];
  readonly roots: Map<number, string>;
  readonly acknowledged: { readonly height: number; readonly ids: readonly string[] }[];
}

function note(promised: Promised, line: string): void {
  const [what, first = '', ...rest] = line.split(' ');
  // A restart signs its pending block again: the same vote, or the count of heights would no longer fit.
  if (what === 'signed' && promised.signed.at(-1) !== first) promised.signed.push(first);
  if (what === 'root') promised.roots.set(Number(first), rest[0] ?? '');
  if (what === 'ack') promised.acknowledged.push({ height: Number(first), ids: rest });
}

const nothing = (): Promised => ({ signed: [], roots: new Map(), acknowledged: [] });

/** Opens what a crash left, checks it against what was promised, and lets it sign one more block. */
async function check(folder: string, promised: Promised, all: Promised): Promise<void> {
  let granted = false;
  let grant = (): void => undefined;
  const votes: string[] = [];
  const host = await openLedgerHost({
    dataDir: folder,
    genesis: network.genesisBytes,
    consensusKey: {
      publicKey: network.consensus.publicKey,
      sign: (message) => {
        votes.push(base64urlEncode(nodeCrypto.sha256(message)));
        return network.consensus.sign(message);
      },
    },
    crypto: nodeCrypto,
    clock: { nowUnixMs: Date.now, setTimer: () => () => undefined },
    log: { error: () => undefined },
    options: {
      signing: { granted: () => granted, onChange: (listener) => ((grant = listener), () => undefined) },
      contracts: [probe],
    },
  });
  const { height, root } = host.status();
  const last = promised.acknowledged.at(-1)?.height ?? 0;
  expect(height).toBeGreaterThanOrEqual(Math.max(last, ...promised.roots.keys(), 0));
  if (height > 0) expect({ height, root: hexEncode(root) }).toEqual({ height, root: all.roots.get(height) });
  expect(await host.verify()).toMatchObject({ ok: true, root });
  for (const { ids } of promised.acknowledged) {
    for (const id of ids) expect({ id, isThere: host.read(`test.probe/items/${id}`) !== undefined }).toEqual({ id, isThere: true });
  }
  const committed = new Promise<void>((resolve) => void host.onCommit(() => resolve()));
  granted = true;
  grant();
  await committed;
  await host.close();
  const before = promised.signed[height];
  if (before !== undefined) expect({ height: height + 1, vote: votes[0] }).toEqual({ height: height + 1, vote: before });
}

type Write = Extract<DiskOperation, { kind: 'write' }>;

/** A file as far as it is on the disk, and what may or may not be. */
class Disk {
  #durable: Buffer = Buffer.alloc(0);
  pending: Write[] = [];

  apply(operation: DiskOperation): void {
    if (operation.kind === 'truncate') throw new Error('the store was cut, which images do not model');
    if (operation.kind === 'sync') {
      for (const write of this.pending) this.#durable = put(this.#durable, write.offset, write.bytes);
      this.pending = [];
    }
    if (operation.kind !== 'write') return;
    if (operation.isDurable) this.#durable = put(this.#durable, operation.offset, operation.bytes);
    else this.pending.push(operation);
  }

  /** @param isKept asked for each sector of each pending write. */
  image(isKept: (write: Write, sector: number) => boolean): Buffer {
    let image: Buffer = Buffer.from(this.#durable);
    for (const write of this.pending) {
      for (let at = 0; at < write.bytes.length; ) {
        const sector = Math.floor((write.offset + at) / SECTOR);
        const end = Math.min(write.bytes.length, (sector + 1) * SECTOR - write.offset);
        if (isKept(write, sector)) image = put(image, write.offset + at, write.bytes.subarray(at, end));
        at = end;
      }
    }
    return image;
  }
}

function put(file: Buffer, offset: number, bytes: Buffer): Buffer {
  const end = offset + bytes.length;
  const grown = end > file.length ? Buffer.concat([file, Buffer.alloc(end - file.length)]) : file;
  bytes.copy(grown, offset);
  return grown;
}

function writeImage(image: Buffer): string {
  const folder = aFolder(IMAGE_FOLDER);
  mkdirSync(join(folder, 'ledger'));
  writeFileSync(join(folder, 'ledger', 'ledger.mdb'), image);
  return folder;
}

describe('the disk as a crash leaves it', () => {
  withStrace(
    `recovers from ${IMAGES} images of unsynced, torn and reordered writes (CIVITAS_SEED=${SEED})`,
    async () => {
      const recorded = aFolder();
      const log = join(recorded, 'strace');
      const written = runWriter(recorded, ['-y', '-xx', '-s', '16777216', '-e', `trace=${CALLS}`, '-o', log], ['14']);
      expect(written).toMatchObject({ code: 0 });
      const paths = { store: join(recorded, 'ledger', 'ledger.mdb'), log: join(recorded, 'promises') };
      const operations = parseStrace(readFileSync(log, 'utf8'), paths);
      const all = nothing();
      for (const operation of operations) if (operation.kind === 'line') note(all, operation.text);
      expect(all.acknowledged.length).toBe(14);
      const random = seededRandom(SEED);
      const [disk, promised] = [new Disk(), nothing()];
      const seen = { dropped: 0, kept: 0, torn: 0 };
      const points = operations.filter(({ kind }) => kind !== 'line').length;
      let [made, passed] = [0, 0];
      for (const operation of operations) {
        if (operation.kind === 'line') {
          note(promised, operation.text);
          continue;
        }
        // A write that syncs itself may be caught in the middle like any other.
        if (operation.kind === 'write') disk.pending.push(operation);
        passed++;
        while (made * points < IMAGES * passed) {
          const mode = (['dropped', 'kept', 'torn'] as const)[made++ % 3] ?? 'torn';
          seen[mode]++;
          const chance = mode === 'dropped' ? 0 : mode === 'kept' ? 1 : 0.5;
          const image = disk.image(() => random.nextInt(1000) < chance * 1000);
          const folder = writeImage(image);
          await check(folder, promised, all);
          rmSync(folder, { recursive: true, force: true });
        }
        if (operation.kind === 'write') disk.pending.pop();
        disk.apply(operation);
      }
      expect(made).toBe(IMAGES);
      expect(Math.min(seen.dropped, seen.kept, seen.torn)).toBeGreaterThan(IMAGES / 4);
      expect(all.signed.length).toBeGreaterThan(14);
    },
    60_000 + IMAGES * 400,
  );
});

describe('a disk that fails', () => {
  for (const [fault, call] of [
    ['EIO', 'fdatasync'],
    ['EIO', 'writev'],
    ['ENOSPC', 'writev'],
    ['ENOSPC', 'pwrite64'],
  ] as const) {
    withStrace(
      `${fault} of ${call} stops the process, never retried, and it restarts clean with all it acknowledged`,
      async () => {
        const folder = aFolder();
        const nth = 30;
        const failed = runWriter(folder, ['-e', `trace=${call}`, '-e', `inject=${call}:error=${fault}:when=${nth}`], ['30', 'first']);
        expect(failed.code).not.toBe(0);
        // strace shows the failed call once, and nothing of that kind after it: the process did not go on.
        const calls = failed.error.split('\n').filter((line) => line.includes(`${call}(`) || line.includes(`${call} resumed`));
        expect(calls.findIndex((line) => line.includes('(INJECTED)'))).toBeGreaterThan(0);
        // LMDB's undoing of a failed write may harm its own memory, and then the C library ends the process: stopped all the same.
        expect(failed.error).toMatch(/ledger-fault|SIGABRT/);
        const promised = nothing();
        for (const line of readFileSync(join(folder, 'promises'), 'utf8').trim().split('\n')) note(promised, line);
        const again = spawnSync(process.execPath, ['--no-warnings', CHILD, folder, '3', 'second'], { encoding: 'utf8', timeout: 60_000 });
        expect({ code: again.status, error: again.stderr }).toEqual({ code: 0, error: '' });
        const all = nothing();
        for (const line of readFileSync(join(folder, 'promises'), 'utf8').trim().split('\n')) note(all, line);
        expect(all.acknowledged.length).toBe(promised.acknowledged.length + 3);
        await check(folder, all, all);
      },
      120_000,
    );
  }
});
