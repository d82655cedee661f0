import { connect, createServer, type Server, type Socket } from 'node:net';
import { PORTS } from '@civitas/deployment';
import { waitFor } from '@civitas/testkit';
import { afterEach, expect, test } from '@jest/globals';
import { EngineFault } from './engine-fault.ts';
import { SIGNER_MISSED_LOOKS_MAX } from './limits.ts';
import { hasConnection, readKernelTable, SignerWatch } from './signer-watch.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const row = (local: string, state: string): string =>
  `   0: ${local} 0100007F:D431 ${state} 00000000:00000000 00:00000000 00000000     0        0 1`;
/** 127.0.0.5, port 26659. */
const OURS = '0500007F:6823';
const KEY = 'a2V5';

let server: Server | undefined;
let dialler: Socket | undefined;
afterEach(() => {
  dialler?.destroy();
  server?.close();
});

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
  const seen = { table: '', key: KEY, isSilent: false };
  const rpc = {
    validatorKey: async () => {
      if (seen.isSilent) throw new EngineFault('ENGINE_SILENT', 'gone');
      return seen.key;
    },
  };
  const watch = new SignerWatch({ address: '127.0.0.5', publicKey: KEY, rpc, readTable: async () => seen.table });
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
