import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { peersOfNode } from './peers-of-node.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-peers-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function namePeers(...indexes: number[]): void {
  const peers = indexes.map((index) => ({
    ...{ node: `health-${index}`, nodeId: String(index).repeat(40), host: `127.0.0.${index + 1}` },
    ...{ p2pPort: 26656, grpcPort: 7070 },
  }));
  writeFileSync(join(folder, 'peers.json'), JSON.stringify({ schemaVersion: 1, peers }));
}

/** Whom the node finds within half a second; undefined while it waits. */
async function peersFound(node: string, founderCount: number, height: number): Promise<readonly string[] | undefined> {
  const validators = Array.from({ length: founderCount }, (_, index) => ({
    node: `health-${index}`,
    organisation: 'bureau',
    publicKey: '',
    power: 1,
  }));
  const parts = { pod: { pathOf: () => join(folder, 'peers.json') }, config: { node }, log: { error: () => undefined } };
  const peers = peersOfNode(parts, { validators }, { readHead: () => ({ height, keptFrom: 0 }) });
  const found = peers(AbortSignal.timeout(500));
  return found.then(
    (all) => all.map((peer) => peer.node),
    () => undefined,
  );
}

test('a network that was born with seven and shrunk to four starts again', async () => {
  namePeers(3, 4, 5, 6);
  expect(await peersFound('health-3', 7, 812)).toEqual(['health-3', 'health-4', 'health-5', 'health-6']);
  expect(await peersFound('health-3', 7, 0)).toBeUndefined();
});

test('the founder of a network that grew from one to four knows the others', async () => {
  namePeers(0, 1, 2, 3);
  expect(await peersFound('health-0', 1, 812)).toEqual(['health-0', 'health-1', 'health-2', 'health-3']);
});

test('a lone founder starts before anybody is named', async () => {
  expect(await peersFound('health-0', 1, 0)).toEqual([]);
});
