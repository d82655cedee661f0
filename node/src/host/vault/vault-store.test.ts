import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { base64urlDecode, commitmentOf, type Json, type JsonObject, type Result } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { aKeyPair } from '@civitas/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { open as openLmdb } from 'lmdb';
import {
  DOCUMENT_CHARS_MAX,
  FIELD_BYTES_MAX,
  FIELDS_MAX,
  ITEMS_MAX,
  NAME_CHARS_MAX,
  UNBORN_INDEX_BYTES_MAX,
  WRAPPED_KEY_BYTES,
} from './limits.ts';
import { subjectFilePath } from './subject-file.ts';
import { VaultMethods } from './vault-methods.ts';
import { VaultStore } from './vault-store.ts';

const CHAIN = 'jincheng-health-1';
const ACCESS_KEY = 'health.access/records/r1';
let folder: string;
let vault: VaultStore;
let records: Record<string, JsonObject>;
let methods: VaultMethods;

function openVault(): void {
  const vaultKey = new Uint8Array(32).fill(1);
  vault = new VaultStore({ folder, organisation: 'hospital-1', vaultKey, signer: aKeyPair('hospital-1'), nowUnixMs: () => 5 });
  methods = new VaultMethods({ organisation: 'hospital-1', chainId: CHAIN, vault, ledger: { read: (key) => records[key] } });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vault-'));
  records = {};
  openVault();
});

afterEach(async () => {
  await vault.close();
  rmSync(folder, { recursive: true });
});

const codeOf = (result: { ok: boolean; refusal?: { code: string } }): string => (result.ok ? 'ok' : (result.refusal?.code ?? ''));
const putMany = (items: readonly JsonObject[], caller = 'hospital-1') => methods.put({ caller, args: { items: [...items] } });

interface ItemAnswer {
  readonly ok: boolean;
  readonly refusal?: { readonly code: string };
  readonly commitments?: { readonly result: string };
}

function itemsOf(answer: Result<Json>): readonly ItemAnswer[] {
  const value: { items: ItemAnswer[] } = JSON.parse(JSON.stringify(answer.ok ? answer.value : { items: [] }));
  return value.items;
}

/** The answer about the one item, or the refusal of the whole call. */
async function put(item: JsonObject, caller = 'hospital-1'): Promise<ItemAnswer> {
  const answer = await putMany([item], caller);
  return answer.ok ? (itemsOf(answer)[0] ?? { ok: false }) : answer;
}

const aPut = (overrides: JsonObject = {}): JsonObject => ({
  subject: 's1',
  collection: 'attestations',
  fields: [{ name: 'result', value: { answer: true, amountBand: '50k-200k' } }],
  reference: 'ref-1',
  ...overrides,
});

async function commitmentOfPut(args: JsonObject): Promise<string> {
  const answer = await put(args);
  if (answer.commitments === undefined) throw new Error(answer.refusal?.code);
  return answer.commitments.result;
}

test('a value comes back with the salt that opens its commitment', async () => {
  const commitment = await commitmentOfPut(aPut());
  const opened = await methods.open({ caller: 'hospital-1', args: { reference: 'ref-1' } });
  if (!opened.ok) throw new Error(opened.refusal.code);
  const [field] = (opened.value as { fields: { value: JsonObject; salt: string }[] }).fields;

  const recomputed = commitmentOf(nodeCrypto.sha256, base64urlDecode(field?.salt ?? '') ?? new Uint8Array(0), field?.value ?? null);
  expect(recomputed).toEqual(base64urlDecode(commitment));
});

test('the same content under the same reference answers the same commitments, other content is refused with DUPLICATE', async () => {
  const first = await commitmentOfPut(aPut());

  expect(await commitmentOfPut(aPut())).toBe(first);
  expect(codeOf(await put(aPut({ fields: [{ name: 'result', value: { answer: false } }] })))).toBe('DUPLICATE');
});

test('equal values of two people have unrelated commitments', async () => {
  const one = await commitmentOfPut(aPut());

  expect(await commitmentOfPut(aPut({ subject: 's2', reference: 'ref-2' }))).not.toBe(one);
});

test('another organisation neither stores nor opens nor erases here', async () => {
  await put(aPut());
  const caller = 'fund-centre';

  expect(codeOf(await put(aPut({ reference: 'x' }), caller))).toBe('NOT_AUTHORISED');
  expect(codeOf(await methods.open({ caller, args: { reference: 'ref-1' } }))).toBe('NOT_AUTHORISED');
  expect(codeOf(await methods.erase({ caller, args: { subject: 's1' } }))).toBe('NOT_AUTHORISED');
});

test('a value is handed out only to the requester of a released record with its commitment, as often as it asks', async () => {
  const commitment = await commitmentOfPut(aPut());
  const released = { requester: 'fund-centre', custodian: 'hospital-1', reference: 'ref-1', status: 'released', commitment };
  const collect = (record: JsonObject | undefined, caller = 'fund-centre') => {
    if (record === undefined) delete records[ACCESS_KEY];
    else records[ACCESS_KEY] = record;
    return methods.collect({ caller, args: { network: CHAIN, accessKey: ACCESS_KEY, reference: 'ref-1' } });
  };

  expect(codeOf(await collect(undefined))).toBe('NOT_FOUND');
  expect(codeOf(await collect({ ...released, status: 'waiting' }))).toBe('NOT_RELEASED');
  expect(codeOf(await collect(released, 'bank-1'))).toBe('NOT_FOUND');
  expect(codeOf(await collect({ ...released, custodian: 'hospital-2' }))).toBe('NOT_FOUND');
  expect(codeOf(await collect({ ...released, reference: 'ref-2' }))).toBe('NOT_FOUND');
  expect(codeOf(await collect({ ...released, commitment: 'A'.repeat(43) }))).toBe('COMMITMENT_MISMATCH');
  expect(await collect(released)).toMatchObject({ ok: true, value: { value: { answer: true } } });
  expect((await collect(released)).ok).toBe(true);
});

test('a record of another network or another kind releases nothing', async () => {
  const args = { network: CHAIN, accessKey: ACCESS_KEY, reference: 'ref-1' };

  expect(codeOf(await methods.collect({ caller: 'fund-centre', args: { ...args, network: 'jincheng-city-1' } }))).toBe('WRONG_NETWORK');
  expect(codeOf(await methods.collect({ caller: 'fund-centre', args: { ...args, accessKey: 'health.index/documents/a' } }))).toBe(
    'ARGS_INVALID',
  );
});

test('erasing a subject leaves a signed tombstone and nothing that opens', async () => {
  await put(aPut());
  const erased = await methods.erase({ caller: 'hospital-1', args: { subject: 's1' } });
  const again = await methods.erase({ caller: 'hospital-1', args: { subject: 's1' } });

  expect(erased).toMatchObject({ ok: true, value: { tombstone: { subject: 's1', erasedAtUnixMs: 5, organisation: 'hospital-1' } } });
  expect(again).toEqual(erased);
  expect(codeOf(vault.read('ref-1'))).toBe('NOT_FOUND');
  expect(codeOf(await put(aPut({ reference: 'ref-9' })))).toBe('ERASED');
});

test('more fields or a larger value than allowed are refused with ARGS_INVALID and nothing is stored', async () => {
  const many = Array.from({ length: FIELDS_MAX + 1 }, (_, i) => ({ name: `f${i}`, value: 1 }));

  expect(codeOf(await put(aPut({ fields: many })))).toBe('ARGS_INVALID');
  expect(codeOf(await put(aPut({ fields: [{ name: 'f', value: 'x'.repeat(FIELD_BYTES_MAX) }] })))).toBe('ARGS_INVALID');
  expect(
    codeOf(
      await put(
        aPut({
          fields: [
            { name: 'f', value: 1 },
            { name: 'f', value: 2 },
          ],
        }),
      ),
    ),
  ).toBe('ARGS_INVALID');
  expect(codeOf(vault.read('ref-1'))).toBe('NOT_FOUND');
});

test.each<[string, JsonObject]>([
  ['a longer document than DOCUMENT_CHARS_MAX', { document: 'A'.repeat(DOCUMENT_CHARS_MAX + 1) }],
  ['a document that is not base64url', { document: 'a+b=' }],
  ['a longer name than NAME_CHARS_MAX', { collection: 'c'.repeat(NAME_CHARS_MAX + 1) }],
])('%s is refused with ARGS_INVALID for the whole call, and the value is not told', async (_, change) => {
  const answer = await putMany([aPut(), aPut({ reference: 'ref-2', ...change })]);

  expect(answer).toMatchObject({ ok: false, refusal: { code: 'ARGS_INVALID', facts: { field: expect.stringMatching(/^.items.1/) } } });
  expect(JSON.stringify(answer)).not.toMatch(/AAAA|a\+b=|cccc/);
  expect(vault.read('ref-1').ok).toBe(false);
});

test('many records go in with one call, each with its own answer', async () => {
  await put(aPut({ subject: 's2', reference: 'taken' }));
  await put(aPut({ subject: 's3', reference: 'gone' }));
  await methods.erase({ caller: 'hospital-1', args: { subject: 's3' } });

  const answer = await putMany([
    aPut({ reference: 'a' }),
    aPut({ reference: 'a' }),
    aPut({ reference: 'a', collection: 'other' }),
    aPut({ reference: 'taken' }),
    aPut({ subject: 's3', reference: 'new' }),
    aPut({ subject: 's4', reference: 'b' }),
  ]);

  expect(itemsOf(answer).map(codeOf)).toEqual(['ok', 'ok', 'DUPLICATE', 'DUPLICATE', 'ERASED', 'ok']);
  expect([vault.read('a').ok, vault.read('b').ok, vault.read('new').ok]).toEqual([true, true, false]);
});

test('one reference for two subjects at one time goes to one of them', async () => {
  const answers = await Promise.all(['s1', 's2', 's3'].map((subject) => put(aPut({ subject }))));

  expect(answers.map(codeOf).sort()).toEqual(['DUPLICATE', 'DUPLICATE', 'ok']);
  expect(vault.read('ref-1').ok).toBe(true);
});

test('no record at all, or more than ITEMS_MAX, is refused with ARGS_INVALID and nothing is stored', async () => {
  const items = Array.from({ length: ITEMS_MAX + 1 }, (_, at) => aPut({ reference: `r${at}` }));

  expect(codeOf(await putMany([]))).toBe('ARGS_INVALID');
  expect(codeOf(await putMany(items))).toBe('ARGS_INVALID');
  expect(vault.read('r0').ok).toBe(false);
  expect((await putMany(items.slice(1))).ok).toBe(true);
});

/** Every byte of every file under the vault's folder. */
function bytesOnDisk(): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Buffer.concat(files.map((entry) => readFileSync(join(entry.parentPath, entry.name))));
}

test('what was stored is there after a restart, and nothing of it stands in clear on disk', async () => {
  await put(aPut({ fields: [{ name: 'result', value: 'CANARY-VALUE' }], document: 'Q0FOQVJZLURPQ1VNRU5U' }));
  await vault.close();
  const bytes = bytesOnDisk().toString('latin1');
  openVault();

  expect(bytes).not.toMatch(/CANARY|Q0FOQVJZ/);
  expect(vault.read('ref-1').ok).toBe(true);
});

test('after an erasure neither the wrapped key nor any ciphertext is in any file, nor where the subject’s file stood', async () => {
  await putMany([aPut(), aPut({ reference: 'ref-2', document: 'Q0FOQVJZ'.repeat(1_000) }), aPut({ subject: 's2', reference: 'other' })]);
  await put(aPut({ reference: 'ref-3' }));
  const path = subjectFilePath(folder, 's1');
  const sealed = readFileSync(path);
  const pieces = Array.from({ length: Math.floor(sealed.length / 16) }, (_, at) => sealed.subarray(at * 16, at * 16 + 16));
  const before = bytesOnDisk();
  expect(pieces.every((piece) => before.includes(piece))).toBe(true);
  const held = openSync(path, 'r');

  await methods.erase({ caller: 'hospital-1', args: { subject: 's1' } });

  const left = bytesOnDisk();
  expect(pieces.filter((piece) => left.includes(piece))).toEqual([]);
  const overwritten = readFileSync(held);
  closeSync(held);
  expect(overwritten.length).toBe(sealed.length);
  expect(pieces.filter((piece) => overwritten.includes(piece))).toEqual([]);
  expect(vault.read('other').ok).toBe(true);
});

test('an erasure that was cut short is finished at the next opening', async () => {
  await put(aPut());
  const path = subjectFilePath(folder, 's1');
  const sealed = readFileSync(path);
  // A folder in the file's place makes the overwriting fail once the tombstone stands.
  rmSync(path);
  mkdirSync(path);
  await expect(vault.erase('s1')).rejects.toThrow('EISDIR');
  expect(codeOf(vault.read('ref-1'))).toBe('ERASED');
  rmSync(path, { recursive: true });
  writeFileSync(path, sealed);
  await vault.close();

  openVault();

  expect(existsSync(path)).toBe(false);
  expect([codeOf(vault.read('ref-1')), codeOf(await put(aPut()))]).toEqual(['NOT_FOUND', 'ERASED']);
});

test('an index cut short before its first record is made anew', async () => {
  await vault.close();
  writeFileSync(join(folder, 'data.mdb'), new Uint8Array(UNBORN_INDEX_BYTES_MAX));
  openVault();

  expect((await put(aPut())).ok).toBe(true);
  await vault.close();
  openVault();
  expect(vault.read('ref-1').ok).toBe(true);
});

test('a vault that another release left with an open flush is read as it is', async () => {
  await vault.close();
  const path = join(folder, 'data.mdb');
  rmSync(path);
  const earlier = openLmdb<unknown, string[]>({ path: folder, encoding: 'msgpack' });
  await earlier.put(['tombstone', 's1'], { subject: 's1' });
  await earlier.close();
  openVault();

  expect(codeOf(await put(aPut()))).toBe('ERASED');
});

test('a subject’s file that is gone is a fault, neither an erasure nor a new beginning', async () => {
  await put(aPut());
  rmSync(subjectFilePath(folder, 's1'));

  expect(() => vault.read('ref-1')).toThrow('ENOENT');
  await expect(put(aPut({ reference: 'ref-2' }))).rejects.toThrow('ENOENT');
});

test('a first record that a crash left torn is overwritten, for nothing was sealed under its key', async () => {
  const path = subjectFilePath(folder, 's1');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, new Uint8Array(1_000).fill(7));
  const held = openSync(path, 'r');

  expect((await put(aPut())).ok).toBe(true);
  expect(vault.read('ref-1').ok).toBe(true);
  expect(readFileSync(held).includes(Buffer.alloc(16, 7))).toBe(false);
  closeSync(held);
});

test('a subject’s file cut short before its first record is begun again', async () => {
  const path = subjectFilePath(folder, 's1');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, new Uint8Array(WRAPPED_KEY_BYTES - 1));

  expect((await put(aPut())).ok).toBe(true);
  expect(vault.read('ref-1').ok).toBe(true);
});

test('what a crash left half written behind the last record is passed over', async () => {
  await put(aPut());
  appendFileSync(subjectFilePath(folder, 's1'), new Uint8Array(7));

  expect((await put(aPut({ reference: 'ref-2' }))).ok).toBe(true);
  expect([vault.read('ref-1').ok, vault.read('ref-2').ok]).toEqual([true, true]);
});
