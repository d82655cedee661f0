import { status } from '@grpc/grpc-js';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createAuthority } from '../certificates/authority.ts';
import type { NetworkAuthority } from '../observe/authorities.ts';
import { type Connections, type ConnectionTarget, createConnections } from './connections.ts';
import { IDLE_SWEEP_MS, KEPT_CHANNELS_MAX, MANY_IDLE_CHANNEL_MS } from './limits.ts';
import { callNode } from './node-connection.ts';

const HOUR_MS = 3_600_000;
const START_UNIX_MS = Date.parse('2026-01-01T00:00:00Z');

let nowUnixMs: number;
let connections: Connections;
let authority: NetworkAuthority;
let another: NetworkAuthority;

async function anAuthority(): Promise<NetworkAuthority> {
  const made = await createAuthority('ca.jincheng.city', START_UNIX_MS);
  return { ...made, bundlePem: made.certificatePem, everyPem: made.certificatePem, fingerprint: '1 of 1' };
}

const target = (pod: string, facts: Partial<ConnectionTarget> = {}): ConnectionTarget => ({
  ...{ name: `jincheng/${pod}`, podUID: `uid-${pod}`, host: '127.0.0.1', network: 'jincheng-city-1', authority, isExpected: () => true },
  ...facts,
});

beforeAll(async () => {
  authority = await anAuthority();
  another = await anAuthority();
});

beforeEach(() => {
  nowUnixMs = START_UNIX_MS;
  connections = createConnections(() => nowUnixMs);
});

describe('connections to nodes', () => {
  test('of one network share one certificate, which is replaced when it is due, and with it each channel', async () => {
    const first = await connections.to(target('city-0'));
    nowUnixMs += 60_000;
    const second = await connections.to(target('city-1'));
    expect(second.renewAtUnixMs).toBe(first.renewAtUnixMs);
    expect(await connections.to(target('city-0'))).toBe(first);
    nowUnixMs = first.renewAtUnixMs;
    const renewed = await connections.to(target('city-0'));
    expect(renewed).not.toBe(first);
    expect(renewed.renewAtUnixMs).toBeGreaterThan(nowUnixMs);
    expect((await connections.to(target('city-1'))).renewAtUnixMs).toBe(renewed.renewAtUnixMs);
  });

  test('of a network that was made anew under the same name are of its new authority, also without a roll-over', async () => {
    const first = await connections.to(target('city-0'));
    nowUnixMs += 60_000;
    const anew = await connections.to(target('city-0', { podUID: 'uid-later', authority: another }));
    expect(anew.renewAtUnixMs).toBe(first.renewAtUnixMs + 60_000);
  });

  test('begun while the clock was a day ahead are begun again once it is right', async () => {
    nowUnixMs += 24 * HOUR_MS;
    const ahead = await connections.to(target('city-0'));
    nowUnixMs = START_UNIX_MS;
    const right = await connections.to(target('city-0'));
    expect(right).not.toBe(ahead);
    expect(right.renewAtUnixMs).toBeLessThan(ahead.renewAtUnixMs);
  });

  test('that are forgotten leave nothing of their network behind', async () => {
    const first = await connections.to(target('city-0'));
    nowUnixMs += 60_000;
    connections.forget('jincheng/city-0');
    expect((await connections.to(target('city-0'))).renewAtUnixMs).toBe(first.renewAtUnixMs + 60_000);
    connections.close();
  });

  const channelsOf = async (count: number) => {
    const names = Array.from({ length: count }, (_, index) => `city-${index}`);
    const opened = await Promise.all(names.map((name) => connections.to(target(name))));
    return opened.map((connection) => ({ connection, admin: connection.admin, ledger: connection.ledger }));
  };

  test('that no call uses are ended where there are many, made anew by the next call, and spared where somebody has just asked', async () => {
    const many = await channelsOf(KEPT_CHANNELS_MAX + 1);
    nowUnixMs += MANY_IDLE_CHANNEL_MS - 1;
    await connections.to(target('city-1'));
    expect(many.every(({ connection, admin, ledger }) => connection.admin === admin && connection.ledger === ledger)).toBe(true);
    nowUnixMs += IDLE_SWEEP_MS;
    await connections.to(target('city-2'));
    const anew = many.map(({ connection, admin, ledger }) => connection.admin !== admin && connection.ledger !== ledger);
    expect([anew[0], anew[1], anew.at(-1)]).toEqual([true, false, true]);
    connections.close();
  });

  test('that a call waits on stay, whoever lets go of them, until it has its answer', async () => {
    await channelsOf(KEPT_CHANNELS_MAX);
    const busy = await connections.to(target('busy'));
    const { admin, ledger } = busy;
    // Nothing listens there.
    const answer = callNode(admin.status.bind(admin), {});
    connections.letGo('jincheng/busy');
    expect([busy.admin === admin, busy.ledger === ledger]).toEqual([true, false]);
    await expect(answer).rejects.toMatchObject({ code: status.UNAVAILABLE });
    connections.letGo('jincheng/busy');
    expect(busy.admin === admin).toBe(false);
    connections.close();
  });

  test('stay as they are where there are few', async () => {
    const few = await channelsOf(KEPT_CHANNELS_MAX);
    nowUnixMs += 60 * MANY_IDLE_CHANNEL_MS;
    await connections.to(target('city-0'));
    connections.letGo('jincheng/city-1');
    expect(few.every(({ connection, admin }) => connection.admin === admin)).toBe(true);
    connections.close();
  });
});
