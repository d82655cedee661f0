import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '@civitas/canon';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Members } from '../ledger/ledger-host.ts';
import { SubjectIndex } from './subject-index.ts';
import { SubjectMethods } from './subject-methods.ts';

const CITY = 'jincheng-city-1';
const HEALTH = 'jincheng-health-1';
const ROLES: Readonly<Record<string, readonly string[]>> = {
  'citizen-portal': ['portal'],
  'hospital-1': ['custodian'],
  'hospital-2': ['custodian'],
  'fund-centre': ['requester'],
};
const PERSON = { system: 'urn:id', identifier: 'CANARY-110101199001011234' };

let folder: string;
let index: SubjectIndex;
let submitted: { method: string; args: JsonObject }[];
let redeemed: Set<unknown>;
let methods: SubjectMethods;
let nowUnixMs: number;

const members = {
  findOrganisation: (name: string) => {
    const roles = ROLES[name];
    if (roles === undefined) return undefined;
    return { name, displayName: { zh: '', en: '' }, roles, keys: [], hpkePublicKey: '', approvalPolicy: 'manual' as const, founder: true };
  },
  findKey: () => undefined,
  all: () => [],
  openProposals: () => [],
  installedContracts: () => [],
} satisfies Members;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'subjects-'));
  index = new SubjectIndex(folder, new Uint8Array(32).fill(2));
  submitted = [];
  nowUnixMs = 1000;
  redeemed = new Set();
  methods = new SubjectMethods({
    chainId: CITY,
    index,
    members: () => members,
    nowUnixMs: () => nowUnixMs,
    submitIdentity: async (method, args) => {
      submitted.push({ method, args });
      if (method === 'issueToken') return { ok: true, value: {} };
      if (redeemed.has(args['tokenHash']))
        return { ok: false, refusal: { code: 'DUPLICATE', facts: { reason: 'redeemed' }, then: 'drop' } };
      redeemed.add(args['tokenHash']);
      return { ok: true, value: {} };
    },
  });
});

afterEach(async () => {
  await index.close();
  rmSync(folder, { recursive: true });
});

const codeOf = (result: { ok: boolean; refusal?: { code: string } }): string => (result.ok ? 'ok' : (result.refusal?.code ?? ''));

async function answerOf(result: ReturnType<typeof methods.assign>): Promise<Record<string, string>> {
  const answer = await result;
  if (!answer.ok) throw new Error(answer.refusal.code);
  return answer.value as Record<string, string>;
}

const assign = (caller: string, ledger = HEALTH) => answerOf(methods.assign({ caller, args: { ...PERSON, ledger } }));

test('one person has one id per ledger and custodian, the same each time, unrelated to every other', async () => {
  const [atOne, again, atTwo, onCity] = await Promise.all([
    assign('hospital-1'),
    assign('hospital-1'),
    assign('hospital-2'),
    assign('hospital-1', CITY),
  ]);

  expect(again).toEqual(atOne);
  expect(new Set([atOne['subject'], atTwo['subject'], onCity['subject']]).size).toBe(3);
  expect(atOne['citySubject']).toBeUndefined();
});

test('only a portal is told the city subject', async () => {
  const portal = await assign('citizen-portal', 'jincheng-housing-1');

  expect(portal['citySubject']).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(portal['citySubject']).toBe((await assign('citizen-portal', CITY))['subject']);
});

test('a link token resolves once, for its audience alone, to the id that the audience knows', async () => {
  const known = await assign('hospital-1');
  const { citySubject } = await assign('citizen-portal', CITY);
  const issued = await answerOf(
    methods.issueLinkToken({
      caller: 'citizen-portal',
      args: {
        citySubject: citySubject ?? '',
        audience: 'hospital-1',
        ledger: HEALTH,
        purpose: 'verify-eligibility',
        expiresAtUnixMs: 5000,
      },
    }),
  );
  const resolve = (caller: string) => methods.resolve({ caller, args: { token: issued['token'] ?? '' } });

  expect(codeOf(await resolve('hospital-2'))).toBe('NOT_FOUND');
  expect(await resolve('hospital-1')).toEqual({ ok: true, value: { subject: known['subject'] } });
  expect(codeOf(await resolve('hospital-1'))).toBe('DUPLICATE');
  expect(submitted.map(({ method }) => method)).toEqual(['issueToken', 'redeemToken', 'redeemToken']);
});

test('the same wish is the same token, with the end that it had; another person’s is refused', async () => {
  const { subject } = await answerOf(methods.assign({ caller: 'fund-centre', args: { ...PERSON, ledger: HEALTH } }));
  const other = await answerOf(methods.assign({ caller: 'fund-centre', args: { ...PERSON, identifier: 'another', ledger: HEALTH } }));
  const terms = { audience: 'hospital-1', ledger: HEALTH, purpose: 'verify-eligibility', wish: 'A'.repeat(22) };
  const issue = (citySubject: string | undefined, expiresAtUnixMs: number) =>
    methods.issueLinkToken({ caller: 'fund-centre', args: { ...terms, citySubject: citySubject ?? '', expiresAtUnixMs } });
  const first = await answerOf(issue(subject, 5000));

  expect(await answerOf(issue(subject, 9000))).toEqual(first);
  expect(submitted.map(({ args }) => args['expiresAtUnixMs'])).toEqual([5000, 5000]);
  expect(codeOf(await issue(other['subject'], 5000))).toBe('DUPLICATE');
});

test('a person’s step that failed after a token was used is told the same again, its audience alone, until the token ends', async () => {
  const known = await assign('hospital-1');
  await assign('citizen-portal', CITY);
  const args = { ...PERSON, audience: 'hospital-1', ledger: HEALTH, purpose: 'verify-eligibility', expiresAtUnixMs: 5000 };
  const { token = '' } = await answerOf(methods.issueLinkToken({ caller: 'citizen-portal', args }));
  const again = (caller: string) => methods.resolveAgain({ caller, args: { token } });

  expect(await again('hospital-1')).toEqual({ ok: true, value: { subject: known['subject'] } });
  expect(await again('hospital-1')).toEqual({ ok: true, value: { subject: known['subject'] } });
  expect(codeOf(await again('hospital-2'))).toBe('NOT_FOUND');
  nowUnixMs = 5000;
  expect(codeOf(await again('hospital-1'))).toBe('EXPIRED');
});

test('tokens are refused to who may not ask, for the unknown, and past their time', async () => {
  const args = { ...PERSON, audience: 'hospital-1', ledger: HEALTH, purpose: 'verify-eligibility', expiresAtUnixMs: 5000 };

  expect(codeOf(await methods.issueLinkToken({ caller: 'hospital-2', args }))).toBe('NOT_AUTHORISED');
  expect(codeOf(await methods.issueLinkToken({ caller: 'fund-centre', args }))).toBe('NOT_FOUND');
  await assign('hospital-1');
  expect(codeOf(await methods.issueLinkToken({ caller: 'fund-centre', args: { ...args, expiresAtUnixMs: 999 } }))).toBe('EXPIRED');
  expect(codeOf(await methods.issueLinkToken({ caller: 'fund-centre', args }))).toBe('ok');
});

test('a subject of another organisation names nobody', async () => {
  const { subject } = await assign('hospital-1', CITY);
  const args = { citySubject: subject ?? '', audience: 'hospital-1', ledger: HEALTH, purpose: 'verify-eligibility', expiresAtUnixMs: 5000 };

  expect(codeOf(await methods.issueLinkToken({ caller: 'citizen-portal', args }))).toBe('NOT_FOUND');
});

test('the index holds no identifier in clear', async () => {
  await assign('hospital-1');
  await index.close();
  const bytes = readdirSync(folder).map((file) => readFileSync(join(folder, file)).toString('latin1'));
  index = new SubjectIndex(folder, new Uint8Array(32).fill(2));

  expect(bytes.join('')).not.toContain('CANARY');
});
