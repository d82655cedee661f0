// Child of state.ts: one store, one job, one line of JSON; a process of its own so that memory and open time are its alone.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, encodeCanonical, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { applyWrites } from '../node/src/core/ledger/execute-block.ts';
import { PageReader } from '../node/src/core/state/page-store.ts';
import { proveKey } from '../node/src/core/state/prove.ts';
import type { StoredRecord } from '../node/src/core/state/records.ts';
import { EMPTY_ROOT, type TreeRoot } from '../node/src/core/state/tree.ts';
import { DiskRoom } from '../node/src/host/snapshot/disk-room.ts';
import { SnapshotFolder } from '../node/src/host/snapshot/snapshot-folder.ts';
import { takeSnapshot } from '../node/src/host/snapshot/take-snapshot.ts';
import { LedgerStore, NOTHING_PRUNED } from '../node/src/host/store/ledger-store.ts';

const { sha256 } = nodeCrypto;
const [job = '', keysText = '0', batchText = '0', blocksText = '0', folder = ''] = process.argv.slice(2);
const [keys, batch, blocks] = [Number(keysText), Number(batchText), Number(blocksText)];
const RECEIPT = new Uint8Array(280).fill(120);
const startedMs = performance.now();
const store = new LedgerStore(folder);
const reader = new PageReader(store, sha256);
let height = store.readHead()?.height ?? -1;
let root: TreeRoot = height < 0 ? EMPTY_ROOT : (store.readBlockRecord(height)?.root ?? EMPTY_ROOT);

const keyOf = (n: number): string => `health.registry/patients/${n.toString(36).padStart(12, '0')}`;
// Another value in every run, or half of the updates would change nothing.
let salt = (height + 1) * 1_000_000;
function recordOf(n: number): StoredRecord {
  const record: JsonObject = {
    custodian: 'hospital-1',
    hash: 'x'.repeat(43),
    kind: 'admission',
    n,
    salt: salt++,
    status: 'active',
    updatedAtUnixMs: 1_767_225_600_000,
  };
  return { record, bytes: encodeCanonical(record) };
}

let seed = 12_345;
function random(below: number): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
}

let next = keys;
const spent = { tree: 0, commit: 0, commitMain: 0, wallMs: 0 };
const microsOf = ({ user, system }: { user: number; system: number }): number => user + system;

async function commitBlock(picks: readonly number[], withReceipts: boolean): Promise<void> {
  height++;
  const writes = new Map<string, StoredRecord | undefined>();
  for (const n of picks) writes.set(keyOf(n), recordOf(n));
  const receipts = withReceipts
    ? picks.map((n, index) => ({
        index,
        operationHash: sha256(Buffer.from(`${height}.${index}.${n}`)),
        bytes: RECEIPT as Bytes,
        isCharged: true,
      }))
    : [];
  const record = {
    height,
    timeUnixMs: height,
    hash: sha256(new Uint8Array(1)),
    resultsHash: sha256(new Uint8Array(1)),
    bundles: [],
    blockBytes: 0,
  };
  const wall = performance.now();
  const start = process.cpuUsage();
  const tree = applyWrites({ sha256, reader }, root, height, writes);
  spent.tree += microsOf(process.cpuUsage(start));
  const before = process.cpuUsage();
  const mainBefore = process.threadCpuUsage();
  const commit = { record: { ...record, root: tree.root }, block: undefined, writes, tree, receipts, pruned: NOTHING_PRUNED, keptFrom: 0 };
  if (height === 0) await store.writeGenesis({ chainId: 'bench-1', genesisHash: sha256(new Uint8Array(1)) }, commit);
  else await store.writeCommit(commit);
  reader.commit(tree);
  spent.commit += microsOf(process.cpuUsage(before));
  spent.commitMain += microsOf(process.threadCpuUsage(mainBefore));
  spent.wallMs += performance.now() - wall;
  root = tree.root;
}

/** Bytes that this process gave to the kernel to write. */
function writtenBytes(): number {
  return Number(/wchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? 0);
}

function memory(): object {
  const status = readFileSync('/proc/self/status', 'utf8');
  const mb = (name: string): number => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return { rssMb: mb('VmRSS'), ofItMappedFilesMb: mb('RssFile'), peakMb: mb('VmHWM') };
}

/** A snapshot of all there is, nothing else running. */
async function snapshot(): Promise<object> {
  const copy = store.copyState();
  if (copy === undefined) throw new Error('a store with a state');
  const snapshots = new SnapshotFolder(join(folder, 'snapshots'), 1);
  const chain = { chainId: 'bench-1', genesisHash: sha256(new Uint8Array(1)) };
  const room = new DiskRoom(() => Number.POSITIVE_INFINITY);
  const [before, wall] = [process.cpuUsage(), performance.now()];
  await takeSnapshot({ sha256, folder: snapshots, chain, copy, appHash: root.hash, room, signal: new AbortController().signal });
  const [micros, seconds] = [microsOf(process.cpuUsage(before)), (performance.now() - wall) / 1000];
  return { cpuMicrosARecord: micros / keys, seconds, ...memory() };
}

async function run(): Promise<object> {
  if (job === 'load') {
    for (let n = 0; n < keys; n += batch)
      await commitBlock(
        Array.from({ length: Math.min(batch, keys - n) }, (_, i) => n + i),
        false,
      );
    return {
      keys,
      cpuMicrosAKey: (spent.tree + spent.commit) / keys,
      seconds: spent.wallMs / 1000,
      bytesAKey: store.sizeBytes() / keys,
      ...memory(),
    };
  }
  if (job === 'open') {
    proveKey({ sha256, reader }, root, keyOf(1));
    const openMs = performance.now() - startedMs;
    const at = performance.now();
    const proofs = Math.min(20_000, keys);
    for (let i = 0; i < proofs; i++) proveKey({ sha256, reader }, root, keyOf(random(keys)));
    return { openMs, proofMicros: ((performance.now() - at) * 1000) / proofs, ...memory() };
  }
  if (job === 'snapshot') return await snapshot();
  const pick = job === 'insert' ? () => next++ : () => random(keys);
  for (let i = 0; i < Math.ceil(blocks / 2); i++) await commitBlock(Array.from({ length: batch }, pick), job === 'insert');
  Object.assign(spent, { tree: 0, commit: 0, commitMain: 0, wallMs: 0 });
  const bytesBefore = store.sizeBytes();
  const writtenBefore = writtenBytes();
  for (let i = 0; i < blocks; i++) await commitBlock(Array.from({ length: batch }, pick), job === 'insert');
  const count = batch * blocks;
  return {
    job,
    batch,
    treeMicros: spent.tree / count,
    commitMicros: spent.commit / count,
    ofItMainThread: spent.commitMain / count,
    totalMicros: (spent.tree + spent.commit) / count,
    blockMs: spent.wallMs / blocks,
    writtenBytesEach: Math.round((writtenBytes() - writtenBefore) / count),
    diskBytesEach: (store.sizeBytes() - bytesBefore) / count,
    ...memory(),
  };
}

const figures = await run();
await store.close();
process.stdout.write(`${JSON.stringify(figures)}\n`);
