import { join } from 'node:path';
import { nodeCrypto } from '@civitas/canon/node';
import { spiffe } from '@civitas/deployment';
import { Bundle } from '@civitas/proto/civitas/ledger/v1/operation';
import { AdminServiceClient } from '@civitas/proto/civitas/node/v1/admin';
import { LedgerServiceClient, type WatchBlocksResponse, type WatchEventsResponse } from '@civitas/proto/civitas/node/v1/ledger';
import { LinkServiceClient, ProofSpace } from '@civitas/proto/civitas/node/v1/link';
import { HealthCheckResponse_ServingStatus, HealthClient } from '@civitas/proto/grpc/health/v1/health';
import { waitFor } from '@civitas/testkit';
import { type ServiceError } from '@grpc/grpc-js';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { aTestAuthority, writeLeaf } from '../testing/test-authority.ts';
import {
  aClient,
  anOperation,
  ask,
  authority,
  CHAIN,
  certificates,
  closeGateway,
  consensus,
  errorOf,
  FUND,
  folder,
  HOSPITAL,
  ledger,
  openGateway,
  prepareGateway,
  refusalOf,
  reopenWithBurst,
} from '../testing/test-gateway.ts';
import { HEADER_REQUESTS_BURST, LEDGER_MESSAGE_BYTES_MAX, PROOFS_MAX, STREAMS_PER_ORGANISATION_MAX } from './limits.ts';

beforeAll(prepareGateway);
beforeEach(openGateway);
afterEach(closeGateway);

test('an enrolled organisation submits over mutual TLS and gets its receipt', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  const { receipt } = await ask(client.submit.bind(client), { operation: anOperation() });

  expect(JSON.parse(Buffer.from(receipt).toString())).toMatchObject({ height: 1, outcome: { ok: true } });
});

test('the organisation of the operation must be that of the certificate', async () => {
  const client = await aClient(LedgerServiceClient, FUND);

  expect(await refusalOf(ask(client.submit.bind(client), { operation: anOperation() }))).toMatchObject({
    status: 'PERMISSION_DENIED',
    code: 'NOT_AUTHORISED',
  });
});

test('a certificate of another network, an organisation that is not enrolled and one that was removed are refused', async () => {
  const elsewhere = await aClient(LedgerServiceClient, spiffe.client('jincheng-city-1', 'hospital-1', 'cli'));
  const unknown = await aClient(LedgerServiceClient, spiffe.client(CHAIN, 'bank-9', 'cli'));
  const member = await aClient(LedgerServiceClient, HOSPITAL);
  await ask(member.getNetwork.bind(member), {});
  ledger.revoked.add('hospital-1');

  expect(await refusalOf(ask(elsewhere.getNetwork.bind(elsewhere), {}))).toMatchObject({ status: 'UNAUTHENTICATED' });
  expect(await refusalOf(ask(unknown.getNetwork.bind(unknown), {}))).toMatchObject({ code: 'NOT_AUTHORISED' });
  expect(await refusalOf(ask(member.getNetwork.bind(member), {}))).toMatchObject({ code: 'NOT_AUTHORISED' });
});

test('a certificate of a foreign authority gets no connection, and a server that is not who was meant gets no call', async () => {
  const foreign = await aTestAuthority('foreign');
  const stranger = await aClient(LedgerServiceClient, HOSPITAL, { issuer: foreign });
  const choosy = await aClient(LedgerServiceClient, HOSPITAL, { expected: (peer) => peer.network === 'jincheng-city-1' });

  expect(await refusalOf(ask(stranger.getNetwork.bind(stranger), {}))).toMatchObject({ status: 'UNAVAILABLE', code: '' });
  expect(await refusalOf(ask(choosy.getNetwork.bind(choosy), {}))).toMatchObject({ status: 'UNAVAILABLE', code: '' });
});

test('a new certificate is taken up without a restart', async () => {
  const before = await aClient(LedgerServiceClient, HOSPITAL);
  await ask(before.getNetwork.bind(before), {});
  writeLeaf(join(folder, 'tls'), await authority.issue([spiffe.node(CHAIN, 'hospital-2', 'health-0')]));
  await certificates.reload();
  const after = await aClient(LedgerServiceClient, HOSPITAL, { expected: (peer) => peer.organisation === 'hospital-2' });

  expect((await ask(after.getNetwork.bind(after), {})).chainId).toBe(CHAIN);
  expect((await ask(before.getNetwork.bind(before), {})).chainId).toBe(CHAIN);
});

test('a message above the limit is refused and the server goes on', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  const operation = { ...anOperation(), body: new Uint8Array(LEDGER_MESSAGE_BYTES_MAX + 1) };

  expect(await refusalOf(ask(client.submit.bind(client), { operation }))).toMatchObject({ status: 'RESOURCE_EXHAUSTED' });
  expect((await ask(client.submit.bind(client), { operation: anOperation() })).receipt.length).toBeGreaterThan(0);
});

test('a caller above its rate is told when to come again, and another is served', async () => {
  await reopenWithBurst(3);
  const [client, other] = await Promise.all([aClient(LedgerServiceClient, HOSPITAL), aClient(LedgerServiceClient, FUND)]);
  for (let i = 0; i < 3; i++) await ask(client.getNetwork.bind(client), {});
  const refused = await refusalOf(ask(client.getNetwork.bind(client), {}));

  expect(refused).toMatchObject({ status: 'RESOURCE_EXHAUSTED', code: 'RATE_LIMITED' });
  expect(refused.retryAfterMs).toBeGreaterThan(0);
  expect((await ask(other.getNetwork.bind(other), {})).chainId).toBe(CHAIN);
});

test('a call that takes longer than its deadline ends with DEADLINE_EXCEEDED', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  const release = ledger.hold();
  const late = ask(client.submit.bind(client), { operation: anOperation() }, { deadline: Date.now() + 100 });

  expect(await refusalOf(late)).toMatchObject({ status: 'DEADLINE_EXCEEDED' });
  release();
});

test('only so many streams of one organisation stay open', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  const streams = Array.from({ length: STREAMS_PER_ORGANISATION_MAX }, () => client.watchEvents({ fromHeight: 0n, contract: '' }));
  for (const stream of streams) stream.on('error', () => undefined);
  const extra = client.watchEvents({ fromHeight: 0n, contract: '' });

  expect(errorOf(await new Promise((resolve) => extra.on('error', resolve)))).toMatchObject({ code: 'STREAMS_TOO_MANY' });
  for (const stream of streams) stream.cancel();
});

test('a record that the last block changed is answered for once the next header proves it', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  const proof = { key: new Uint8Array([1]), leaf: { kind: 'present' as const }, siblings: [] };
  ledger.prove = () => (ledger.status().height === 0 ? undefined : { value: { a: 1 }, proof, headerHeight: 1, headerTimeUnixMs: 1 });
  ledger.lightBlock = () => new Uint8Array([7]);
  const asked = ask(client.read.bind(client), { key: 'links/x/counter', withProof: true, headerHeight: 0n });
  await ask(client.submit.bind(client), { operation: anOperation() });

  expect(await asked).toMatchObject({ found: true, headerHeight: 1n });
});

test('a height whose root is not kept is refused with PRUNED, one that this node has not reached with PROOF_NOT_YET', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  await ask(client.submit.bind(client), { operation: anOperation() });
  const readUnder = (headerHeight: bigint) => ask(client.read.bind(client), { key: 'links/x/counter', withProof: true, headerHeight });

  expect(await refusalOf(readUnder(1n))).toMatchObject({ status: 'OUT_OF_RANGE', code: 'PRUNED' });
  expect(await refusalOf(readUnder(2n))).toMatchObject({ code: 'PROOF_NOT_YET' });
});

test('events are read again from a height and go on with what follows', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  await ask(client.submit.bind(client), { operation: anOperation() });
  const stream = client.watchEvents({ fromHeight: 1n, contract: 'network.members' });
  const events: WatchEventsResponse[] = [];
  const two = new Promise<void>((resolve) => {
    stream.on('data', (event: WatchEventsResponse) => {
      if (events.push(event) === 2) resolve();
    });
  });
  stream.on('error', () => undefined);
  await ask(client.submit.bind(client), { operation: anOperation() });
  await two;
  stream.cancel();

  expect(events.map(({ height, name }) => [height, name])).toEqual([
    [1n, 'Tested'],
    [2n, 'Tested'],
  ]);
});

test('events from a height whose operations are not kept end with BLOCK_NOT_KEPT, and skip nothing', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  await ask(client.submit.bind(client), { operation: anOperation() });
  ledger.blockBundles = async () => undefined;
  const stream = client.watchEvents({ fromHeight: 1n, contract: '' });
  const ended = new Promise((resolve) => stream.on('error', resolve));
  stream.resume();

  expect(errorOf(await ended)).toMatchObject({ status: 'OUT_OF_RANGE', code: 'BLOCK_NOT_KEPT' });
});

test('the newest block is told at once, and whenever there is a newer one with the operations since; removed, nobody hears more', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  const hash = new Uint8Array(32);
  ledger.blockSummary = (height) => ({ height, timeUnixMs: height, hash, appHash: hash, operationCount: 1, blockBytes: 9 });
  const submitOne = () => ask(client.submit.bind(client), { operation: anOperation() });
  await submitOne();
  await submitOne();
  const told: WatchBlocksResponse[] = [];
  const stream = client.watchBlocks({});
  const ended = new Promise<ServiceError>((resolve) => stream.on('error', resolve));
  stream.on('data', (message: WatchBlocksResponse) => told.push(message));
  const facts = () => told.map(({ newest, operationCount }) => [Number(newest?.height), Number(operationCount)]);
  await waitFor('the head', () => told.length === 1, 30_000);
  await submitOne();
  await submitOne();
  await waitFor('its successors', () => told.at(-1)?.newest?.height === 4n, 30_000);
  expect(facts()[0]).toEqual([2, 1]);
  expect(
    facts()
      .slice(1)
      .reduce((sum, [, operations = 0]) => sum + operations, 0),
  ).toBe(2);
  ledger.revoked.add('hospital-1');
  const frame = { chainId: CHAIN, gateway: 'hospital-1', keyId: '', signature: new Uint8Array(64) };
  await ledger.submit(Bundle.encode({ ...frame, operations: [anOperation()], groups: [] }).finish());
  expect(errorOf(await ended)).toMatchObject({ code: 'NOT_AUTHORISED' });
});

test('LinkService is for relays, AdminService for the operator alone', async () => {
  const link = await aClient(LinkServiceClient, HOSPITAL);
  const relayLink = await aClient(LinkServiceClient, spiffe.relay(CHAIN));
  const admin = await aClient(AdminServiceClient, spiffe.operator(CHAIN), { listener: 1 });
  const intruder = await aClient(AdminServiceClient, HOSPITAL, { listener: 1 });

  expect(await refusalOf(ask(link.wake.bind(link), { seenActivity: 0n, waitMs: 1 }))).toMatchObject({ code: 'NOT_AUTHORISED' });
  expect(await ask(relayLink.wake.bind(relayLink), { seenActivity: 0n, waitMs: 1 })).toMatchObject({ height: 0n });
  expect(await refusalOf(ask(intruder.keys.bind(intruder), {}))).toMatchObject({ code: 'NOT_AUTHORISED' });
  expect((await ask(admin.keys.bind(admin), {})).consensusPublicKey).toEqual(Buffer.from(consensus.publicKey));
});

const PEER = 'jincheng-city-1';
const aPeer = { status: 'Active', clientHeight: 4, clientTimeUnixMs: 1, lastSequence: 0, inFlight: 0, oldestSentAtUnixMs: 0 };

test('a header that a member waits for is shown to the relay, which is woken, until the client has it', async () => {
  const [member, relay] = await Promise.all([aClient(LedgerServiceClient, FUND), aClient(LinkServiceClient, spiffe.relay(CHAIN))]);
  const peers = [{ ...aPeer, chainId: PEER }];
  Object.assign(ledger.links, { peers: () => peers });
  const request = (peer: string, height: bigint) => ask(member.requestHeader.bind(member), { peer, height });
  const wantedHeight = async () => (await ask(relay.listPeers.bind(relay), {})).peers[0]?.wantedHeight;

  expect(await refusalOf(request('unknown-1', 5n))).toMatchObject({ code: 'NOT_FOUND' });
  expect(await refusalOf(request(PEER, 0n))).toMatchObject({ code: 'MALFORMED' });
  expect(await request(PEER, 4n)).toEqual({ clientHeight: 4n });
  expect(await wantedHeight()).toBe(0n);
  const woken = ask(relay.wake.bind(relay), { seenActivity: 0n, waitMs: 5000 });
  expect(await request(PEER, 6n)).toEqual({ clientHeight: 4n });
  expect(await woken).toMatchObject({ activity: 1n, incomingPeers: [PEER], outgoingPeers: [] });
  expect(await wantedHeight()).toBe(6n);
  peers[0] = { ...aPeer, chainId: PEER, clientHeight: 7 };
  expect(await wantedHeight()).toBe(0n);
});

test('a relay that heard of nothing is told of all that is open once its wait is over', async () => {
  const relay = await aClient(LinkServiceClient, spiffe.relay(CHAIN));
  const open = { ...aPeer, chainId: 'jincheng-courts-1', inFlight: 2 };
  const fresh = { ...aPeer, chainId: 'jincheng-housing-1', clientHeight: 0 };
  Object.assign(ledger.links, { peers: () => [{ ...aPeer, chainId: PEER }, open, fresh] });

  expect(await ask(relay.wake.bind(relay), { seenActivity: 0n, waitMs: 1 })).toMatchObject({
    activity: 0n,
    outgoingPeers: [open.chainId],
    incomingPeers: [fresh.chainId],
  });
});

test('who asks for headers faster than a relay should work is refused with RATE_LIMITED', async () => {
  const member = await aClient(LedgerServiceClient, FUND);
  Object.assign(ledger.links, { peers: () => [{ ...aPeer, chainId: PEER }] });
  // So many that a machine which is held up for half a minute still asks too fast.
  const ends = Array.from({ length: 5 * HEADER_REQUESTS_BURST }, () =>
    ask(member.requestHeader.bind(member), { peer: PEER, height: 9n }).then(
      () => 'ok',
      (error: ServiceError) => errorOf(error).code,
    ),
  );

  expect(new Set(await Promise.all(ends))).toEqual(new Set(['ok', 'RATE_LIMITED']));
});

test('many proofs come in one call, and more than it takes are refused', async () => {
  const relay = await aClient(LinkServiceClient, spiffe.relay(CHAIN));
  const proof = { key: new Uint8Array([1]), leaf: { kind: 'present' as const }, siblings: [] };
  Object.assign(ledger.links, { peers: () => [{ ...aPeer, chainId: PEER }] });
  ledger.prove = (key) => (key.endsWith('2') ? undefined : { value: { key }, proof, headerHeight: 1, headerTimeUnixMs: 1 });
  const prove = (sequences: bigint[], space: ProofSpace = ProofSpace.PROOF_SPACE_ACKNOWLEDGEMENT) =>
    ask(relay.prove.bind(relay), { peer: PEER, space, sequences, headerHeight: 1n });
  const { proofs } = await prove([1n, 2n]);

  expect(proofs.map(({ found, proof: shown }) => [found, shown.length > 0])).toEqual([
    [true, true],
    [false, false],
  ]);
  expect(Buffer.from(proofs[0]?.value ?? []).toString()).toBe(`{"key":"links/${PEER}/ack/000000000001"}`);
  expect(await refusalOf(prove(Array.from({ length: PROOFS_MAX + 1 }, (_, at) => BigInt(at))))).toMatchObject({ code: 'MALFORMED' });
  expect(await refusalOf(prove([1n], ProofSpace.PROOF_SPACE_UNSPECIFIED))).toMatchObject({ code: 'MALFORMED' });
});

test('a signing grant must name this key and this pod', async () => {
  const admin = await aClient(AdminServiceClient, spiffe.operator(CHAIN), { listener: 1 });
  const keyHash = nodeCrypto.sha256(consensus.publicKey);
  const set = (request: { keyHash: Uint8Array; podUid: string }) => ask(admin.grantSigning.bind(admin), { ...request, granted: true });

  expect(await refusalOf(set({ keyHash: new Uint8Array(32), podUid: 'pod-uid' }))).toMatchObject({ code: 'GRANT_KEY' });
  expect(await refusalOf(set({ keyHash, podUid: 'old-pod' }))).toMatchObject({ code: 'GRANT_POD' });
  expect(await set({ keyHash, podUid: 'pod-uid' })).toMatchObject({ signing: true });
});

test('the health service answers without membership', async () => {
  const client = await aClient(HealthClient, spiffe.client(CHAIN, 'nobody', 'probe'));

  expect((await ask(client.check.bind(client), { service: '' })).status).toBe(HealthCheckResponse_ServingStatus.SERVING);
});

test('an answer carries no stack and no text of ours but the code', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  ledger.submit = async () => {
    throw new Error('disk full at /somewhere/secret');
  };
  const error = await ask(client.submit.bind(client), { operation: anOperation() }).catch((thrown: ServiceError) => thrown);

  expect(errorOf(error)).toMatchObject({ status: 'INTERNAL', code: 'FAULT' });
  expect(`${(error as ServiceError).details} ${JSON.stringify((error as ServiceError).metadata)}`).not.toMatch(/secret|stack|\.ts/);
});
