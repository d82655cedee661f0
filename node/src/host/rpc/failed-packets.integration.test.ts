import { spiffe } from '@civitas/deployment';
import { LinkServiceClient, PacketEnd } from '@civitas/proto/civitas/node/v1/link';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { FailedPacket } from '../ledger/ledger-host.ts';
import { aClient, ask, CHAIN, closeGateway, HOSPITAL, ledger, openGateway, prepareGateway, refusalOf } from '../testing/test-gateway.ts';
import { FAILED_PAGE_DEFAULT, FAILED_PAGE_MAX } from './limits.ts';

const PEER = 'jincheng-city-1';
const aPeer = { status: 'Active', clientHeight: 4, clientTimeUnixMs: 1, lastSequence: 0, inFlight: 0, oldestSentAtUnixMs: 0 };
const operationHash = new Uint8Array(32).fill(9);

function aFailure(sequence: number, end: FailedPacket['end']): FailedPacket {
  const refusal = end === 'refused' ? { code: 'RULE_UNMET', reason: 'cap-reached' } : { code: '', reason: '' };
  return {
    ...{ sequence, end, ...refusal, retriable: false, senderFault: '', sourcePort: 'transport.fine', port: 'city.fiscal-receipt' },
    ...{ sentAtHeight: 5, sentAtUnixMs: 50, timeoutUnixMs: 80, endedAtHeight: 9, endedAtUnixMs: 90, operationHash },
  };
}

beforeAll(prepareGateway);
beforeEach(openGateway);
afterEach(closeGateway);

test('failed packets come newest first with how they ended, to relays and the console alone, and never more than a page', async () => {
  const asked: number[] = [];
  const failed = (_peer: string, limit: number) => {
    asked.push(limit);
    return [aFailure(4, 'not-answered'), aFailure(3, 'not-received'), aFailure(2, 'refused')];
  };
  Object.assign(ledger.links, { peers: () => [{ ...aPeer, chainId: PEER }], failed });
  const listAs = async (name: string) => {
    const client = await aClient(LinkServiceClient, name);
    return (limit: number, peer = PEER) => ask(client.listFailedPackets.bind(client), { peer, limit });
  };
  const list = await listAs(spiffe.console(CHAIN));
  const { packets } = await list(0);

  expect(packets.map(({ sequence, end }) => [sequence, end])).toEqual([
    [4n, PacketEnd.PACKET_END_NOT_ANSWERED],
    [3n, PacketEnd.PACKET_END_NOT_RECEIVED],
    [2n, PacketEnd.PACKET_END_REFUSED],
  ]);
  expect(packets[2]).toMatchObject({
    code: 'RULE_UNMET',
    reason: 'cap-reached',
    sentAtHeight: 5n,
    endedAtUnixMs: 90n,
    port: 'city.fiscal-receipt',
  });
  await list(FAILED_PAGE_MAX);
  expect(asked).toEqual([FAILED_PAGE_DEFAULT, FAILED_PAGE_MAX]);
  expect(await refusalOf(list(FAILED_PAGE_MAX + 1))).toMatchObject({ code: 'MALFORMED' });
  expect(await refusalOf(list(1, 'unknown-1'))).toMatchObject({ code: 'NOT_FOUND' });
  expect(await (await listAs(spiffe.relay(CHAIN)))(1)).toMatchObject({ packets: [{}, {}, {}] });
  expect(await refusalOf((await listAs(HOSPITAL))(1))).toMatchObject({ code: 'NOT_AUTHORISED' });
});
