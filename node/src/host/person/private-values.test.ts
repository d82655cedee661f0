import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '@civitas/canon';
import { aKeyPair } from '@civitas/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { VaultStore } from '../vault/vault-store.ts';
import { PRIVATE_VALUES_MAX } from './limits.ts';
import { keepPrivateValues, type PrivateValues } from './private-values.ts';

let folder: string;
let vault: VaultStore;
const KEY = new Uint8Array(16).fill(5);
const PLATE = '京A·CANARY';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'private-values-'));
  const signer = aKeyPair('traffic-police');
  vault = new VaultStore({ folder, organisation: 'traffic-police', vaultKey: new Uint8Array(32), signer, nowUnixMs: () => 0 });
});
afterEach(async () => {
  await vault.close();
  rmSync(folder, { recursive: true });
});

const values: PrivateValues = {
  subjectField: 'vehicle',
  collection: 'evidence',
  referenceField: 'reference',
  values: [
    { field: 'vehicle', standIn: 'pseudonym', value: PLATE },
    { field: 'evidence', standIn: 'commitment', value: { sha256: 'abc' } },
  ],
};

function keep(changed: Partial<PrivateValues> = {}, more: { args?: JsonObject; key?: Uint8Array; secret?: number } = {}) {
  const gateway = { organisation: 'traffic-police', subjectIndexKey: new Uint8Array(32).fill(more.secret ?? 1) };
  return keepPrivateValues({ gateway, vault, idempotencyKey: more.key ?? KEY }, { ...values, ...changed }, more.args ?? { article: 157 });
}

async function argsOf(kept: ReturnType<typeof keep>): Promise<JsonObject> {
  const result = await kept;
  if (!result.ok) throw new Error(result.refusal.code);
  return result.value;
}

test('arguments say what stands for a private value, and the vault opens it', async () => {
  const args = await argsOf(keep());

  expect(Object.keys(args).sort()).toEqual(['article', 'evidence', 'reference', 'vehicle']);
  expect(args['vehicle']).toMatch(/^[A-Za-z0-9_-]{21}[AQgw]$/);
  expect(JSON.stringify(args)).not.toContain('CANARY');
  const opened = vault.read(String(args['reference']));
  expect(opened).toMatchObject({ ok: true, value: { record: { subject: args['vehicle'] } } });
  const evidence = opened.ok ? opened.value.fields.find(({ name }) => name === 'evidence') : undefined;
  expect(evidence).toMatchObject({ value: { sha256: 'abc' }, commitment: args['evidence'] });
});

test('a nullifier tells the same string again, and has nothing in common with its pseudonym', async () => {
  const bill = (text: string, standIn: 'nullifier' | 'pseudonym') =>
    argsOf(
      keep(
        { values: [{ field: 'bill', standIn, value: text }], subjectField: 'subject' },
        { args: { subject: 's' }, key: new Uint8Array(16).fill(text.length + standIn.length) },
      ),
    );
  const { bill: first } = await bill('bill-1', 'nullifier');

  expect(first).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect((await bill('bill-1', 'nullifier'))['bill']).toBe(first);
  expect((await bill('bill-22', 'nullifier'))['bill']).not.toBe(first);
  expect(String(first).startsWith(String((await bill('bill-1', 'pseudonym'))['bill']).slice(0, 21))).toBe(false);
});

test('the same wish again has the same arguments; another wish about the same thing has its pseudonym and other commitments', async () => {
  const first = await argsOf(keep());

  expect(await argsOf(keep())).toEqual(first);
  const other = await argsOf(keep({}, { key: new Uint8Array(16).fill(6) }));
  expect(other['vehicle']).toBe(first['vehicle']);
  expect(other['evidence']).not.toBe(first['evidence']);
  expect((await argsOf(keep({ collection: 'other' }, { key: new Uint8Array(16).fill(7) })))['vehicle']).not.toBe(first['vehicle']);
  expect((await argsOf(keep({}, { key: new Uint8Array(16).fill(8), secret: 2 })))['vehicle']).not.toBe(first['vehicle']);
});

test('other values under the same key are refused, and so is a subject that was erased', async () => {
  const { vehicle } = await argsOf(keep());
  const [first, second] = values.values;
  if (first === undefined || second === undefined) throw new Error('two values');

  expect(await keep({ values: [first, { ...second, value: { sha256: 'def' } }] })).toMatchObject({ refusal: { code: 'DUPLICATE' } });
  await vault.erase(String(vehicle));
  expect(await keep()).toMatchObject({ refusal: { code: 'ERASED' } });
});

test.each([
  ['no values', { values: [] }, {}],
  [
    'too many values',
    { values: Array.from({ length: PRIVATE_VALUES_MAX + 1 }, (_, at) => ({ field: `f${at}`, standIn: 'commitment', value: 1 }) as const) },
    {},
  ],
  ['an argument that is there already', {}, { vehicle: 'mine' }],
  ['one field twice', { values: [...values.values, ...values.values] }, {}],
  ['a subject that is no argument', { subjectField: 'nobody' }, {}],
  ['a collection that is no name', { collection: '../x' }, {}],
  ['a pseudonym of no string', { values: [{ field: 'vehicle', standIn: 'pseudonym', value: 7 } as const] }, {}],
] as const)('%s: refused', async (_, changed, args) => {
  const refused = await keep(changed, { args });
  expect(refused).toMatchObject({ refusal: { code: 'MALFORMED' } });
  expect(JSON.stringify(refused)).not.toContain('CANARY');
});
