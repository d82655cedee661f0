import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@civitas/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { PEERS_CHARACTERS_MAX } from './limits.ts';
import { awaitedNodes, parsePeers, peersSource } from './peers-source.ts';

let folder: string;
let path: string;
let refused: string[];
let abort: AbortController;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-peers-'));
  path = join(folder, 'peers.json');
  refused = [];
  abort = new AbortController();
});
afterEach(() => {
  abort.abort();
  rmSync(folder, { recursive: true });
});

const peer = (index: number) => ({
  node: `health-${index}`,
  nodeId: String(index).repeat(40),
  host: `127.0.0.${index + 1}`,
  p2pPort: 26656,
  grpcPort: 7070,
});
const document = (...indexes: number[]) => JSON.stringify({ schemaVersion: 1, peers: indexes.map(peer) });

test.each([
  ['what is no JSON', '{'],
  ['an unknown field', JSON.stringify({ schemaVersion: 1, peers: [], more: 1 })],
  ['a node id that is none', JSON.stringify({ schemaVersion: 1, peers: [{ ...peer(1), nodeId: 'x' }] })],
  ['a host that would be read as configuration', JSON.stringify({ schemaVersion: 1, peers: [{ ...peer(1), host: 'a,b"\n' }] })],
  ['a port that is none', JSON.stringify({ schemaVersion: 1, peers: [{ ...peer(1), p2pPort: 0 }] })],
  ['what is too large', ' '.repeat(PEERS_CHARACTERS_MAX + 1)],
])('%s is refused with PEERS_INVALID', (_, text) => {
  expect(parsePeers(text)).toMatchObject({ ok: false, refusal: { code: 'PEERS_INVALID' } });
});

const sourceOf = (nodes: readonly string[] | undefined) =>
  peersSource({ path, awaited: () => nodes, onRefused: (code) => refused.push(code) });

test('a founder waits before the first block until every founder is named', async () => {
  const waiting = sourceOf(['health-0', 'health-1'])(abort.signal);
  writeFileSync(path, 'oops');
  await waitFor('refused', () => refused.length === 1);
  writeFileSync(path, document(0, 1, 2));
  expect((await waiting).map(({ node }) => node)).toEqual(['health-0', 'health-1', 'health-2']);

  const cut = sourceOf(['health-9'])(abort.signal);
  abort.abort();
  await expect(cut).rejects.toThrow();
});

test('one that waits for nobody takes whom the document names, and says once that it is refused', async () => {
  const peers = sourceOf(undefined);
  expect(await peers(abort.signal)).toEqual([]);
  writeFileSync(path, 'oops');
  expect([await peers(abort.signal), await peers(abort.signal), refused]).toEqual([[], [], ['PEERS_INVALID']]);
  writeFileSync(path, document(0, 1));
  expect((await peers(abort.signal)).map(({ node }) => node)).toEqual(['health-0', 'health-1']);
});

const FOUNDERS = ['health-0', 'health-1', 'health-2', 'health-3'];
test.each([
  ['a founder before the first block: all founders', { name: 'health-0', founders: FOUNDERS, height: 0, isJoining: false }, FOUNDERS],
  ['a founder of a living network: only the document', { name: 'health-0', founders: FOUNDERS, height: 1, isJoining: false }, []],
  ['a founder that is rebuilt: only the document', { name: 'health-0', founders: FOUNDERS, height: 0, isJoining: true }, []],
  ['a newcomer: only the document', { name: 'health-4', founders: FOUNDERS, height: 0, isJoining: false }, []],
  ['a lone founder: nothing', { name: 'health-0', founders: ['health-0'], height: 0, isJoining: false }, undefined],
  ['a lone founder that is rebuilt: the document', { name: 'health-0', founders: ['health-0'], height: 0, isJoining: true }, []],
])('is awaited by %s', (_, node, awaited) => {
  expect(awaitedNodes(node)).toEqual(awaited);
});
