import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeCanonical } from '@civitas/canon';
import { CONSOLE_ACCESS } from '@civitas/deployment';
import type { ConfigMap, Store } from '@civitas/kube';
import { ErrorInfo } from '@civitas/proto/civitas/node/v1/ledger';
import { FailedPacket, PacketEnd } from '@civitas/proto/civitas/node/v1/link';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { expect, test } from '@jest/globals';
import type { LedgerNetwork } from '../kube/kinds.ts';
import { problemOfCall } from './call-ledger.ts';
import { leafAndAuthorities, reachIn } from './console-access.ts';
import { openConsoleKey } from './console-key.ts';
import { createLedgers } from './ledgers.ts';
import { failedPacketOf, packetOf } from './packet-view.ts';

const PEM = (name: string): string => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
const metadata = { name: CONSOLE_ACCESS, namespace: 'civitas-system', uid: 'u', resourceVersion: '1', creationTimestamp: '' };

function anAnswer(requestPem: string): ConfigMap {
  const request = createHash('sha256').update(requestPem).digest('base64url');
  const document = { schemaVersion: 1, chainId: 'jincheng-city-1', grpc: '127.0.0.1:7070', request };
  const data = { 'jincheng.city.json': JSON.stringify(document), 'jincheng.city.crt': `${PEM('leaf')}${PEM('ca')}` };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
}

test('the console’s key is made once, for its owner alone, and asks for the same each time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-console-key-'));
  try {
    const first = await openConsoleKey(folder);
    expect(first.requestPem).toContain('CERTIFICATE REQUEST');
    expect(statSync(join(folder, 'ledger-tls.key')).mode & 0o777).toBe(0o600);
    expect((await openConsoleKey(folder)).privateKeyPem).toBe(first.privateKeyPem);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('an answer for another key, or for another network, is none', () => {
  const answer = anAnswer('request');
  expect(reachIn(answer, 'jincheng.city', 'request')).toMatchObject({ chainId: 'jincheng-city-1', grpc: '127.0.0.1:7070' });
  expect(reachIn(answer, 'jincheng.city', 'another request')).toBeUndefined();
  expect(reachIn(answer, 'jincheng.health', 'request')).toBeUndefined();
  expect(reachIn(undefined, 'jincheng.city', 'request')).toBeUndefined();
  expect(leafAndAuthorities(`${PEM('leaf')}${PEM('ca')}`)).toEqual({ leafPem: PEM('leaf'), authoritiesPem: PEM('ca') });
});

test('a ledger to which the operator has given no access is said to be out of reach, and left out where it only adds', async () => {
  const nothing: Store<ConfigMap> = { size: 0, get: () => undefined, list: () => [], keys: () => [], byIndex: () => [] };
  const ledgers = createLedgers(nothing, { privateKeyPem: '', requestPem: '' }, CONSOLE_ACCESS);
  const network: LedgerNetwork = {
    apiVersion: 'civitas.dev/v1alpha1',
    kind: 'LedgerNetwork',
    metadata: { ...metadata, name: 'city', namespace: 'jincheng' },
    spec: { domain: 'city', chainId: 'jincheng-city-1' },
  };
  expect(() => ledgers.open(network)).toThrow(expect.objectContaining({ code: 'LEDGER_UNREACHABLE', reason: 'no-access' }));
  expect(await ledgers.findHead(network)).toBeUndefined();
  expect(await ledgers.findPackets(network, 'jincheng-health-1')).toBeUndefined();
  expect(await ledgers.findFailedPackets(network, network)).toBeUndefined();
});

test.each([
  ['NOT_FOUND', 'NOT_FOUND'],
  ['PERSON_NOT_ALLOWED', 'FORBIDDEN'],
  ['STEP_UP_NEEDED', 'STEP_UP_NEEDED'],
  ['DUPLICATE', 'LEDGER_REFUSED'],
])('a node’s %s is the problem %s, with its code as the reason', (code, problem) => {
  const trailer = new Metadata();
  const info = { code, factsJson: '{}', then: 'drop', retryAfterMs: 0 };
  trailer.set('civitas-error-bin', Buffer.from(ErrorInfo.encode(info).finish()));
  const error: ServiceError = Object.assign(new Error(code), { code: status.FAILED_PRECONDITION, details: '', metadata: trailer });
  expect(problemOfCall(error)).toMatchObject({ code: problem, reason: code });
  const gone: ServiceError = Object.assign(new Error('x'), { code: status.UNAVAILABLE, details: '', metadata: new Metadata() });
  expect(problemOfCall(gone)).toMatchObject({ code: 'LEDGER_UNREACHABLE', reason: 'UNAVAILABLE' });
});

test('a packet is in flight until it is put off, and late once its time is over', () => {
  const packet = encodeCanonical({ timeoutUnixMs: 1000, payloads: [{ sourcePort: 'housing.withdrawal', port: 'health.access' }] });
  const entry = { sequence: 3n, packet, sentAtHeight: 7n, sentAtUnixMs: 5n, deferredUntilUnixMs: 0n };
  const at = (nowUnixMs: number, deferredUntilUnixMs = 0n) =>
    packetOf({ network: 'housing', peer: 'jincheng-health-1', nowUnixMs }, { ...entry, deferredUntilUnixMs });
  expect(at(10)).toMatchObject({ sequence: 3, state: 'in-flight', sourcePort: 'housing.withdrawal', destinationPort: 'health.access' });
  expect(at(10, 20n)).toMatchObject({ state: 'deferred', deferredUntilUnixMs: 20 });
  expect(at(1000)).toMatchObject({ state: 'late' });
});

test('a failed packet says how it ended, why, and which operation proves it; an end of a later release is unknown', () => {
  const ends = { network: 'transport', peer: 'city' };
  const refused = { end: PacketEnd.PACKET_END_REFUSED, code: 'RULE_UNMET', reason: 'cap-reached', operationHash: Buffer.alloc(32, 0xab) };
  const entry = { ...refused, sequence: 3n, sourcePort: 'transport.fine', port: 'city.fiscal-receipt', endedAtUnixMs: 9n };
  const of = (over: Partial<FailedPacket>) => failedPacketOf(ends, FailedPacket.fromPartial({ ...entry, ...over }));
  expect(of({})).toMatchObject({ ...ends, sequence: 3, end: 'refused', code: 'RULE_UNMET', reason: 'cap-reached', endedAtUnixMs: 9 });
  expect(of({})).toMatchObject({ operation: 'ab'.repeat(32), sourcePort: 'transport.fine', destinationPort: 'city.fiscal-receipt' });
  expect(of({ end: PacketEnd.PACKET_END_NOT_RECEIVED }).end).toBe('not-received');
  expect(of({ end: PacketEnd.PACKET_END_NOT_ANSWERED }).end).toBe('not-answered');
  expect(of({ end: PacketEnd.PACKET_END_UNSPECIFIED }).end).toBe('unknown');
});
