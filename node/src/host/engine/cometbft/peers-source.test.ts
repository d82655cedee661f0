import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import { PEERS_CHARACTERS_MAX } from './limits.ts';
import { awaitPeers, parsePeers } from './peers-source.ts';

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

test('a node waits until every node of the genesis is named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-peers-'));
  const path = join(folder, 'peers.json');
  const refused: string[] = [];
  const abort = new AbortController();
  const waiting = awaitPeers({
    path,
    nodes: ['health-0', 'health-1'],
    onRefused: (code) => refused.push(code),
    signal: abort.signal,
  });
  writeFileSync(path, 'oops');
  await waitFor('refused', () => refused.length === 1);
  writeFileSync(path, document(0, 1, 2));
  expect((await waiting).map(({ node }) => node)).toEqual(['health-0', 'health-1', 'health-2']);

  const cut = awaitPeers({ path, nodes: ['health-9'], onRefused: () => undefined, signal: abort.signal });
  abort.abort();
  await expect(cut).rejects.toThrow();
  rmSync(folder, { recursive: true });
});
