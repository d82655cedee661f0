import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  base64urlEncode,
  chainIdOf,
  contractNameOf,
  encodeOperation,
  hashOf,
  type JsonObject,
  operationSignBytes,
  organisationNameOf,
  unixMsFrom,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { type PeerIdentity, spiffe } from '@civitas/deployment';
import type { SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import { AdminServiceClient, AdminServiceService } from '@civitas/proto/civitas/node/v1/admin';
import {
  ErrorInfo,
  LedgerServiceClient,
  LedgerServiceService,
  type SubmitStreamResponse,
  type WatchEventsResponse,
} from '@civitas/proto/civitas/node/v1/ledger';
import { LinkServiceClient, LinkServiceService } from '@civitas/proto/civitas/node/v1/link';
import { type SealedCall, VaultServiceClient, VaultServiceService } from '@civitas/proto/civitas/node/v1/vault';
import { HealthCheckResponse_ServingStatus, HealthClient, HealthService } from '@civitas/proto/grpc/health/v1/health';
import { generateHpkeKeyPair, type HpkeKeyPair, openAnswer, sealCall } from '@civitas/sealed-call';
import { nodeMetrics, openLogger, openMetricsRegistry } from '@civitas/telemetry';
import { aKeyPair, type TestKeyPair } from '@civitas/testkit';
import { type ChannelCredentials, type Client, type ClientUnaryCall, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Verdicts } from '../../core/ledger/verdicts.ts';
import { Admission } from '../admission/admission.ts';
import { openTokenBuckets } from '../admission/token-bucket.ts';
import { openSigningGrant } from '../keys/signing-grant.ts';
import { aFakeLedger, aGenesis, type FakeLedger } from '../testing/fake-ledger.ts';
import { aTestAuthority, type TestAuthority, type TestLeaf, writeLeaf } from '../testing/test-authority.ts';
import { type CertificateFolder, openCertificateFolder } from '../tls/certificate-folder.ts';
import { channelCredentials, serverCredentials } from '../tls/credentials.ts';
import { openNonceCache } from '../vault/nonce-cache.ts';
import { VaultMethods } from '../vault/vault-methods.ts';
import { VaultStore } from '../vault/vault-store.ts';
import { adminService } from './admin-service.ts';
import { Guard } from './guard.ts';
import { openHealth } from './health-service.ts';
import { ledgerService } from './ledger-service.ts';
import { ADMIN_MESSAGE_BYTES_MAX, LEDGER_MESSAGE_BYTES_MAX, STREAMS_PER_ORGANISATION_MAX, SUBMIT_CREDITS } from './limits.ts';
import { linkService } from './link-service.ts';
import { type Listener, listen } from './listen.ts';
import { ERROR_TRAILER } from './rpc-error.ts';
import { vaultService } from './sealed-service.ts';

const CHAIN = 'jincheng-health-1';
const hospital = aKeyPair('hospital-1');
const fund = aKeyPair('fund-centre');
const relay = aKeyPair('relay');
const consensus = aKeyPair('consensus');
const isNode = (peer: PeerIdentity): boolean => peer.kind === 'node' && peer.network === CHAIN;

let authority: TestAuthority;
let folder: string;
let hpke: HpkeKeyPair;
let ledger: FakeLedger;
let certificates: CertificateFolder;
let listeners: Listener[];
let vault: VaultStore;
let closers: (() => void)[];
let callsBurst: number;
const leaves = new Map<string, Promise<TestLeaf>>();

beforeAll(async () => {
  authority = await aTestAuthority();
  hpke = await generateHpkeKeyPair();
});

afterAll(() => leaves.clear());

function leafOf(uri: string): Promise<TestLeaf> {
  const known = leaves.get(uri) ?? authority.issue([uri]);
  leaves.set(uri, known);
  return known;
}

async function openServer(): Promise<void> {
  ledger = aFakeLedger(
    aGenesis(CHAIN, [
      {
        name: 'hospital-1',
        roles: ['custodian'],
        keys: [{ pair: hospital, use: 'operation' }],
        hpkePublicKey: base64urlEncode(hpke.publicKey),
      },
      { name: 'fund-centre', roles: ['requester'], keys: [{ pair: fund, use: 'operation' }] },
      { name: 'platform', roles: ['platform', 'relay'], keys: [{ pair: relay, use: 'relay' }] },
    ]),
  );
  const metrics = openMetricsRegistry({}).register(nodeMetrics);
  const nowMs = (): number => performance.now();
  const admission = new Admission({
    ledger,
    crypto: nodeCrypto,
    verdicts: new Verdicts(nodeCrypto),
    gateway: { organisation: 'hospital-1', key: hospital },
    bundleWaitMs: 5,
    metrics,
    nowUnixMs: Date.now,
    nowMs,
  });
  vault = new VaultStore({
    folder: join(folder, 'vault'),
    organisation: 'hospital-1',
    vaultKey: new Uint8Array(32),
    signer: hospital,
    nowUnixMs: Date.now,
  });
  const methods = new VaultMethods({ organisation: 'hospital-1', chainId: CHAIN, vault, ledger });
  const door = () => ({ ledger, admission, contracts: [] });
  const calls = openTokenBuckets({ perSecond: 1, burst: callsBurst, namesMax: 10, nowMs });
  const guard = new Guard({
    chainId: CHAIN,
    members: () => ledger.members,
    calls,
    metrics,
    log: openLogger({}, 'error', () => undefined),
    nowMs,
  });
  const keys = {
    organisation: 'hospital-1',
    operation: hospital,
    hpkePublicKey: hpke.publicKey,
    hpkePrivateKey: hpke.privateKey,
    vaultKey: new Uint8Array(32),
    subjectIndexKey: new Uint8Array(32),
    approver: undefined,
  };
  const sealed = {
    chainId: CHAIN,
    crypto: nodeCrypto,
    members: () => ledger.members,
    gateways: () => new Map([['hospital-1', { keys, methods: { Put: methods.put, Open: methods.open, Collect: methods.collect } }]]),
    nonces: openNonceCache(600_000, 1000, nowMs),
    nowUnixMs: Date.now,
    metrics,
  };
  const grant = openSigningGrant(consensus.publicKey, 'pod-uid');
  writeLeaf(join(folder, 'tls'), await leafOf(spiffe.node(CHAIN, 'hospital-1', 'health-0')));
  certificates = await openCertificateFolder({ folder: join(folder, 'tls'), nowUnixMs: Date.now, onChange: () => undefined });
  const common = { address: '127.0.0.1', port: 0, credentials: serverCredentials(certificates.provider) };
  const health = openHealth(['civitas.node.v1.LedgerService']);
  health.set(true);
  listeners = [
    await listen({
      ...common,
      messageBytesMax: LEDGER_MESSAGE_BYTES_MAX,
      register: (server) => {
        server.addService(LedgerServiceService, ledgerService(guard, door));
        server.addService(LinkServiceService, linkService(guard, door, nowMs));
        server.addService(VaultServiceService, vaultService(guard, sealed));
        server.addService(HealthService, health.service);
      },
    }),
    await listen({
      ...common,
      messageBytesMax: ADMIN_MESSAGE_BYTES_MAX,
      register: (server) =>
        server.addService(
          AdminServiceService,
          adminService(guard, {
            status: () => ({ ...EMPTY_STATUS, signing: grant.granted() }),
            keys: () => ({ consensusPublicKey: consensus.publicKey, organisations: [], relayPublicKey: new Uint8Array(0) }),
            grantSigning: (request) => grant.set(request),
            drain: async () => ({ ok: true, value: 0 }),
            verify: async () => ({ ok: false, refusal: { code: 'AWAITING_GENESIS', facts: {}, then: 'retry' } }),
            setLogLevel: () => undefined,
          }),
        ),
    }),
  ];
}

const EMPTY_STATUS = {
  phase: 'AwaitingGrant',
  chainId: CHAIN,
  genesisHash: new Uint8Array(0),
  genesisMismatch: false,
  height: 0n,
  root: new Uint8Array(0),
  timeUnixMs: 0n,
  engine: 'embedded',
  signing: false,
  caughtUp: true,
  validatorCount: 1,
  peerCount: 0,
  certificateNotAfterUnixMs: 0n,
  storeBytes: 0n,
  version: 'test',
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rpc-'));
  closers = [];
  callsBurst = 100_000;
  await openServer();
});

afterEach(async () => {
  for (const close of closers) close();
  await Promise.all(listeners.map((listener) => listener.close(0)));
  certificates.close();
  await vault.close();
  rmSync(folder, { recursive: true });
});

async function credentialsOf(uri: string, expected = isNode, issuer?: TestAuthority): Promise<ChannelCredentials> {
  // A foreign leaf does not pass our own checks: it is put on the wire as a stranger would.
  if (issuer !== undefined)
    return channelCredentials(strangerProvider(await leafOf(spiffe.operator(CHAIN)), await issuer.issue([uri])), expected);
  const own = mkdtempSync(join(folder, 'client-'));
  writeLeaf(own, await leafOf(uri));
  return channelCredentials((await openFolder(own)).provider, expected);
}

async function openFolder(path: string): Promise<CertificateFolder> {
  const opened = await openCertificateFolder({ folder: path, nowUnixMs: Date.now, onChange: () => undefined });
  closers.push(() => opened.close());
  return opened;
}

function strangerProvider(trusted: TestLeaf, leaf: TestLeaf): CertificateFolder['provider'] {
  return {
    addCaCertificateListener: (listener) => process.nextTick(listener, { caCertificate: trusted.authorities }),
    removeCaCertificateListener: () => undefined,
    addIdentityCertificateListener: (listener) =>
      process.nextTick(listener, { certificate: leaf.certificate, privateKey: leaf.privateKey }),
    removeIdentityCertificateListener: () => undefined,
  };
}

type Constructor<T> = new (address: string, credentials: ChannelCredentials, options: object) => T;

async function aClient<T extends Client>(
  kind: Constructor<T>,
  uri: string,
  options: { listener?: number; issuer?: TestAuthority; expected?: typeof isNode } = {},
): Promise<T> {
  const credentials = await credentialsOf(uri, options.expected ?? isNode, options.issuer);
  const client = new kind(`127.0.0.1:${listeners[options.listener ?? 0]?.port}`, credentials, {
    'grpc.ssl_target_name_override': CHAIN,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_send_message_length': -1,
  });
  closers.push(() => client.close());
  return client;
}

const HOSPITAL = spiffe.client(CHAIN, 'hospital-1', 'cli');
const FUND = spiffe.client(CHAIN, 'fund-centre', 'cli');

type Unary<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: object,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

function ask<Request, Response>(method: Unary<Request, Response>, request: Request, options = {}): Promise<Response> {
  return new Promise((resolve, reject) => {
    method(request, new Metadata(), options, (error, response) => (error === null ? resolve(response) : reject(error)));
  });
}

function errorOf(error: unknown): { status: string; code: string; retryAfterMs: number } {
  const { code, metadata } = error as ServiceError;
  const [trailer] = metadata?.get(ERROR_TRAILER) ?? [];
  const info = Buffer.isBuffer(trailer) ? ErrorInfo.decode(trailer) : undefined;
  return { status: status[code] ?? '', code: info?.code ?? '', retryAfterMs: info?.retryAfterMs ?? 0 };
}

async function refusalOf(asked: Promise<unknown>): Promise<ReturnType<typeof errorOf>> {
  try {
    await asked;
  } catch (error) {
    return errorOf(error);
  }
  throw new Error('was not refused');
}

let nonce = 0;
function anOperation(key: TestKeyPair = hospital, organisation = 'hospital-1', role = 'custodian'): SignedOperation {
  const idempotencyKey = new Uint8Array(16);
  new DataView(idempotencyKey.buffer).setUint32(0, ++nonce);
  const body = encodeOperation({
    actor: 'tester',
    args: {},
    contract: contractNameOf('health.index@v1'),
    expiresAtUnixMs: unixMsFrom(Date.now() + 60_000),
    genesis: hashOf(ledger.genesisHash),
    idempotencyKey,
    keyId: key.keyId,
    method: 'register',
    network: chainIdOf(CHAIN),
    organisation: organisationNameOf(organisation),
    role,
  });
  return { body, signature: key.sign(operationSignBytes(body)), coSignatures: [], shared: undefined };
}

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
  await Promise.all(listeners.map((listener) => listener.close(0)));
  await vault.close();
  certificates.close();
  callsBurst = 3;
  await openServer();
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

test('a stream grants credits, answers by tag, and cuts off a caller that sends without credit', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  const good = client.submitStream();
  const answers: SubmitStreamResponse[] = [];
  good.on('data', (answer: SubmitStreamResponse) => answers.push(answer));
  good.write({ tag: 7n, operation: anOperation() });
  good.write({ tag: 8n, operation: { ...anOperation(), signature: new Uint8Array(64) } });
  good.end();
  await new Promise((resolve) => good.on('end', resolve));

  expect(answers[0]).toMatchObject({ tag: 0n, credits: SUBMIT_CREDITS });
  expect(answers.find(({ tag }) => tag === 7n)?.answer?.$case).toBe('receipt');
  expect(answers.find(({ tag }) => tag === 8n)?.answer).toMatchObject({ $case: 'refused', value: { code: 'SIGNATURE_INVALID' } });

  const release = ledger.hold();
  const greedy = client.submitStream();
  const ended = new Promise<ServiceError>((resolve) => greedy.on('error', resolve));
  greedy.on('data', () => undefined);
  for (let i = 0; i <= SUBMIT_CREDITS; i++) greedy.write({ tag: BigInt(i), operation: anOperation() });
  expect(errorOf(await ended)).toMatchObject({ status: 'RESOURCE_EXHAUSTED', code: 'CREDITS_EXCEEDED' });
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

test('a height whose root is not kept is refused with PRUNED', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  const asked = ask(client.read.bind(client), { key: 'links/x/counter', withProof: true, headerHeight: 3n });

  expect(await refusalOf(asked)).toMatchObject({ status: 'OUT_OF_RANGE', code: 'PRUNED' });
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

test('LinkService is for relays, AdminService for the operator alone', async () => {
  const link = await aClient(LinkServiceClient, HOSPITAL);
  const relayLink = await aClient(LinkServiceClient, spiffe.relay(CHAIN));
  const admin = await aClient(AdminServiceClient, spiffe.operator(CHAIN), { listener: 1 });
  const intruder = await aClient(AdminServiceClient, HOSPITAL, { listener: 1 });

  expect(await refusalOf(ask(link.wake.bind(link), { seenHeight: 0n, waitMs: 1 }))).toMatchObject({ code: 'NOT_AUTHORISED' });
  expect(await ask(relayLink.wake.bind(relayLink), { seenHeight: 0n, waitMs: 1 })).toMatchObject({ height: 0n });
  expect(await refusalOf(ask(intruder.keys.bind(intruder), {}))).toMatchObject({ code: 'NOT_AUTHORISED' });
  expect((await ask(admin.keys.bind(admin), {})).consensusPublicKey).toEqual(Buffer.from(consensus.publicKey));
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

async function aSealedPut(
  sign: TestKeyPair['sign'],
  method = 'Put',
): Promise<{ call: SealedCall; open: (answer: { encapsulatedKey: Uint8Array; ciphertext: Uint8Array }) => ReturnType<typeof openAnswer> }> {
  const args: JsonObject = { subject: 's', collection: 'c', fields: [{ name: 'f', value: 1 }], reference: 'r' };
  const address = { chainId: CHAIN, audience: 'hospital-1', caller: 'hospital-1', keyId: hospital.keyId };
  const random = new Uint8Array(16);
  crypto.getRandomValues(random);
  const sealed = await sealCall({ address, method, args, audiencePublicKey: hpke.publicKey, sign, nowUnixMs: Date.now(), nonce: random });
  return { call: sealed.call, open: (answer) => openAnswer(answer, sealed.replyKey, sealed.call.signature) };
}

test('a vault call with the signature of the organisation is answered under seal', async () => {
  const client = await aClient(VaultServiceClient, HOSPITAL);
  const { call, open } = await aSealedPut(hospital.sign);

  expect(await open(await ask(client.put.bind(client), call))).toMatchObject({ ok: true, value: { reference: 'r' } });
});

test('a vault call with a valid certificate but without the signature of the organisation is refused', async () => {
  const client = await aClient(VaultServiceClient, HOSPITAL);
  const { call } = await aSealedPut(aKeyPair('whoever mints certificates').sign);

  expect(await refusalOf(ask(client.put.bind(client), call))).toMatchObject({ code: 'SIGNATURE_INVALID' });
});

test('a sealed call is refused under the certificate of another, a second time, by a revoked key, and as another method', async () => {
  const [own, other] = await Promise.all([aClient(VaultServiceClient, HOSPITAL), aClient(VaultServiceClient, FUND)]);
  const [first, asOpen] = await Promise.all([aSealedPut(hospital.sign), aSealedPut(hospital.sign, 'Open')]);
  await ask(own.put.bind(own), first.call);

  expect(await refusalOf(ask(other.put.bind(other), first.call))).toMatchObject({ code: 'NOT_AUTHORISED' });
  expect(await refusalOf(ask(own.put.bind(own), first.call))).toMatchObject({ code: 'REPLAYED' });
  expect(await asOpen.open(await ask(own.put.bind(own), asOpen.call))).toMatchObject({ ok: false, refusal: { code: 'NOT_FOUND' } });
  ledger.revoked.add(hospital.keyId);
  expect(await refusalOf(ask(own.put.bind(own), (await aSealedPut(hospital.sign)).call))).toMatchObject({ code: 'NOT_AUTHORISED' });
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
