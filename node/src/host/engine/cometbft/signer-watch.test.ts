import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PORTS } from '@civitas/deployment';
import { type BlockIdFlag, FLAG_ABSENT, FLAG_COMMIT } from '@civitas/proofs';
import { waitFor } from '@civitas/testkit';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { EngineFault } from './engine-fault.ts';
import { SIGNER_MISSED_LOOKS_MAX, SIGNER_UNPROVEN_BLOCKS_MAX } from './limits.ts';
import { connectionsTo, readKernelTable, SignerWatch } from './signer-watch.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const row = (local: string, state: string, from = '0100007F:D431'): string =>
  `   0: ${local} ${from} ${state} 00000000:00000000 00:00000000 00000000     0        0 1`;
/** 127.0.0.5, port 26659. */
const OURS = '0500007F:6823';
const KEY = 'a2V5';
const VOTER = 'cd'.repeat(20);
const home = mkdtempSync(join(tmpdir(), 'civitas-signer-watch-'));
const hasConnection = (table: string, address: string, port: number): boolean => connectionsTo(table, address, port).length > 0;

let server: Server | undefined;
let dialler: Socket | undefined;
afterEach(() => {
  dialler?.destroy();
  server?.close();
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

test.each([
  ['a connection to it', row(OURS, '01'), true],
  ['a listener alone', row(OURS, '0A'), false],
  ['a connection that is being closed', row(OURS, '08'), false],
  ['one to another address', row('0600007F:6823', '01'), false],
  ['one to another port', row('0500007F:6820', '01'), false],
  ['no table', '', false],
])('%s in the kernel’s table is read as it is', (_, line, expected) => {
  expect(hasConnection(`${HEAD}\n${line}\n`, '127.0.0.5', 26_659)).toBe(expected);
});

test('an IPv6 address is found as the kernel prints it', () => {
  const table = `${HEAD}\n${row('000080FE000000000000000001000000:6823', '01')}`;
  expect(hasConnection(table, 'fe80::1', 26_659)).toBe(true);
  expect(hasConnection(`${HEAD}\n${row('B80D0120000000000000000034120000:6823', '01')}`, '2001:db8::3412', 26_659)).toBe(false);
  expect(hasConnection(`${HEAD}\n${row('B80D0120000000000000000012340000:6823', '01')}`, '2001:db8::3412', 26_659)).toBe(true);
});

test('the table of this machine shows a connection that stands', async () => {
  const [address, port] = ['127.77.14.9', 26_659];
  server = createServer().listen(port, address);
  await new Promise<void>((resolve) => server?.once('listening', resolve));
  expect(hasConnection(await readKernelTable('/proc/net/tcp'), address, port)).toBe(false);
  dialler = connect({ host: address, port });
  await waitFor('the connection', async () => hasConnection(await readKernelTable('/proc/net/tcp'), address, port), 60_000);
});

function aWatch() {
  const seen = { table: '', key: KEY, isSilent: false, signed: new Set<number>() };
  const rpc = {
    validatorKey: async () => {
      if (seen.isSilent) throw new EngineFault('ENGINE_SILENT', 'gone');
      return seen.key;
    },
    signedHeader: async (height: number) => {
      const flag: BlockIdFlag = seen.signed.has(height) ? FLAG_COMMIT : FLAG_ABSENT;
      const own = { flag, validatorAddress: Buffer.from(flag === FLAG_ABSENT ? '' : VOTER, 'hex') };
      const other: { flag: BlockIdFlag; validatorAddress: Buffer } = {
        flag: FLAG_COMMIT,
        validatorAddress: Buffer.from('ab'.repeat(20), 'hex'),
      };
      return { commit: { signatures: [other, own] } };
    },
  };
  const watch = new SignerWatch({ home, address: '127.0.0.5', publicKey: KEY, rpc, readTable: async () => seen.table });
  return { watch, seen };
}

test('a signer is silent after several looks without a connection, and heard at the first with one', async () => {
  const { watch, seen } = aWatch();
  for (let look = 1; look < SIGNER_MISSED_LOOKS_MAX; look++) await watch.look();
  expect(watch.isSilent).toBe(false);
  await watch.look();
  expect(watch.isSilent).toBe(true);
  seen.table = row(OURS, '01');
  await watch.look();
  expect(watch.isSilent).toBe(false);
  expect(PORTS.signer).toBe(26_659);
});

test('a signer that holds another key is a fault that names both, and an engine that does not answer is none', async () => {
  const { watch, seen } = aWatch();
  await expect(watch.keyFault()).resolves.toBeUndefined();
  seen.key = 'b3RoZXI=';
  const said = 'the signer that dialled holds b3RoZXI=, this node is granted a2V5';
  await expect(watch.keyFault()).resolves.toMatchObject({ code: 'SIGNER_KEY', message: said });
  seen.isSilent = true;
  await expect(watch.keyFault()).resolves.toBeUndefined();
});

test('what an engine found of a wrong key is said in its next lives, until it starts with the right one', async () => {
  const { watch, seen } = aWatch();
  seen.key = 'b3RoZXI=';
  await watch.keyFault();
  expect(watch.unwell).toBe('signer: the signer that dialled holds b3RoZXI=, this node is granted a2V5');
  const next = aWatch();
  expect(next.watch.unwell).toBe(watch.unwell);
  next.seen.isSilent = true;
  await next.watch.keyFault();
  expect(next.watch.unwell).toBe(watch.unwell);
  next.seen.isSilent = false;
  await next.watch.keyFault();
  expect([next.watch.unwell, aWatch().watch.unwell]).toEqual(['', '']);
});

describe('a signer that dials anew', () => {
  const VOTES = { voter: VOTER, isCatchingUp: false };
  const dial = async ({ watch, seen }: ReturnType<typeof aWatch>, port: string): Promise<void> => {
    seen.table = row(OURS, '01', `0100007F:${port}`);
    await watch.look();
  };
  /** Looks at these blocks in turn; the fault, if one comes of it. */
  const prove = async ({ watch }: ReturnType<typeof aWatch>, from: number, count: number, status = VOTES) => {
    let fault: EngineFault | undefined;
    for (let height = from; height < from + count; height++) fault ??= await watch.proof({ ...status, height });
    return fault;
  };

  test('is asked for a signature of this node, and the engine ends when none comes', async () => {
    const one = aWatch();
    await dial(one, 'D431');
    expect(await prove(one, 1, 2 * SIGNER_UNPROVEN_BLOCKS_MAX)).toBeUndefined();
    await dial(one, 'D432');
    expect(await prove(one, 20, SIGNER_UNPROVEN_BLOCKS_MAX - 1)).toBeUndefined();
    expect(await prove(one, 26, 1)).toBeUndefined();
    expect(await prove(one, 40, 1)).toMatchObject({ code: 'SIGNER_UNPROVEN' });
  });

  test('has shown its key with the first signature', async () => {
    const one = aWatch();
    await dial(one, 'D431');
    await dial(one, 'D432');
    one.seen.signed.add(23);
    expect(await prove(one, 20, 3 * SIGNER_UNPROVEN_BLOCKS_MAX)).toBeUndefined();
  });

  test('is asked for nothing while this node does not vote or catches up, nor where the connection of before still stands', async () => {
    const one = aWatch();
    await dial(one, 'D431');
    one.seen.table = `${row(OURS, '01', '0100007F:D432')}\n${row(OURS, '01')}`;
    await one.watch.look();
    expect(await prove(one, 1, 2 * SIGNER_UNPROVEN_BLOCKS_MAX)).toBeUndefined();
    await dial(one, 'D433');
    expect(await prove(one, 30, 2 * SIGNER_UNPROVEN_BLOCKS_MAX, { ...VOTES, voter: '' })).toBeUndefined();
    expect(await prove(one, 60, 2 * SIGNER_UNPROVEN_BLOCKS_MAX, { ...VOTES, isCatchingUp: true })).toBeUndefined();
  });
});
