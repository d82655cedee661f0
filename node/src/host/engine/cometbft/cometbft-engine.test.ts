import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeCrypto } from '@civitas/canon/node';
import { waitFor } from '@civitas/testkit';
import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readEngineKeys } from '../../keys/engine-keys.ts';
import { aNetwork } from '../../ledger/ledger-fixture.ts';
import { LedgerStore } from '../../store/ledger-store.ts';
import type { Application, HandOverPoint } from '../engine.ts';
import { CometbftEngine, type CometbftEngineOptions } from './cometbft-engine.ts';
import { isReleased } from './engine-home.ts';

const MODULE = fileURLToPath(new URL('./engine-process.ts', import.meta.url));
const POD = 'uid-1';
const { genesis } = aNetwork('jincheng-health-1');
let folder: string;
let home: string;
let store: LedgerStore;
let grant: { isGiven: boolean; listeners: Set<() => void> };
let faults: unknown[];
let events: string[];
let engine: CometbftEngine | undefined;
let old: ChildProcess | undefined;
let listener: Server | undefined;
let connection: Socket | undefined;
let due: HandOverPoint | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-cometbft-'));
  home = join(folder, 'engine');
  mkdirSync(home);
  store = new LedgerStore(join(folder, 'ledger'));
  grant = { isGiven: false, listeners: new Set() };
  faults = [];
  events = [];
  due = undefined;
});
afterEach(async () => {
  connection?.destroy();
  old?.kill('SIGKILL');
  await engine?.close();
  await new Promise((resolve) => (listener === undefined ? resolve(undefined) : listener.close(resolve)));
  [engine, old, listener, connection] = [undefined, undefined, undefined, undefined];
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const unasked = (): never => {
  throw new Error('nobody asks this here');
};

/** A ledger before its first block. */
const application: Application = {
  info: () => ({ height: 0, appHash: new Uint8Array(32), resultsHash: new Uint8Array(32), appVersion: 0n }),
  handOver: () => due,
  checkTx: unasked,
  operationCountOf: unasked,
  prepareProposal: unasked,
  processProposal: unasked,
  finalizeBlock: unasked,
  commit: unasked,
};

function anEngine(more: Partial<CometbftEngineOptions> = {}): CometbftEngine {
  engine = new CometbftEngine({
    home,
    podUid: POD,
    node: 'health-0',
    address: '127.0.0.1',
    version: '0.1.0',
    emptyBlockIntervalMs: 5_000,
    genesis,
    keys: readEngineKeys(folder, false),
    sha256: nodeCrypto.sha256,
    application,
    store,
    snapshots: undefined,
    signing: {
      granted: () => grant.isGiven,
      onChange: (told) => {
        grant.listeners.add(told);
        return () => void grant.listeners.delete(told);
      },
    },
    ownNodeId: 'a'.repeat(40),
    awaitPeers: async () => [],
    stateSync: async () => '',
    remoteSignerAddress: '',
    embedded: { program: '/nowhere', settle: async () => undefined },
    log: { info: (event) => void events.push(event), warn: (event) => void events.push(event) },
    onFault: (error) => void faults.push(error),
    ...more,
  });
  return engine;
}

/** As of a node whose peers nobody names. */
const untilAborted: CometbftEngineOptions['awaitPeers'] = (signal) => pause(3_600_000, [], { signal });

function setGrant(isGiven: boolean): void {
  grant.isGiven = isGiven;
  for (const told of [...grant.listeners]) told();
}

/** A process that its home names as its engine. @returns how it ends. */
async function aRecordedEngine(): Promise<{ readonly ended: Promise<string> }> {
  const program = `import { recordEngine } from ${JSON.stringify(MODULE)}; recordEngine('.');
    process.execve('/bin/sh', ['sh', '-c', 'echo up; exec sleep 600'], process.env);`;
  const args = ['--no-warnings', '--input-type=module', '-e', program];
  const child = spawn(process.execPath, args, { cwd: home, stdio: ['ignore', 'pipe', 'inherit'] });
  old = child;
  const ended = new Promise<string>((resolve) => child.once('exit', (code, signal) => resolve(`${code} ${signal}`)));
  await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  return { ended };
}

const released = (): Promise<unknown> => waitFor('the release', () => isReleased(home, POD));

async function connectAsEngine(): Promise<void> {
  const socket = connect(join(home, 'app.sock'));
  connection = socket;
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
}

test('takes back the release of its last life, and releases the engine only under a grant', async () => {
  writeFileSync(join(home, 'released'), POD);
  const started = anEngine();
  expect(existsSync(join(home, 'released'))).toBe(false);
  await waitFor('its wait for a grant', () => started.health().awaiting === 'grant');
  expect(started.health().unwell).toBe('node: awaiting its signing grant');
  expect(readFileSync(join(home, 'config/config.toml'), 'utf8')).toContain('moniker = "health-0"');
  expect(isReleased(home, POD)).toBe(false);

  setGrant(true);
  await released();
  expect(started.health().unwell).toBe('engine: no process');
  expect(started.isSigning()).toBe(false);
  expect(faults).toEqual([]);
});

test.each([
  ['its grant', 'grant', {}, 'node: awaiting its signing grant'],
  ['its peers', 'peers', { awaitPeers: untilAborted }, 'node: awaiting peers'],
])('refuses work while it waits for %s, and takes it afterwards', async (_, awaiting, more, reason) => {
  const started = anEngine(more);
  await waitFor('its wait', () => started.health().awaiting === awaiting);
  expect(started.refusalOfWork()).toMatchObject({ code: 'HALTED', facts: { reason }, then: 'retry' });
  await expect(started.submit(new Uint8Array(1))).rejects.toMatchObject({ refusal: { code: 'HALTED', facts: { reason } } });

  setGrant(true);
  if (awaiting === 'peers') return;
  await released();
  expect(started.refusalOfWork()).toBeUndefined();
});

test('ends the engine of its last life before anything else', async () => {
  const { ended } = await aRecordedEngine();
  const started = anEngine();
  expect(await ended).toBe('null SIGTERM');
  await waitFor('its wait for a grant', () => started.health().awaiting === 'grant');
  expect(events).toContain('earlier-engine-ended');
});

test('an engine that answers and that nothing names is a fault: it cannot be ended', async () => {
  const other = createServer();
  listener = other;
  await new Promise<void>((resolve) => other.listen(join(home, 'rpc.sock'), resolve));
  anEngine();
  await waitFor('the fault', () => faults.length === 1);
  expect(faults).toMatchObject([{ code: 'ENGINE_UNENDED' }]);
  expect(isReleased(home, POD)).toBe(false);
});

test('an engine that is gone is a fault', async () => {
  setGrant(true);
  const started = anEngine();
  await released();
  await connectAsEngine();
  await waitFor('the connection', () => started.isSigning());
  connection?.destroy();
  await waitFor('the fault', () => faults.length === 1);
  expect(faults).toMatchObject([{ message: 'the engine is gone: its connections closed' }]);
  expect(isReleased(home, POD)).toBe(false);
});

test('without its grant the engine is killed at once, and the node fails', async () => {
  setGrant(true);
  const started = anEngine();
  await released();
  const { ended } = await aRecordedEngine();
  await connectAsEngine();
  await waitFor('the connection', () => started.isSigning());
  setGrant(false);
  expect(await ended).toBe('null SIGKILL');
  await waitFor('the fault', () => faults.length === 1);
  expect(faults).toMatchObject([{ message: 'the signing grant was withdrawn' }]);
  expect(isReleased(home, POD)).toBe(false);
});

const DUE: HandOverPoint = { version: 2, newestVersion: 1, height: 9 };
const DUE_TEXT = 'node: awaits its upgrade: protocol 2 is in force from height 9, this release executes up to 1';

test('before a block of a newer protocol it releases no engine, says why, and lives on', async () => {
  due = DUE;
  setGrant(true);
  const started = anEngine();
  await waitFor('its wait for an upgrade', () => started.health().awaiting === 'upgrade');
  expect(started.health()).toMatchObject({ unwell: DUE_TEXT, isHalted: false, isCaughtUp: false });
  expect(started.isSigning()).toBe(false);
  expect(started.refusalOfWork()).toMatchObject({ code: 'HALTED', facts: { reason: DUE_TEXT }, then: 'retry' });
  await expect(started.submit(new Uint8Array(1))).rejects.toMatchObject({ refusal: { code: 'HALTED' } });
  expect([isReleased(home, POD), faults, events]).toEqual([false, [], ['awaiting-upgrade']]);
});

test('at that block a running engine is ended, which is no fault', async () => {
  setGrant(true);
  const started = anEngine();
  await released();
  const { ended } = await aRecordedEngine();
  await connectAsEngine();
  await waitFor('the connection', () => started.isSigning());
  due = DUE;
  // What an engine says first to an application: nothing is said back.
  const client = new Client(`unix:${join(home, 'app.sock')}`, credentials.createInsecure());
  client.makeUnaryRequest(
    '/tendermint.abci.ABCI/Info',
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
    Buffer.alloc(0),
    () => undefined,
  );
  expect(await ended).toBe('null SIGTERM');
  client.close();
  await waitFor('its wait for an upgrade', () => started.health().awaiting === 'upgrade');
  expect([started.isSigning(), isReleased(home, POD), faults]).toEqual([false, false, []]);
  expect(started.health().unwell).toBe(DUE_TEXT);
});

/** What an engine says of itself; `value` is the key that it signs with, base64. */
function rpcAnswer(path: string, value: string): object {
  if (path === '/net_info') return { peers: [] };
  if (path === '/consensus_state') return { round_state: { 'height/round/step': '1/0/1', height_vote_set: [], proposer: { address: '' } } };
  const sync = { latest_block_height: '0', catching_up: false };
  return { node_info: { version: '0.38.26' }, sync_info: sync, validator_info: { pub_key: { value } } };
}

test('a signer that has not dialled is named; an engine that signs with another key than the granted one is killed', async () => {
  setGrant(true);
  const started = anEngine({ remoteSignerAddress: 'tcp://127.0.0.1:26659', signerPublicKey: new Uint8Array(32).fill(7) });
  await released();
  expect(readFileSync(join(home, 'config/config.toml'), 'utf8')).toContain('priv_validator_laddr = "tcp://127.0.0.1:26659"');
  await waitFor('its word of the signer', () => started.health().unwell === 'signer: not connected', 60_000);

  const { ended } = await aRecordedEngine();
  await connectAsEngine();
  const foreign = Buffer.alloc(32, 8).toString('base64');
  const rpc = createHttpServer((request, response) => response.end(JSON.stringify({ result: rpcAnswer(request.url ?? '', foreign) })));
  listener = rpc;
  rpc.listen(join(home, 'rpc.sock'));
  expect(await ended).toBe('null SIGKILL');
  await waitFor('the fault', () => faults.length > 0, 60_000);
  expect(faults[0]).toMatchObject({ code: 'SIGNER_KEY', message: expect.stringContaining(`holds ${foreign}`) });
  expect(isReleased(home, POD)).toBe(false);
  rpc.closeAllConnections();
});
