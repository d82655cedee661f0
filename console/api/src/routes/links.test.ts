import type { FailedPacket } from '@civitas/console-contract';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ProblemError } from '../http/problem-error.ts';
import type { Ledgers } from '../ledger/ledgers.ts';
import { smallCity } from '../testing/small-city.ts';
import { aPerson, startTestConsole, type TestConsole } from '../testing/test-console.ts';

let city: TestConsole;
/** What each network's ledger says; one that is not here does not answer. */
const failed = new Map<string, readonly FailedPacket[]>();

const ledgers: Ledgers = {
  open() {
    throw new ProblemError('LEDGER_UNREACHABLE', 'no gateway answers');
  },
  findHead: async () => undefined,
  findPackets: async ({ metadata }) => (failed.has(metadata.name) ? [] : undefined),
  findFailedPackets: async ({ metadata }) => failed.get(metadata.name),
  close() {},
};

function aFailure(network: string, peer: string, endedAtUnixMs: number): FailedPacket {
  return {
    ...{ network, peer, sequence: 1, end: 'refused', code: 'STATE', reason: 'absent', retriable: false, senderFault: '' },
    ...{ sourcePort: 'health.access', destinationPort: 'city.consent', sentAtUnixMs: 1, timeoutUnixMs: 9, operation: 'ab'.repeat(32) },
    ...{ endedAtHeight: 4, endedAtUnixMs },
  };
}

beforeAll(async () => {
  city = await startTestConsole(141, { manifests: smallCity, ledgers });
}, 60_000);
afterAll(() => city.stop());

async function look(agency: string) {
  const token = city.tokenOf(aPerson({ sub: `owner-of-${agency}`, organizations: { [agency]: ['owner'] } }));
  const answer = await city.app.inject({ url: '/api/v1/links/city-health', headers: { authorization: `Bearer ${token}` } });
  return { status: answer.statusCode, body: answer.json() };
}

test('a link shows what failed in both directions, newest first, to who may see the link', async () => {
  failed.set('city', [aFailure('city', 'health', 5)]);
  failed.set('health', [aFailure('health', 'city', 7), aFailure('health', 'city', 3)]);
  const { status, body } = await look('hospital-1');
  expect(status).toBe(200);
  expect(body.failed.map((packet: FailedPacket) => [packet.network, packet.endedAtUnixMs])).toEqual([
    ['health', 7],
    ['city', 5],
    ['health', 3],
  ]);
  expect(body.silent).toEqual([]);
  expect((await look('bank-1')).status).toBe(404);
});

test('an end whose ledger does not answer is named, so that nothing failed is never said of it', async () => {
  failed.clear();
  failed.set('health', []);
  expect((await look('hospital-1')).body).toMatchObject({ failed: [], packets: [], silent: ['city'] });
});
