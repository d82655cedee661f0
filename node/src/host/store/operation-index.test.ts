import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Database, open, type RootDatabase } from 'lmdb';
import { runSteps } from '../../core/steps.ts';
import { OperationIndex } from './operation-index.ts';

const hashOf = (n: number): Buffer => createHash('sha256').update(String(n)).digest();

describe('OperationIndex', () => {
  let folder: string;
  let root: RootDatabase<Buffer, Buffer>;
  let dbs: { runs: Database<Buffer, Buffer>; log: Database<Buffer, Buffer> };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'civitas-index-'));
    root = open<Buffer, Buffer>({ path: join(folder, 'index.mdb'), keyEncoding: 'binary', encoding: 'binary' });
    const openDb = (name: string) => root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary' });
    dbs = { runs: openDb('runs'), log: openDb('log') };
  });

  afterEach(async () => {
    await root.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const anIndex = (runOperationsMax: number): OperationIndex => new OperationIndex(dbs, [1, 3], runOperationsMax);

  const commit = (index: OperationIndex, height: number, hashes: readonly Buffer[]): Promise<unknown> => {
    const encoded = runSteps(index.encode(hashes.map((operationHash, at) => ({ operationHash, index: at }))));
    return root.batch(() => index.put(height, encoded));
  };

  /** Blocks of 0 to 6 operations: the place of each. */
  const fill = async (index: OperationIndex, from: number, to: number): Promise<Map<Buffer, { height: number; index: number }>> => {
    const places = new Map<Buffer, { height: number; index: number }>();
    for (let height = from; height < to; height++) {
      const hashes = Array.from({ length: height % 7 }, (_, at) => hashOf(height * 10 + at));
      await commit(index, height, hashes);
      for (const [at, hash] of hashes.entries()) places.set(hash, { height, index: at });
    }
    return places;
  };

  const expectAll = (index: OperationIndex, places: ReadonlyMap<Buffer, object>): void => {
    for (const [hash, place] of places) expect(index.find(hash)).toEqual(place);
    expect(index.find(Buffer.alloc(32))).toBeUndefined();
    expect(index.find(Buffer.alloc(32, 255))).toBeUndefined();
    expect(index.find(randomBytes(32))).toBeUndefined();
  };

  test('finds operations of every run and of the log, and nothing else, before and after it is opened again', async () => {
    const index = anIndex(20);
    expectAll(index, new Map());
    const places = await fill(index, 1, 60);
    expectAll(index, places);
    expectAll(anIndex(20), places);
    expect(dbs.runs.getKeysCount()).toBeGreaterThan(3);
    const again = anIndex(20);
    const more = await fill(again, 60, 90);
    expectAll(again, new Map([...places, ...more]));
    expectAll(anIndex(20), new Map([...places, ...more]));
  });

  test('a run of many pieces is searched in the right one, also among hashes that begin alike', async () => {
    const index = anIndex(1_000);
    const alike = Array.from({ length: 300 }, (_, n) => Buffer.concat([Buffer.alloc(5, 170), hashOf(n)]));
    const others = Array.from({ length: 900 }, (_, n) => hashOf(n));
    const hashes = [...alike, ...others];
    await commit(index, 7, hashes);
    await commit(index, 8, []);
    expect([dbs.log.getKeysCount(), dbs.runs.getKeysCount()]).toEqual([0, Math.ceil(1_200 / 156)]);
    expectAll(index, new Map(hashes.map((hash, at) => [hash, { height: 7, index: at }])));
  });

  test('a place that no block has is a bug', () => {
    const outside = [{ operationHash: hashOf(1), index: 65_536 }];
    expect(() => runSteps(anIndex(10).encode(outside))).toThrow('no place in a block: 65536');
  });
});
