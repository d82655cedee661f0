import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeCrypto } from '@civitas/canon/node';
import { encodeLightBlock, headerHash, timestampOfUnixNanos, ZERO_TIME } from '@civitas/proofs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { commitOf, headerOf, transactionsOf, validatorsOf } from './engine-json.ts';
import { isListening } from './engine-process.ts';
import { EngineRpc } from './engine-rpc.ts';
import { findRfc3339, rfc3339Of } from './engine-time.ts';
import { LightBlocks } from './light-blocks.ts';

const HASH = 'AB'.repeat(32);
const ID = { hash: HASH, parts: { total: 1, hash: HASH } };
const HEADER = {
  version: { block: '11' },
  chain_id: 'jincheng-health-1',
  height: '5',
  time: '2026-11-21T03:14:18.0123Z',
  last_block_id: ID,
  ...Object.fromEntries(
    ['last_commit', 'data', 'validators', 'next_validators', 'consensus', 'app', 'last_results', 'evidence'].map((of) => [
      `${of}_hash`,
      HASH,
    ]),
  ),
  proposer_address: 'CD'.repeat(20),
};
const ABSENT = { block_id_flag: 1, validator_address: '', timestamp: '0001-01-01T00:00:00Z', signature: null };
const SIGNED = {
  block_id_flag: 2,
  validator_address: 'CD'.repeat(20),
  timestamp: '2026-11-21T03:14:18Z',
  signature: Buffer.alloc(64, 1).toString('base64'),
};
const COMMIT = { height: '5', round: 0, block_id: ID, signatures: [ABSENT, SIGNED] };

let folder: string;
let server: Server;
let rpc: EngineRpc;
let answer: (path: string, body: string) => string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-rpc-'));
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => response.end(answer(request.url ?? '', body)));
  });
  await new Promise<void>((resolve) => server.listen(join(folder, 'rpc.sock'), resolve));
  rpc = new EngineRpc(join(folder, 'rpc.sock'));
});
afterEach(async () => {
  rpc.close();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const says = (result: object): void => {
  answer = () => JSON.stringify({ jsonrpc: '2.0', id: 1, result });
};
const fails = (data: string): void => {
  answer = () => JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'Internal error', data } });
};

test('time is read to the nanosecond and printed as Go prints it', () => {
  for (const text of ['2026-11-21T03:14:18Z', '2026-11-21T03:14:18.0123Z', '2026-11-21T03:14:18.000000001Z']) {
    expect(rfc3339Of(findRfc3339(text) ?? ZERO_TIME)).toBe(text);
  }
  expect(findRfc3339('0001-01-01T00:00:00Z')).toEqual(ZERO_TIME);
  for (const text of ['2026-11-21 03:14:18Z', '2026-11-21T03:14:18+01:00', '2026-13-41T03:14:18Z', ''])
    expect(findRfc3339(text)).toBeUndefined();
  expect(findRfc3339('2026-11-21T03:14:18.5Z')).toEqual(timestampOfUnixNanos(BigInt(Date.UTC(2026, 10, 21, 3, 14, 18, 500)) * 1_000_000n));
});

test('a commit keeps absent signatures in their canonical form', () => {
  const { signatures, height } = commitOf(COMMIT);
  expect(height).toBe(5n);
  expect(signatures[0]).toEqual({ flag: 1, validatorAddress: new Uint8Array(0), time: ZERO_TIME, signature: new Uint8Array(0) });
  expect(signatures[1]?.signature).toHaveLength(64);
});

test.each<[string, () => unknown]>([
  ['a header without a height', () => headerOf({ ...HEADER, height: 5 })],
  ['a hash that is no hexadecimal', () => headerOf({ ...HEADER, app_hash: 'xyz' })],
  ['a time that is none', () => headerOf({ ...HEADER, time: 'now' })],
  ['an unknown flag', () => commitOf({ ...COMMIT, signatures: [{ ...SIGNED, block_id_flag: 9 }] })],
  ['signatures that are no list', () => commitOf({ ...COMMIT, signatures: null })],
  ['validators that are no list', () => validatorsOf({})],
  ['a transaction that is not base64', () => transactionsOf(['***'])],
])('%s is a fault with ENGINE_ANSWER', (_, read) => {
  expect(read).toThrow(expect.objectContaining({ code: 'ENGINE_ANSWER' }));
});

test('a transaction is taken, known, refused, or met a full engine; anything else is a fault', async () => {
  const transaction = new Uint8Array([1, 2, 3]);
  answer = (path, body) => {
    expect({ path, body }).toEqual({ path: '/broadcast_tx_sync', body: 'tx=0x010203' });
    return JSON.stringify({ result: { code: 0 } });
  };
  expect(await rpc.offer(transaction)).toBe('taken');
  says({ code: 1 });
  expect(await rpc.offer(transaction)).toBe('refused');
  fails('tx already exists in cache');
  expect(await rpc.offer(transaction)).toBe('known');
  fails('mempool is full: number of txs 20000 (max: 20000)');
  expect(await rpc.offer(transaction)).toBe('full');
  fails('something else');
  await expect(rpc.offer(transaction)).rejects.toMatchObject({ code: 'ENGINE_ANSWER' });
});

test('peers are known by their ids, and those that are named are dialled', async () => {
  answer = (path) => {
    expect(path).toBe('/net_info');
    return JSON.stringify({ result: { n_peers: '2', peers: [{ node_info: { id: 'ab' } }, { node_info: { id: 'cd' } }] } });
  };
  expect(await rpc.peerIds()).toEqual(['ab', 'cd']);
  says({ peers: null });
  await expect(rpc.peerIds()).rejects.toMatchObject({ code: 'ENGINE_ANSWER' });
  answer = (path) => {
    const { pathname, searchParams } = new URL(path, 'http://engine');
    expect(pathname).toBe('/dial_peers');
    expect(JSON.parse(searchParams.get('peers') ?? '')).toEqual(['ab@127.0.0.1:26656']);
    return JSON.stringify({ result: { log: 'Dialing peers in progress.' } });
  };
  await rpc.dial(['ab@127.0.0.1:26656']);
});

const VOTE = 'Vote{1:CDCDCDCDCDCD 4/02/SIGNED_MSG_TYPE_PREVOTE(Prevote) 000000000000 AB12 000000000000 @ 2026-11-21T03:14:18Z}';

test('it says where it stands and who has voted', async () => {
  const round = {
    round: 0,
    prevotes_bit_array: 'BA{2:_x}',
    precommits_bit_array: 'BA{2:__}',
    prevotes: ['nil-Vote', VOTE],
    precommits: null,
  };
  const place = { 'height/round/step': '4/2/6', proposal_block_hash: '', height_vote_set: [round], proposer: { address: 'CD'.repeat(20) } };
  says({ round_state: place });
  expect(await rpc.roundVotes()).toEqual({
    ...{ height: 4, round: 2, step: 6, hasBlock: false, proposer: 'cd'.repeat(20) },
    rounds: [{ prevotes: 'BA{2:_x}', precommits: 'BA{2:__}', prevoters: ['cdcdcdcdcdcd'], precommitters: [] }],
  });
  says({ round_state: { ...place, proposal_block_hash: HASH } });
  expect((await rpc.roundVotes()).hasBlock).toBe(true);
});

test.each([
  ['10', 'cd'.repeat(20)],
  ['0', ''],
])('with a voting power of %s it votes as "%s"', async (power, voter) => {
  const sync = { latest_block_height: '3', catching_up: false };
  says({ node_info: { version: '0.38.26' }, sync_info: sync, validator_info: { address: 'CD'.repeat(20), voting_power: power } });
  expect(await rpc.status()).toEqual({ version: '0.38.26', height: 3, isCatchingUp: false, voter });
});

test('an engine that is not there is silent, and one that says no JSON is a fault', async () => {
  const nobody = new EngineRpc(join(folder, 'nobody.sock'));
  await expect(nobody.status()).rejects.toMatchObject({ code: 'ENGINE_SILENT' });
  expect(await isListening(join(folder, 'nobody.sock'))).toBe(false);
  expect(await isListening(join(folder, 'rpc.sock'))).toBe(true);
  answer = () => 'oops';
  await expect(rpc.status()).rejects.toMatchObject({ code: 'ENGINE_ANSWER' });
  nobody.close();
});

test('a light block of another block than the one that was executed is refused', async () => {
  answer = (path) =>
    JSON.stringify({
      result: path.startsWith('/commit') ? { signed_header: { header: HEADER, commit: COMMIT } } : { total: '0', validators: [] },
    });
  const store = {
    readBlockRecord: () => undefined,
    readLightBlock: () => undefined,
    readLightsFrom: () => 0,
    writeLightBlocks: async () => undefined,
  };
  const lights = new LightBlocks({ sha256: nodeCrypto.sha256, rpc, store, headHeight: () => 0 });
  await expect(lights.fetch(5, new Uint8Array(32))).rejects.toMatchObject({ code: 'ENGINE_ANSWER' });
  const hash = headerHash(nodeCrypto.sha256, headerOf(HEADER));
  // The commit is to another block than the header's.
  await expect(lights.fetch(5, hash)).rejects.toMatchObject({ code: 'ENGINE_ANSWER' });
  expect(encodeLightBlock({ header: headerOf(HEADER), commit: commitOf(COMMIT), validators: [] }).length).toBeGreaterThan(0);
});

test('a connection that rests is closed before the engine does so, and the next call makes another', async () => {
  answer = () => JSON.stringify({ result: { peers: [] } });
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => sockets.push(socket));
  const brief = new EngineRpc(join(folder, 'rpc.sock'), 1);
  await brief.peerIds();
  const [first] = sockets;
  if (first?.closed === false) await once(first, 'close');
  await expect(brief.peerIds()).resolves.toEqual([]);
  expect(sockets).toHaveLength(2);
  brief.close();
});

test('a connection that waits for an answer does not rest, however long that takes', async () => {
  const held: ServerResponse[] = [];
  const slow = createServer((request, response) => {
    if (request.url === '/status') held.push(response);
    else response.end(JSON.stringify({ result: { peers: [] } }));
  });
  await new Promise<void>((resolve) => slow.listen(join(folder, 'slow.sock'), resolve));
  const sockets: Socket[] = [];
  slow.on('connection', (socket: Socket) => sockets.push(socket));
  const brief = new EngineRpc(join(folder, 'slow.sock'), 1);
  const asked = brief.validatorKey();
  await once(slow, 'request');
  await brief.peerIds();
  // The other connection has rested for longer than it may, and so has this one waited.
  const [, resting] = sockets;
  if (resting?.closed === false) await once(resting, 'close');
  held[0]?.end(JSON.stringify({ result: { validator_info: { pub_key: { value: 'key' } } } }));
  await expect(asked).resolves.toBe('key');
  expect(sockets).toHaveLength(2);
  brief.close();
  await new Promise((resolve) => slow.close(resolve));
});

test('the transactions of a block below the oldest one are not there; any other error is a fault', async () => {
  const failed = (data: string): string =>
    JSON.stringify({ jsonrpc: '2.0', id: -1, error: { code: -32603, message: 'Internal error', data } });
  answer = () => failed('height 3 is not available, lowest height is 10');
  expect(await rpc.transactions(3)).toBeUndefined();
  answer = () => failed('height 30 must be less than or equal to the current blockchain height 12');
  await expect(rpc.transactions(30)).rejects.toMatchObject({ code: 'ENGINE_ANSWER' });
});
