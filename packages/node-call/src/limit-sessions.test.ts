import { once } from 'node:events';
import http2 from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import { type ChannelCredentials, Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, expect, test } from '@jest/globals';
import { limitConnects } from './limit-connects.ts';

const CALL_MS = 25_000;
const untouched = { tls: tls.connect, http2: http2.connect };
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
  expect([tls.connect, http2.connect]).toEqual([untouched.tls, untouched.http2]);
});

async function portOf(server: Server | http2.Http2Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Takes every connection and says nothing on it. */
function aSilentServer(): Promise<number> {
  const taken: Socket[] = [];
  ends.push(() => void taken.map((socket) => socket.destroy()));
  return portOf(createServer((socket) => void taken.push(socket.on('error', () => undefined))));
}

/** What one call ends with; its own deadline would be DEADLINE_EXCEEDED. */
function errorOfCall(port: number, channel: ChannelCredentials): Promise<ServiceError> {
  const client = new Client(`127.0.0.1:${port}`, channel);
  ends.push(() => client.close());
  const bytes = (value: Buffer): Buffer => value;
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + CALL_MS };
    client.makeUnaryRequest('/a/b', bytes, bytes, Buffer.alloc(0), options, (error) =>
      error === null ? reject(new Error('an answer')) : resolve(error),
    );
  });
}

test.each<[string, ChannelCredentials]>([
  ['no TLS handshake', credentials.createSsl()],
  ['no HTTP/2 SETTINGS', credentials.createInsecure()],
])('a server that takes the connection and says nothing is given up: %s', async (missing, channel) => {
  ends.push(limitConnects(60_000, 20));
  const { code, details } = await errorOfCall(await aSilentServer(), channel);
  expect([code, details]).toEqual([status.UNAVAILABLE, expect.stringContaining(`${missing} within 20 ms`)]);
});

test('a session that is made stays', async () => {
  const sessions: http2.ServerHttp2Session[] = [];
  const server = http2.createServer().on('session', (session) => void sessions.push(session));
  const port = await portOf(server);
  ends.push(limitConnects());
  const session = http2.connect(`http://127.0.0.1:${port}`);
  ends.push(() => session.destroy());
  expect(session.listenerCount('remoteSettings')).toBe(1);
  await once(session, 'remoteSettings');
  expect([session.listenerCount('remoteSettings'), session.destroyed]).toEqual([0, false]);
});

test('only what offers HTTP/2 is limited: nobody knows how long another protocol is silent', async () => {
  const port = await aSilentServer();
  ends.push(limitConnects());
  const limited = [['h2'], undefined].map((ALPNProtocols) => {
    const socket = tls.connect({ port, host: '127.0.0.1', ...(ALPNProtocols === undefined ? {} : { ALPNProtocols }) });
    ends.push(() => socket.destroy());
    return socket.on('error', () => undefined).listenerCount('secureConnect');
  });
  expect(limited).toEqual([1, 0]);
});
