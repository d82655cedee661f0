import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@civitas/testkit/temporary-folder';
import { expect, test } from '@jest/globals';
import { openHome } from './home.ts';
import { parseOptions } from './options.ts';
import { assertPortFree } from './port-holder.ts';
import { StartRefused } from './start-refused.ts';

const aHome = (): string => temporaryFolder('home');

async function refusalOf(work: () => unknown): Promise<{ code: string; message: string }> {
  try {
    await work();
  } catch (error) {
    if (error instanceof StartRefused) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: 'none', message: '' };
}

test('a home that is in use is refused with ALREADY_RUNNING and the process that holds it', async () => {
  const path = aHome();
  const home = openHome(path);
  const refused = await refusalOf(() => openHome(path));
  expect(refused.code).toBe('ALREADY_RUNNING');
  expect(refused.message).toContain(`process ${process.pid}`);
  home.release();
  expect((await refusalOf(() => openHome(path).release())).code).toBe('none');
});

test('a lock of a process that is gone does not hold a home', async () => {
  const path = aHome();
  writeFileSync(join(path, 'lock.json'), JSON.stringify({ pid: process.pid, startTicks: '1', since: 'before' }));
  expect((await refusalOf(() => openHome(path).release())).code).toBe('none');
});

test('a home with a newer layout is refused with HOME_FORMAT and let go', async () => {
  const path = aHome();
  openHome(path).release();
  const file = join(path, 'home.json');
  const record = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...record, formatVersion: record.formatVersion + 1 }));
  expect((await refusalOf(() => openHome(path))).code).toBe('HOME_FORMAT');
  writeFileSync(file, JSON.stringify(record));
  expect((await refusalOf(() => openHome(path).release())).code).toBe('none');
});

test('a taken port is refused with PORT_TAKEN, naming port and holder', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const refused = await refusalOf(() => assertPortFree('127.0.0.1', port));
  await new Promise((resolve) => server.close(resolve));
  expect(refused.code).toBe('PORT_TAKEN');
  expect(refused.message).toContain(String(port));
  expect(refused.message).toContain(`pid ${process.pid}`);
});

test.each([
  ['--port', 'x'],
  ['--port', '70000'],
  ['--colour', 'red'],
  ['--seed', '-1'],
])('the arguments %s %s are refused with BAD_ARGUMENT and the usage or the bounds', async (name, value) => {
  const refused = await refusalOf(() => parseOptions([`${name}=${value}`]));
  expect(refused.code).toBe('BAD_ARGUMENT');
});
