import { spiffe } from '@civitas/deployment';
import { HealthClient, HealthService } from '@civitas/proto/grpc/health/v1/health';
import { ChannelCredentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { expect, test } from '@jest/globals';
import { type CallWithPeer, PeerCache, sessionOf } from './peer-cache.ts';

const CHAIN = 'jincheng-city-1';

/** A call as the library makes them, over a connection of its own or a shared one. */
function aCall(uri: string, session: object): CallWithPeer & { reads: number; call: object } {
  const call = {
    reads: 0,
    call: { nextCall: { stream: { session } } },
    getAuthContext: () => {
      call.reads += 1;
      return { sslPeerCertificate: { subjectaltname: `URI:${uri}` } };
    },
  };
  return call;
}

test('a certificate is read once a connection, and each connection has its own', () => {
  const peers = new PeerCache();
  const [first, second] = [{}, {}];
  const bank = spiffe.client(CHAIN, 'bank-1', 'cli');
  const calls = [aCall(bank, first), aCall(bank, first), aCall(spiffe.client(CHAIN, 'court-1', 'cli'), second)];

  expect(calls.map((call) => peers.findIdentity(call)?.organisation)).toEqual(['bank-1', 'bank-1', 'court-1']);
  expect(calls.map(({ reads }) => reads)).toEqual([1, 0, 1]);
});

test('a name that is none of ours is remembered for nobody', () => {
  const peers = new PeerCache();
  const session = {};

  expect(peers.findIdentity(aCall('https://example.org', session))).toBeUndefined();
  expect(peers.findIdentity(aCall(spiffe.client(CHAIN, 'bank-1', 'cli'), session))?.organisation).toBe('bank-1');
});

test("the library's calls over one connection share its session, and those of another do not", async () => {
  const sessions: unknown[] = [];
  const server = new Server();
  server.addService(HealthService, {
    check: (call: object, callback: (error: null, answer: { status: number }) => void) => {
      sessions.push(sessionOf(call));
      callback(null, { status: 1 });
    },
    watch: () => undefined,
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const clients = [1, 2].map(
    () => new HealthClient(`127.0.0.1:${port}`, ChannelCredentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 }),
  );
  const check = (client: HealthClient | undefined) =>
    new Promise<void>((resolve, reject) => client?.check({ service: '' }, (error) => (error === null ? resolve() : reject(error))));
  for (const client of [clients[0], clients[0], clients[1]]) await check(client);
  for (const client of clients) client.close();
  server.forceShutdown();

  expect(typeof sessions[0]).toBe('object');
  expect(sessions[1]).toBe(sessions[0]);
  expect(sessions[2]).not.toBe(sessions[0]);
});
