import { connect, createServer, type Server, type Socket } from 'node:net';
import { seededRandom, waitFor } from '@civitas/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { CLEAR, TcpProxy } from './tcp-proxy.ts';

const HOST = '127.77.0.1';
let echo: Server;
let proxy: TcpProxy;
let client: Socket;
let received: Buffer[];

beforeEach(async () => {
  echo = createServer((socket) => void socket.on('error', () => socket.destroy()).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, HOST, resolve));
  const { port } = echo.address() as { port: number };
  proxy = await TcpProxy.listen({ host: HOST, port: 0 }, { host: HOST, port }, seededRandom(7));
  client = connect(proxy.port, HOST);
  received = [];
  client.on('error', () => undefined).on('data', (chunk: Buffer) => received.push(chunk));
});

afterEach(async () => {
  client.destroy();
  await proxy.close();
  await new Promise((resolve) => echo.close(resolve));
});

const text = (): string => Buffer.concat(received).toString();

test('a clear link carries what is sent, both ways', async () => {
  client.write('hello');
  await waitFor('echo', () => text() === 'hello');
});

test('a cut link holds the bytes and hands them over once it heals', async () => {
  proxy.weather = { ...CLEAR, isCut: true };
  client.write('held');
  await waitFor('held chunk', () => proxy.counts.held > 0);
  expect(text()).toBe('');
  proxy.weather = CLEAR;
  await waitFor('echo after the cut', () => text() === 'held');
});

test('a corrupting link flips one bit of a chunk', async () => {
  proxy.weather = { ...CLEAR, corruptedShare: 1 };
  client.write(Buffer.alloc(8));
  await waitFor('echo', () => Buffer.concat(received).length === 8);
  expect(proxy.counts.corrupted).toBeGreaterThan(0);
  expect(Buffer.concat(received).some((byte) => byte !== 0)).toBe(true);
});

test('a resetting link ends the connection', async () => {
  proxy.weather = { ...CLEAR, resetShare: 1 };
  const closed = new Promise((resolve) => client.once('close', resolve));
  client.write('lost');
  await closed;
  expect(proxy.counts.resets).toBe(1);
});
