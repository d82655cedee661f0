import { once } from 'node:events';
import { connect, createServer, type LookupFunction, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { limitConnects } from './limit-connects.ts';

/** A network that never answers. */
const silence: LookupFunction = () => {};

let takeBack: () => void;

beforeEach(() => {
  takeBack = limitConnects(1);
});

afterEach(() => takeBack());

const tryInSilence = (): Socket => connect({ host: 'nowhere.invalid', port: 1, lookup: silence });

test('a connection that nobody answers ends with ETIMEDOUT', async () => {
  const socket = tryInSilence();
  const [error] = await once(socket, 'error');
  expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'connect', message: 'no TCP connection within 1 ms' });
  expect(socket.destroyed).toBe(true);
});

test('one that is made stays, however long nothing is said on it', async () => {
  takeBack();
  takeBack = limitConnects(60_000);
  const server = createServer((peer) => peer.end('late')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const socket = connect({ host: '127.0.0.1', port: typeof address === 'object' && address !== null ? address.port : 0 });
  await once(socket, 'connect');
  expect([socket.listenerCount('connect'), socket.destroyed]).toEqual([0, false]);
  const [data] = await once(socket, 'data');
  expect(String(data)).toBe('late');
  socket.destroy();
  server.close();
});

test('what is taken back limits nothing', async () => {
  takeBack();
  const socket = tryInSilence();
  expect(socket.listenerCount('connect')).toBe(0);
  socket.destroy();
});
