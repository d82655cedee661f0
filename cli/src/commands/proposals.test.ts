import { Writable } from 'node:stream';
import type { JsonObject } from '@civitas/canon';
import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openTestParties } from '../flows/testing/test-parties.ts';
import type { LedgerClient, OpenProposals } from '../sdk/ledger-client.ts';
import type { Parties } from '../sdk/parties.ts';
import type { Call } from '../sdk/sign-operation.ts';
import { createTerminal } from '../terminal/terminal.ts';
import type { CommandContext } from './context.ts';
import { approveProposalCommand, proposalsCommand, proposeProtocolCommand, withdrawProposalCommand } from './proposals.ts';

const OPTIONS = { network: 'health', role: 'member' };
const OPEN: OpenProposals = {
  proposals: [
    {
      ...{ id: 'p1', proposer: 'platform', approvals: ['hospital-1'], status: 'open', proposedAtUnixMs: 1_767_225_600_000 },
      change: { kind: 'addValidator', node: 'health-4', organisation: 'hospital-2', publicKey: 'AAAA' },
    },
  ],
  approvalThreshold: 2,
  founders: ['hospital-1', 'hospital-2'],
};

let parties: Parties;
let submitted: Call[];
let answer: Awaited<ReturnType<LedgerClient['submit']>>;

beforeAll(async () => {
  ({ parties } = await openTestParties());
});
beforeEach(() => {
  submitted = [];
  const facts = { hash: 'h', body: new Uint8Array(0), height: 9 };
  answer = { ...facts, ok: false, refusal: { code: 'STATE', facts: { reason: 'absent', proposal: 'p9' }, then: 'drop' } };
});

function aContext(json: boolean, as: string | undefined = 'hospital-1'): CommandContext & { readonly printed: string[] } {
  const printed: string[] = [];
  const stream = new Writable({ write: (chunk, _encoding, done) => done(void printed.push(String(chunk))) });
  const terminal = createTerminal({ stdout: stream, stderr: stream }, { json });
  const ledger: LedgerClient = {
    ...parties.ledger('hospital-1', 'health'),
    proposals: async () => OPEN,
    // The approver stands on the ledger already.
    read: async () => ({
      found: true,
      value: {},
      ...{ bytes: new Uint8Array(0), proof: new Uint8Array(0), lightBlock: new Uint8Array(0) },
      headerHeight: 1,
    }),
    submit: async (call) => {
      submitted.push(call);
      return answer;
    },
  };
  const withProposals: Parties = Object.assign(Object.create(parties), { ledger: () => ledger, anyLedger: () => ledger });
  return { home: parties.home, as, terminal, signal: new AbortController().signal, parties: async () => withProposals, printed };
}

/** Runs it with an answer of the ledger; what it printed as JSON. */
async function run(command: (context: CommandContext) => Promise<ExitCode>, result?: JsonObject): Promise<JsonObject> {
  if (result !== undefined) answer = { ...answer, ok: true, result } as typeof answer;
  const context = aContext(true);
  const code = await command(context);
  return { code, ...(JSON.parse(context.printed.at(-1) ?? '{}') as JsonObject) };
}

test('open proposals are listed with who approved and who decides, and no key', async () => {
  const context = aContext(false);
  expect(await proposalsCommand(context, 'health')).toBe(EXIT.ok);
  const text = context.printed.join('');
  expect(text).toContain('1 open; 2 of 2 founders decide: hospital-1, hospital-2');
  expect(text).toMatch(/p1 +addValidator node=health-4 organisation=hospital-2 +platform +1\/2 \(hospital-1\) +2026-01-01T00:00:00.000Z/);
  expect(text).not.toContain('AAAA');
});

test('an approval is co-signed by the founder’s approver and says where the proposal stands', async () => {
  const context = aContext(false);
  answer = { ...answer, ok: true, result: { proposal: 'p1', status: 'open', approvals: 1, approvalThreshold: 2 } } as typeof answer;
  expect(await approveProposalCommand(context, 'p1', OPTIONS)).toBe(EXIT.ok);
  expect(context.printed.join('')).toContain('proposal p1 at health height 9: open, 1 of 2 approvals');
  expect(submitted).toMatchObject([{ contract: 'network.members@v1', method: 'approve', role: 'member', args: { proposal: 'p1' } }]);
  expect(submitted[0]?.approver).toBeDefined();
});

test('whoever proposed takes it back, without a second signature', async () => {
  const withdrawn = await run((context) => withdrawProposalCommand(context, 'p1', OPTIONS), { proposal: 'p1', status: 'withdrawn' });
  expect(withdrawn).toMatchObject({ code: EXIT.ok, status: 'withdrawn' });
  expect(submitted).toMatchObject([{ method: 'withdraw', args: { proposal: 'p1' } }]);
  expect(submitted[0]?.approver).toBeUndefined();
});

test('the next rules are proposed with their notice, and taken back by name', async () => {
  const propose =
    (version: string, more: object = {}) =>
    (context: CommandContext) =>
      proposeProtocolCommand(context, version, { ...OPTIONS, ...more });
  await run(propose('3'), { proposal: 'p2' });
  await run(propose('3', { afterBlocks: '200' }), { proposal: 'p3' });
  await run(propose('3', { cancel: true }), { proposal: 'p4' });
  expect(submitted.map(({ args }) => args)).toEqual([
    { change: { kind: 'activateProtocol', version: 3, afterBlocks: 60 } },
    { change: { kind: 'activateProtocol', version: 3, afterBlocks: 200 } },
    { change: { kind: 'cancelProtocol', version: 3 } },
  ]);
  expect(() => proposeProtocolCommand(aContext(true), 'three', OPTIONS)).toThrow(/expected a whole number/);
  expect(() => proposeProtocolCommand(aContext(true), '3', { ...OPTIONS, cancel: true, afterBlocks: '2' })).toThrow(
    /takes no --after-blocks/,
  );
});

test('what the ledger refuses ends with its code and facts, and a decision by nobody is a usage fault', async () => {
  expect(await run((context) => approveProposalCommand(context, 'p9', OPTIONS))).toMatchObject({
    code: EXIT.refused,
    refusal: { code: 'STATE', facts: { reason: 'absent' } },
  });
  const nobody = { ...aContext(true), as: undefined };
  await expect(withdrawProposalCommand(nobody, 'p1', OPTIONS)).rejects.toThrow(/--as/);
});
