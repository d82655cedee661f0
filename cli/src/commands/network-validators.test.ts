import { Writable } from 'node:stream';
import { base64urlEncode, type JsonObject } from '@civitas/canon';
import type { GetValidatorsResponse, ValidatorStanding } from '@civitas/proto/civitas/node/v1/ledger';
import { aKeyPair } from '@civitas/testkit';
import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { EXIT } from '../exit-codes.ts';
import { openTestParties } from '../flows/testing/test-parties.ts';
import type { LedgerClient } from '../sdk/ledger-client.ts';
import type { Parties } from '../sdk/parties.ts';
import type { Call } from '../sdk/sign-operation.ts';
import { createTerminal } from '../terminal/terminal.ts';
import type { CommandContext } from './context.ts';
import { validatorsCommand } from './network-validators.ts';
import { type ProposeValidatorOptions, proposeValidatorCommand } from './propose-validator.ts';

const keyOf = (n: number): Uint8Array => aKeyPair(`consensus ${n}`).publicKey;

const standing = (n: number, rest: Partial<ValidatorStanding> = {}): ValidatorStanding => ({
  address: new Uint8Array(20).fill(n),
  publicKey: keyOf(n),
  power: 10,
  node: `node-${n}`,
  organisation: 'hospital-1',
  standing: 'active',
  sinceHeight: 1n,
  untilHeight: 0n,
  misbehaviourCount: 0,
  ...rest,
});

let parties: Parties;
let set: GetValidatorsResponse;
let submitted: Call[];
let answer: Awaited<ReturnType<LedgerClient['submit']>>;

beforeAll(async () => {
  ({ parties } = await openTestParties());
});

beforeEach(() => {
  const validators = [0, 1, 2, 3].map((n) => standing(n));
  set = { height: 9n, validators, totalPower: 40n, neededPower: 27n, failuresMax: 1, offences: [], offenceCount: 0 };
  submitted = [];
  answer = {
    ok: false,
    hash: 'h',
    body: new Uint8Array(0),
    height: 9,
    refusal: { code: 'STATE', facts: { reason: 'change-in-flight' }, then: 'retry' },
  };
});

function aContext(json: boolean, as: string | undefined = 'hospital-1'): CommandContext & { readonly printed: string[] } {
  const printed: string[] = [];
  const stream = new Writable({ write: (chunk, _encoding, done) => done(void printed.push(String(chunk))) });
  const terminal = createTerminal({ stdout: stream, stderr: stream }, { json });
  const ledger: LedgerClient = {
    ...parties.ledger('hospital-1', 'health'),
    validators: async () => set,
    submit: async (call) => {
      submitted.push(call);
      return answer;
    },
  };
  const withSet: Parties = Object.assign(Object.create(parties), { ledger: () => ledger, anyLedger: () => ledger });
  return { home: parties.home, as, terminal, signal: new AbortController().signal, parties: async () => withSet, printed };
}

async function propose(verb: 'add' | 'remove', rest: Partial<ProposeValidatorOptions>, as?: string): Promise<JsonObject> {
  const context = aContext(true, as);
  const code = await proposeValidatorCommand(context, verb, { network: 'health', role: 'platform', ...rest });
  return { code, ...(JSON.parse(context.printed.at(-1) ?? '{}') as JsonObject) };
}

test('validators are listed with what the set needs, what it survives and who misbehaved', async () => {
  set = {
    ...set,
    validators: [...set.validators, standing(4, { standing: 'joining', sinceHeight: 11n, misbehaviourCount: 1 })],
    offences: [
      {
        kind: 'duplicate-vote',
        address: new Uint8Array(20).fill(4),
        node: 'node-4',
        organisation: 'hospital-1',
        height: 7n,
        timeUnixMs: 1_767_225_600_000n,
        recordedAtHeight: 8n,
      },
    ],
    offenceCount: 1,
  };
  const context = aContext(false);
  expect(await validatorsCommand(context, 'health')).toBe(EXIT.ok);
  const text = context.printed.join('');
  expect(text).toContain('4 validators, power 40, a block needs 27; 1 may fail');
  expect(text).toMatch(/node-4 +hospital-1 +joining +10 +11 … +1 +04040404/);
  expect(text).toMatch(/7 +2026-01-01T00:00:00.000Z +duplicate-vote +node-4/);
});

test('one validator is not plural', async () => {
  set = { ...set, validators: set.validators.slice(0, 1) };
  const context = aContext(false);
  await validatorsCommand(context, 'health');
  expect(context.printed.join('')).toContain('1 validator, power 10, a block needs 7; none may fail');
});

test('a set that survives nothing says so', async () => {
  set = { ...set, validators: set.validators.slice(0, 3) };
  const context = aContext(false);
  await validatorsCommand(context, 'health');
  expect(context.printed.join('')).toContain('3 validators, power 30, a block needs 21; none may fail');
});

test('a proposal names the change, its role and the quorum before and after', async () => {
  const publicKey = base64urlEncode(keyOf(4));
  answer = { ...answer, ok: true, result: { proposal: 'p1' } } as typeof answer;
  const added = await propose('add', { node: 'node-4', organisation: 'hospital-2', publicKey });
  expect(added).toMatchObject({
    code: EXIT.ok,
    proposal: 'p1',
    quorum: { before: { validatorCount: 4, neededPower: 27 }, after: { validatorCount: 5, neededPower: 34 } },
  });
  await propose('remove', { node: 'node-1', allowFewer: true });
  expect(submitted.map(({ method, role, args }) => [method, role, args])).toEqual([
    ['propose', 'platform', { change: { kind: 'addValidator', publicKey, node: 'node-4', organisation: 'hospital-2' } }],
    ['propose', 'platform', { change: { kind: 'removeValidator', publicKey: base64urlEncode(keyOf(1)), allowFewer: true } }],
  ]);
});

test('what the ledger refuses ends with its code and facts', async () => {
  expect(await propose('remove', { publicKey: base64urlEncode(keyOf(2)) })).toMatchObject({
    code: EXIT.refused,
    ok: false,
    refusal: { code: 'STATE', facts: { reason: 'change-in-flight' } },
  });
});

test.each<[string, () => Promise<unknown>, RegExp]>([
  ['an addition without its key', () => propose('add', { node: 'node-4', organisation: 'hospital-2' }), /--public-key/],
  ['a key of another length', () => propose('add', { node: 'n', organisation: 'o', publicKey: 'AAAA' }), /32 bytes/],
  ['a removal of nobody', () => propose('remove', {}), /either --node or --public-key/],
  ['a removal of a stranger', () => propose('remove', { node: 'node-9' }), /no validator of the set is node-9/],
])('%s is a usage fault', async (_, run, message) => {
  await expect(run()).rejects.toThrow(message);
});

test('a proposal by nobody is a usage fault', async () => {
  const context = { ...aContext(true), as: undefined };
  await expect(proposeValidatorCommand(context, 'remove', { network: 'health', role: 'member', node: 'node-1' })).rejects.toThrow(/--as/);
});
