import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@civitas/testkit';
import { afterAll, expect, test } from '@jest/globals';
import { WRAPPED_KEY_BYTES } from './limits.ts';
import { type FolderOperation, parseFolderStrace, RECORDED_CALLS, RecordedFolder, type Survival } from './recorded-folder.fixture.ts';
import { subjectFilePath } from './subject-file.ts';
import { openTestVault, recordOf, subjectOf } from './vault-of-images.fixture.ts';

const CHILD = fileURLToPath(new URL('./vault-writer.fixture.ts', import.meta.url));
const SEED = Number(process.env['CIVITAS_SEED'] ?? 4);
const IMAGES = Number(process.env['CIVITAS_IMAGES'] ?? 100);
const ROUNDS = 8;
const SURVIVALS: readonly Survival[] = ['dropped', 'kept', 'torn'];
const hasStrace = spawnSync('strace', ['-V']).status === 0;
if (!hasStrace && process.env['CI'] === 'true') throw new Error('crash images need strace (apt install strace)');
if (!hasStrace) process.stderr.write('SKIPPED: crash images of vaults need strace (apt install strace)\n');
const withStrace = hasStrace ? test : test.skip;
// Images are opened in memory where there is such a file system: what their recovery syncs is not what is tested.
const IMAGE_FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function aFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'civitas-vault-'));
  folders.push(folder);
  return folder;
}

/** What the vault had promised when the power went. */
class Promised {
  /** References that it was asked to store, with the commitment once it has answered. */
  readonly stored = new Map<string, string | undefined>();
  readonly erasing = new Set<string>();
  readonly erased = new Set<string>();

  note(line: string): void {
    const [what, of = '', commitment] = line.split(' ');
    if (what === 'storing' || what === 'stored') this.stored.set(of, commitment);
    if (what === 'erasing') this.erasing.add(of);
    if (what === 'erased') this.erased.add(of);
  }
}

function record(): FolderOperation[] {
  const root = aFolder();
  const [folder, log, trace] = [join(root, 'vault'), join(root, 'promises'), join(root, 'strace')];
  mkdirSync(folder);
  const options = ['-f', '-y', '-xx', '-s', '16777216', '-e', `trace=${RECORDED_CALLS}`, '-o', trace];
  const child = [process.execPath, '--no-warnings', CHILD, folder, log, String(ROUNDS)];
  const { status, stderr } = spawnSync('strace', [...options, ...child], { encoding: 'utf8', timeout: 60_000 });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return parseFolderStrace(readFileSync(trace, 'utf8'), { folder, log });
}

/** Every byte of every file below a folder. */
function bytesBelow(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Buffer.concat(files.map((entry) => readFileSync(join(entry.parentPath, entry.name))));
}

/** The wrapped keys of a subject that were ever written. */
function keysOf(subject: string, operations: readonly FolderOperation[]): readonly Buffer[] {
  const path = relative('/v', subjectFilePath('/v', subject));
  return operations.flatMap((operation) =>
    operation.kind === 'write' && operation.path === path && operation.offset === 0 ? [operation.bytes.subarray(0, WRAPPED_KEY_BYTES)] : [],
  );
}

/** Opens what a crash left, checks it against what was promised, and goes on with it. */
async function check(folder: string, promised: Promised, keys: ReadonlyMap<string, readonly Buffer[]>): Promise<void> {
  const bytes = bytesBelow(folder);
  const left = [...promised.erased].filter((subject) => keys.get(subject)?.some((key) => bytes.includes(key)));
  expect(left).toEqual([]);
  const vault = openTestVault(folder);
  const mayGo = (reference: string): boolean => promised.erasing.has(subjectOf(reference));
  const readable = new Set<string>();
  for (const [reference, commitment] of promised.stored) {
    const read = vault.read(reference);
    if (read.ok) readable.add(reference);
    if (read.ok) expect(read.value.record).toEqual(recordOf(reference));
    if (read.ok && commitment !== undefined) expect(read.value.fields[0]?.commitment).toBe(commitment);
    if (commitment !== undefined && !mayGo(reference)) expect({ reference, isThere: read.ok }).toEqual({ reference, isThere: true });
    if (promised.erased.has(subjectOf(reference))) expect({ reference, isThere: read.ok }).toEqual({ reference, isThere: false });
  }
  for (const [reference, commitment] of promised.stored) {
    const [again] = await vault.put([{ reference, record: recordOf(reference) }]);
    const isErased = again?.ok === false && again.refusal.code === 'ERASED';
    // Whoever is erased is so as a whole, and stays so.
    if (isErased) expect([mayGo(reference), readable.has(reference)]).toEqual([true, false]);
    else expect(again).toMatchObject({ ok: true, value: commitment === undefined ? {} : { result: commitment } });
    if (promised.erased.has(subjectOf(reference))) expect({ reference, isErased }).toEqual({ reference, isErased: true });
    expect(vault.read(reference).ok).toBe(!isErased);
  }
  await vault.close();
}

withStrace(
  `a vault keeps its promises in ${IMAGES} images of unsynced, torn and reordered writes and names (CIVITAS_SEED=${SEED})`,
  async () => {
    const operations = record();
    const all = new Promised();
    for (const operation of operations) if (operation.kind === 'line') all.note(operation.text);
    expect([all.stored.size, all.erased.size]).toEqual([ROUNDS * 4, ROUNDS / 2]);
    const keys = new Map([...all.erased].map((subject) => [subject, keysOf(subject, operations)]));
    expect([...keys.values()].every(({ length }) => length > 0)).toBe(true);

    const random = seededRandom(SEED);
    const [disk, promised] = [new RecordedFolder(), new Promised()];
    const points = operations.filter(({ kind }) => kind !== 'line').length;
    let [made, passed] = [0, 0];
    for (const operation of operations) {
      if (operation.kind === 'line') {
        promised.note(operation.text);
        continue;
      }
      passed++;
      // What syncs may be caught before it is done.
      const isSynced = operation.kind === 'sync' || (operation.kind === 'write' && operation.isDurable);
      if (!isSynced) disk.apply(operation);
      while (made * points < IMAGES * passed) {
        const folder = aFolder(IMAGE_FOLDER);
        disk.writeImage(folder, SURVIVALS[made++ % SURVIVALS.length] ?? 'torn', () => random.nextFraction());
        await check(folder, promised, keys);
        rmSync(folder, { recursive: true, force: true });
      }
      if (isSynced) disk.apply(operation);
    }
    expect(made).toBe(IMAGES);
  },
  // A bound for what hangs: under strace, beside others, an image may take a second.
  300_000 + IMAGES * 1_000,
);
