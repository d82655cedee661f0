import {
  assertParsed,
  base64urlDecode,
  base64urlEncode,
  operationHash,
  SHARED_BATCH_BYTES_MAX,
  sharedBatchOf,
  sharedSignBytes,
  verifySignature,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { spiffe } from '@civitas/deployment';
import { generateHpkeKeyPair, type HpkeKeyPair } from '@civitas/sealed-call';
import { temporaryFolder } from '@civitas/testkit/temporary-folder';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { EXIT } from '../exit-codes.ts';
import { Fault, Refused } from '../fault.ts';
import { ensureProfile } from '../profile/ensure-profile.ts';
import { loadProfile, type NetworkAccess, type Profile } from '../profile/load-profile.ts';
import { type LedgerClient, openLedgerClient } from './ledger-client.ts';
import { TestAuthority, type TestLeaf } from './testing/test-authority.ts';
import { TestNode } from './testing/test-node.ts';
import { openVaultClient } from './vault-client.ts';

const CHAIN = 'jincheng-health-1';
const CALL = { contract: 'health.index@v1', method: 'registerMany', role: 'custodian', args: {} };

let authority: TestAuthority;
let nodeLeaf: TestLeaf;
let clientLeaf: TestLeaf;
let profile: Profile;
let vaultKeys: HpkeKeyPair;
let node: TestNode;
let client: LedgerClient;

beforeAll(async () => {
  authority = await TestAuthority.create();
  nodeLeaf = await authority.issue(spiffe.node(CHAIN, 'hospital-1', 'health-0'));
  clientLeaf = await authority.issue(spiffe.client(CHAIN, 'hospital-1', 'cli'));
  const home = temporaryFolder('sdk');
  await ensureProfile(home, 'hospital-1');
  profile = loadProfile(home, 'hospital-1');
  vaultKeys = await generateHpkeKeyPair();
});

async function startNode(leaf: TestLeaf, credits?: number): Promise<TestNode> {
  const callerPublicKey = base64urlDecode(profile.publicKey) ?? new Uint8Array(0);
  const started = new TestNode({
    authorityPem: authority.pem,
    leaf,
    chainId: CHAIN,
    vault: vaultKeys,
    callerPublicKey,
    ...(credits === undefined ? {} : { credits }),
  });
  await started.start();
  return started;
}

function connect(to: TestNode, leaf = clientLeaf, signal?: AbortSignal): LedgerClient {
  const document = {
    schemaVersion: 1,
    network: 'health',
    chainId: CHAIN,
    genesisHash: '',
    genesis: '',
    grpc: to.address,
    vault: to.address,
    organisation: 'hospital-1',
    roles: [],
  } as const;
  const access: NetworkAccess = { document, genesis: undefined, genesisHash: new Uint8Array(32), authorityPem: authority.pem, ...leaf };
  return openLedgerClient({ ...profile, networks: new Map([['health', access]]) }, 'health', signal);
}

beforeEach(async () => {
  node = await startNode(nodeLeaf);
  client = connect(node);
});

/** Another node, which grants this many credits. */
async function reconnect(credits: number): Promise<void> {
  client.close();
  node.stop();
  node = await startNode(nodeLeaf, credits);
  client = connect(node);
}

afterEach(() => {
  client.close();
  node.stop();
});

test('a signed operation goes over mutual TLS and comes back with its receipt', async () => {
  const submitted = await client.submit(CALL);
  expect(submitted).toMatchObject({ ok: true, height: 7, result: { method: 'registerMany' } });
});

test('a refusal in the receipt and a refusal of admission are values', async () => {
  node.errors.push({ code: status.PERMISSION_DENIED, info: { code: 'NOT_AUTHORISED', factsJson: '{"role":"x"}', then: 'drop' } });
  expect(await client.submit(CALL)).toMatchObject({ ok: false, height: 0, refusal: { code: 'NOT_AUTHORISED', facts: { role: 'x' } } });
  expect(await client.submit({ ...CALL, method: 'forbidden' })).toMatchObject({ ok: false, height: 7, refusal: { code: 'STATE' } });
});

test('an overloaded or absent node is asked again', async () => {
  const busy = { code: 'OVERLOADED', factsJson: '{}', then: 'retry', retryAfterMs: 1 };
  node.errors.push({ code: status.UNAVAILABLE }, { code: status.RESOURCE_EXHAUSTED, info: busy });
  expect(await client.submit(CALL)).toMatchObject({ ok: true });
});

test('an operation that left and was never answered is of unknown fate, whatever a later try is refused with', async () => {
  const drop = { code: 'EXPIRED', factsJson: '{}', then: 'drop' };
  for (const lost of [
    { code: status.DEADLINE_EXCEEDED },
    { code: status.INTERNAL, info: { code: 'FAULT', factsJson: '{}', then: 'retry', retryAfterMs: 1 } },
  ]) {
    node.errors.push(lost, { code: status.FAILED_PRECONDITION, info: drop });
    await expect(client.submit(CALL)).rejects.toMatchObject({ code: 'FATE_UNKNOWN', facts: { code: 'EXPIRED' } });
  }
  node.errors.push({ code: status.RESOURCE_EXHAUSTED, info: { ...drop, code: 'QUEUE_FULL', then: 'retry', retryAfterMs: 1 } });
  node.errors.push({ code: status.FAILED_PRECONDITION, info: drop });
  expect(await client.submit(CALL)).toMatchObject({ ok: false, height: 0, refusal: { code: 'EXPIRED' } });
});

test('a server with another network’s certificate is not spoken to', async () => {
  const stranger = await startNode(await authority.issue(spiffe.node('jincheng-city-1', 'hospital-1', 'city-0')));
  const other = openLedgerClient(
    { ...profile, networks: new Map([['health', { ...client.access, document: { ...client.access.document, grpc: stranger.address } }]]) },
    'health',
  );
  await expect(other.submit(CALL)).rejects.toThrow(/expected a node of/);
  expect(stranger.submitted).toEqual([]);
  other.close();
  stranger.stop();
});

test('bulk submits keep to the credits and every operation gets its own receipt', async () => {
  const calls = Array.from({ length: 40 }, (_, index) => client.submitBulk({ ...CALL, method: `m${index}` }));
  const answers = await Promise.all(calls);
  expect(answers.map((answer) => answer.ok && answer.result)).toEqual(Array.from({ length: 40 }, (_, index) => ({ method: `m${index}` })));
  expect(node.streams).toBe(1);
});

test('bulk submits of one moment leave under one signature, a single one under its own', async () => {
  await reconnect(512);
  const publicKey = base64urlDecode(profile.publicKey) ?? new Uint8Array(0);
  await Promise.all(Array.from({ length: 300 }, (_, index) => client.submitBulk({ ...CALL, method: `m${index}` })));
  await client.submitBulk(CALL);

  expect(node.batches.map(({ operations }) => operations.length)).toEqual([256, 44]);
  expect(node.submitted.length).toBe(301);
  for (const { operations, signature } of node.batches) {
    const hashes = operations.map(({ body }) => operationHash(nodeCrypto.sha256, body));
    const batch = assertParsed(sharedBatchOf(nodeCrypto.sha256, hashes));
    expect(operations.every((operation) => operation.signature.length === 0 && operation.shared === undefined)).toBe(true);
    expect(verifySignature(nodeCrypto, { message: sharedSignBytes(CHAIN, batch), signature, publicKey })).toBe(true);
  }
});

test('a batch is no larger than a bundle holds', async () => {
  await reconnect(512);
  const large = { text: 'x'.repeat(SHARED_BATCH_BYTES_MAX / 3) };
  await Promise.all(Array.from({ length: 5 }, () => client.submitBulk({ ...CALL, args: large })));

  expect(node.batches.map(({ operations }) => operations.length)).toEqual([2, 2]);
  expect(node.submitted.length).toBe(5);
});

test('a stream that breaks is opened again and what was unanswered is sent again', async () => {
  node.cutAfter = 3;
  const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => client.submitBulk({ ...CALL, method: `m${index}` })));
  expect(answers.every(({ ok }) => ok)).toBe(true);
  expect(node.streams).toBe(2);
  expect(new Set(node.submitted).size).toBe(12);
});

test('a stream that is refused for now is opened again, one that is refused for good fails what waits', async () => {
  node.cutAfter = 1;
  node.cutWith = { code: status.INTERNAL, info: { code: 'FAULT', factsJson: '{}', then: 'retry', retryAfterMs: 1 } };
  const answers = await Promise.all(['a', 'b', 'c', 'd'].map((method) => client.submitBulk({ ...CALL, method })));
  expect(answers.every(({ ok }) => ok)).toBe(true);

  await client.submitBulk(CALL);
  node.cutAfter = 1;
  node.cutWith = { code: status.PERMISSION_DENIED, info: { code: 'NOT_AUTHORISED', factsJson: '{}', then: 'drop' } };
  // Two leave as the credits allow, the third has not left.
  const ends = await Promise.allSettled([client.submitBulk(CALL), client.submitBulk(CALL), client.submitBulk(CALL)]);
  expect(ends).toMatchObject([
    { status: 'rejected', reason: { code: 'FATE_UNKNOWN', facts: { code: 'NOT_AUTHORISED' } } },
    { status: 'rejected', reason: { code: 'FATE_UNKNOWN' } },
    { status: 'rejected', reason: { refusal: { code: 'NOT_AUTHORISED', then: 'drop' } } },
  ]);
});

test('an operation whose stream broke before its answer is of unknown fate when it is refused later; a new one is refused', async () => {
  await reconnect(1);
  const drop = { code: 'EXPIRED', factsJson: '{}', then: 'drop' };
  await client.submitBulk(CALL);
  node.refusals.push(drop);
  expect(await client.submitBulk(CALL)).toMatchObject({ ok: false, height: 0, refusal: { code: 'EXPIRED' } });
  node.cutAfter = 1;
  node.refusals.push(drop);
  await expect(client.submitBulk(CALL)).rejects.toMatchObject({ code: 'FATE_UNKNOWN', facts: { code: 'EXPIRED' } });
});

test('what waits to come again later is told when the client closes', async () => {
  node.refusals.push({ code: 'QUEUE_FULL', factsJson: '{}', then: 'retry', retryAfterMs: 600_000 });
  const waiting = client.submitBulk(CALL);
  const behind = client.submitBulk({ ...CALL, method: 'behind' });
  await behind;
  client.close();
  await expect(waiting).rejects.toMatchObject({ code: 'STREAM_CLOSED' });
});

test('a node that restarts loses nobody’s call', async () => {
  await client.submitBulk(CALL);
  await node.restart();
  expect(await client.submitBulk({ ...CALL, method: 'after' })).toMatchObject({ ok: true, result: { method: 'after' } });
});

test('a text that is no operation hash is HASH_MALFORMED before anything is sent', async () => {
  await expect(client.receipt('xx')).rejects.toMatchObject({ code: 'HASH_MALFORMED', exitCode: EXIT.usage });
});

test('a bulk submit after the client was closed is STREAM_CLOSED', async () => {
  await client.submitBulk(CALL);
  client.close();
  await expect(client.submitBulk(CALL)).rejects.toMatchObject({ code: 'STREAM_CLOSED' });
});

test('an organisation whose membership names no gateway key is NO_VAULT', async () => {
  const read: LedgerClient['read'] = async () => ({
    found: true,
    value: { name: 'hospital-1' },
    bytes: new Uint8Array(0),
    proof: new Uint8Array(0),
    headerHeight: 0,
    lightBlock: new Uint8Array(0),
  });
  const vault = openVaultClient(profile, { ...client, read });
  await expect(vault.open('r1')).rejects.toMatchObject({ code: 'NO_VAULT' });
  vault.close();
});

test('a call after Ctrl-C is INTERRUPTED and is not tried', async () => {
  const abort = new AbortController();
  abort.abort(new Fault('INTERRUPTED', 'interrupted', { exitCode: EXIT.interrupted }));
  const stopped = connect(node, clientLeaf, abort.signal);
  await expect(stopped.info()).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: EXIT.interrupted });
  stopped.close();
});

test('a vault call is sealed to the gateway, signed by the caller, and its answer or refusal comes back sealed', async () => {
  const member = { hpkePublicKey: base64urlEncode(vaultKeys.publicKey) };
  const read: LedgerClient['read'] = async () => ({
    found: true,
    value: member,
    bytes: new Uint8Array(0),
    proof: new Uint8Array(0),
    headerHeight: 0,
    lightBlock: new Uint8Array(0),
  });
  const vault = openVaultClient(profile, { ...client, read });
  const put = { subject: 's', collection: 'documents', fields: [] };
  expect(await vault.put({ ...put, reference: 'r9' })).toEqual({ reference: 'r9', commitments: { echo: 'Put' } });
  expect(
    await vault.putMany([
      { ...put, collection: 'taken' },
      { ...put, reference: 'r2' },
    ]),
  ).toMatchObject([
    { ok: false, refusal: { code: 'DUPLICATE' } },
    { ok: true, value: { reference: 'r2' } },
  ]);
  await expect(vault.put({ ...put, collection: 'taken' })).rejects.toMatchObject({ refusal: { code: 'DUPLICATE' } });
  await expect(vault.put({ ...put, collection: 'forbidden' })).rejects.toBeInstanceOf(Refused);
  await expect(vault.putMany([{ ...put, collection: 'dropped' }])).rejects.toMatchObject({ code: 'ANSWER_MALFORMED' });
  vault.close();
});
