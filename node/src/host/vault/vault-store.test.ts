import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64urlDecode, commitmentOf, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { aKeyPair } from '@civitas/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FIELD_BYTES_MAX, FIELDS_MAX } from './limits.ts';
import { VaultMethods } from './vault-methods.ts';
import { VaultStore } from './vault-store.ts';

const CHAIN = 'jincheng-health-1';
const ACCESS_KEY = 'health.access/records/r1';
let folder: string;
let vault: VaultStore;
let records: Record<string, JsonObject>;
let methods: VaultMethods;

function openVault(): VaultStore {
  const vaultKey = new Uint8Array(32).fill(1);
  return new VaultStore({ folder, organisation: 'hospital-1', vaultKey, signer: aKeyPair('hospital-1'), nowUnixMs: () => 5 });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vault-'));
  vault = openVault();
  records = {};
  methods = new VaultMethods({ organisation: 'hospital-1', chainId: CHAIN, vault, ledger: { read: (key) => records[key] } });
});

afterEach(async () => {
  await vault.close();
  rmSync(folder, { recursive: true });
});

const codeOf = (result: { ok: boolean; refusal?: { code: string } }): string => (result.ok ? 'ok' : (result.refusal?.code ?? ''));
const put = (args: JsonObject, caller = 'hospital-1') => methods.put({ caller, args });
const aPut = (overrides: JsonObject = {}): JsonObject => ({
  subject: 's1',
  collection: 'attestations',
  fields: [{ name: 'result', value: { answer: true, amountBand: '50k-200k' } }],
  reference: 'ref-1',
  ...overrides,
});

async function commitmentOfPut(args: JsonObject): Promise<string> {
  const answer = await put(args);
  if (!answer.ok) throw new Error(answer.refusal.code);
  return (answer.value as { commitments: { result: string } }).commitments.result;
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

test('what was stored is there after a restart, and nothing of it stands in clear on disk', async () => {
  await put(aPut({ fields: [{ name: 'result', value: 'CANARY-VALUE' }], document: 'Q0FOQVJZLURPQ1VNRU5U' }));
  await vault.close();
  const bytes = readdirSync(folder).map((file) => readFileSync(join(folder, file)).toString('latin1'));
  vault = openVault();

  expect(bytes.join('')).not.toMatch(/CANARY|Q0FOQVJZ/);
  expect(vault.read('ref-1').ok).toBe(true);
});
