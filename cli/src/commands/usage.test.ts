import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { temporaryFolder } from '@civitas/testkit/temporary-folder';
import { beforeAll, expect, test } from '@jest/globals';
import { EXIT } from '../exit-codes.ts';
import { openTestParties } from '../flows/testing/test-parties.ts';
import type { Parties } from '../sdk/parties.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { accessCommand } from './access.ts';
import { blocksCommand } from './blocks.ts';
import { caseRunCommand } from './case-run.ts';
import type { CommandContext } from './context.ts';
import { type SubmitOptions, submitCommand } from './submit.ts';

let parties: Parties;

beforeAll(async () => {
  ({ parties } = await openTestParties());
});

function aContext(as?: string): CommandContext & { readonly printed: string[] } {
  const printed: string[] = [];
  const stream = new Writable({ write: (chunk, _encoding, done) => done(void printed.push(String(chunk))) });
  const terminal = createTerminal({ stdout: stream, stderr: stream }, { json: false });
  return { home: parties.home, as, terminal, signal: new AbortController().signal, parties: async () => parties, printed };
}

const submit = (as: string | undefined, change: Partial<SubmitOptions> = {}) =>
  submitCommand(aContext(as), {
    network: 'health',
    contract: 'health.index@v1',
    method: 'register',
    args: '{}',
    role: 'custodian',
    ...change,
  });

test.each<[string, () => Promise<unknown>, RegExp]>([
  ['submit without a profile', () => submit(undefined), /--as/],
  ['arguments that are no JSON', () => submit('hospital-1', { args: '{bad' }), /not JSON/],
  ['arguments that are no object', () => submit('hospital-1', { args: '[]' }), /JSON object/],
  ['a file of arguments that is not there', () => submit('hospital-1', { args: '@/none/at/all' }), /cannot be read: .*ENOENT/],
  ['a contract without its version', () => submit('hospital-1', { contract: 'health.index' }), /name@vN/],
  ['a short idempotency key', () => submit('hospital-1', { key: 'AA' }), /16 bytes/],
  ['a limit that is no number', () => blocksCommand(aContext(), { network: 'city', limit: 'abc' }), /1 … 200/],
  ['a limit above the bound', () => blocksCommand(aContext(), { network: 'city', limit: '201' }), /1 … 200/],
  ['a seed that is no number', () => caseRunCommand(aContext(), 'traffic-fine', { branch: 'happy', seed: 'x' }), /--seed/],
])('%s is USAGE and says what was expected', async (_, run, message) => {
  await expect(run()).rejects.toMatchObject({ code: 'USAGE', exitCode: EXIT.usage, message });
});

test('arguments may stand in a file', async () => {
  const path = join(temporaryFolder('args'), 'args.json');
  writeFileSync(path, '{"id":"x"}');

  expect(await submit('hospital-1', { args: `@${path}`, role: 'bank' })).toBe(EXIT.refused);
  expect(readFileSync(path, 'utf8')).toBe('{"id":"x"}');
});

test('the accesses of the last case are NO_CASE before the first', async () => {
  await expect(accessCommand(aContext(), { subject: 'last' })).rejects.toMatchObject({ code: 'NO_CASE', exitCode: EXIT.usage });
});
