import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  base64urlEncode,
  chainIdOf,
  contractNameOf,
  encodeOperation,
  hashOf,
  operationHash,
  operationSignBytes,
  organisationNameOf,
  type Result,
  refuse,
  sharedPathsOf,
  sharedSignBytes,
  unixMsFrom,
} from '@civitas/canon';
import { nodeCrypto, verifyEd25519InPool } from '@civitas/canon/node';
import { type PeerIdentity, spiffe } from '@civitas/deployment';
import { IdentityFault, type Principal, type VerifiedToken } from '@civitas/identity';
import { findErrorInfo, type Unary } from '@civitas/node-call';
import type { OperationBatch, SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import { AdminServiceService } from '@civitas/proto/civitas/node/v1/admin';
import { LedgerServiceService } from '@civitas/proto/civitas/node/v1/ledger';
import { LinkServiceService } from '@civitas/proto/civitas/node/v1/link';
import { PersonServiceService } from '@civitas/proto/civitas/node/v1/person';
import { VaultServiceService } from '@civitas/proto/civitas/node/v1/vault';
import { HealthService } from '@civitas/proto/grpc/health/v1/health';
import { generateHpkeKeyPair, type HpkeKeyPair } from '@civitas/sealed-call';
import { type Instruments, nodeMetrics, openLogger, openMetricsRegistry } from '@civitas/telemetry';
import { aKeyPair, type TestKeyPair } from '@civitas/testkit';
import { type ChannelCredentials, type Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { Verdicts } from '../../core/ledger/verdicts.ts';
import { Admission } from '../admission/admission.ts';
import { openTokenBuckets } from '../admission/token-bucket.ts';
import type { GatewayKeys } from '../keys/node-keys.ts';
import { openSigningGrant, type SigningGrant } from '../keys/signing-grant.ts';
import { LinkActivity } from '../ledger/link-activity.ts';
import { WantedHeaders } from '../ledger/wanted-headers.ts';
import { PersonMethods } from '../person/person-methods.ts';
import { type AdminDoor, adminService } from '../rpc/admin-service.ts';
import { Guard } from '../rpc/guard.ts';
import { openHealth } from '../rpc/health-service.ts';
import { ledgerService } from '../rpc/ledger-service.ts';
import { ADMIN_MESSAGE_BYTES_MAX, LEDGER_MESSAGE_BYTES_MAX } from '../rpc/limits.ts';
import { linkService } from '../rpc/link-service.ts';
import { type Listener, listen } from '../rpc/listen.ts';
import { personService } from '../rpc/person-service.ts';
import { vaultService } from '../rpc/sealed-service.ts';
import { aFakeLedger, aGenesis, type FakeLedger } from '../testing/fake-ledger.ts';
import { aTestAuthority, type TestAuthority, type TestLeaf, writeLeaf } from '../testing/test-authority.ts';
import { type CertificateFolder, openCertificateFolder } from '../tls/certificate-folder.ts';
import { channelCredentials, serverCredentials } from '../tls/credentials.ts';
import { openNonceCache } from '../vault/nonce-cache.ts';
import { VaultMethods } from '../vault/vault-methods.ts';
import { VaultStore } from '../vault/vault-store.ts';

/** One gateway with real certificates, a ledger in memory and one hosted vault; its state is this module's. */
export const CHAIN = 'jincheng-health-1';
export const hospital = aKeyPair('hospital-1');
export const fund = aKeyPair('fund-centre');
export const relay = aKeyPair('relay');
export const consensus = aKeyPair('consensus');
export const isNode = (peer: PeerIdentity): boolean => peer.kind === 'node' && peer.network === CHAIN;

export let authority: TestAuthority;
export let folder: string;
export let hpke: HpkeKeyPair;
export let ledger: FakeLedger;
export let certificates: CertificateFolder;
export let listeners: Listener[];
export let vault: VaultStore;
let closers: (() => void)[];
let callsBurst = 100_000;
/** What is saved up is all there is: nothing comes back while a test runs, however long it is held up. */
const CALLS_PER_SECOND = 1 / 3600;
/** The identity provider of these tests: whom its tokens speak of, and whether there is one that answers. */
export const people: { provider: 'none' | 'up' | 'down'; readonly tokens: Map<string, Principal> } = { provider: 'up', tokens: new Map() };
const leaves = new Map<string, Promise<TestLeaf>>();

/** Once a test file: authority and vault key. */
export async function prepareGateway(): Promise<void> {
  authority = await aTestAuthority();
  hpke = await generateHpkeKeyPair();
}

function leafOf(uri: string): Promise<TestLeaf> {
  const known = leaves.get(uri) ?? authority.issue([uri]);
  leaves.set(uri, known);
  return known;
}

function anAdmission(metrics: Instruments<typeof nodeMetrics>, nowMs: () => number): Admission {
  return new Admission({
    ledger,
    crypto: nodeCrypto,
    verifyEd25519: verifyEd25519InPool,
    verdicts: new Verdicts(nodeCrypto),
    gateway: { organisation: 'hospital-1', key: hospital },
    bundleWaitMs: 5,
    metrics,
    nowUnixMs: Date.now,
    nowMs,
  });
}

async function verify(token: string): Promise<Result<VerifiedToken>> {
  if (people.provider === 'down') throw new IdentityFault('KEYS_UNREACHABLE', 'no keys');
  const principal = people.tokens.get(token);
  return principal === undefined ? refuse('TOKEN_SIGNATURE') : { ok: true, value: { principal, expiresAtUnixS: 0 } };
}

function personsOf(keys: GatewayKeys, admission: Admission): PersonMethods | undefined {
  if (people.provider === 'none') return undefined;
  return new PersonMethods({
    issuer: 'http://idp.test/realms/city',
    verifier: { verify },
    gateways: new Map([[keys.organisation, keys]]),
    vaults: new Map([[keys.organisation, vault]]),
    asked: new Map(),
    ledger,
    admission,
    calls: openTokenBuckets({ perSecond: CALLS_PER_SECOND, burst: callsBurst, namesMax: 10, nowMs: () => performance.now() }),
    nowUnixMs: Date.now,
  });
}

/** The operator's door of a node that has no ledger yet. */
const anAdminDoor = (grant: SigningGrant): AdminDoor => ({
  status: () => ({ ...EMPTY_STATUS, signing: grant.granted() }),
  keys: () => ({
    consensusPublicKey: consensus.publicKey,
    organisations: [],
    relayPublicKey: new Uint8Array(0),
    engineNodeId: '',
    nextConsensusPublicKey: new Uint8Array(0),
  }),
  grantSigning: (request) => grant.set(request),
  drain: async () => ({ ok: true, value: 0 }),
  verify: async () => ({ ok: false, refusal: { code: 'AWAITING_GENESIS', facts: {}, then: 'retry' } }),
  snapshot: async () => ({ ok: true, value: 0 }),
  setLogLevel: () => undefined,
});

const aHealthLedger = (): FakeLedger =>
  aFakeLedger(
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

const hospitalKeys = (): GatewayKeys => ({
  organisation: 'hospital-1',
  operation: hospital,
  hpkePublicKey: hpke.publicKey,
  hpkePrivateKey: hpke.privateKey,
  vaultKey: new Uint8Array(32),
  subjectIndexKey: new Uint8Array(32),
  personSecret: new Uint8Array(32),
  approver: undefined,
});

async function openServer(): Promise<void> {
  ledger = aHealthLedger();
  const metrics = openMetricsRegistry({}).register(nodeMetrics);
  const nowMs = (): number => performance.now();
  const admission = anAdmission(metrics, nowMs);
  vault = new VaultStore({
    folder: join(folder, 'vault'),
    organisation: 'hospital-1',
    vaultKey: new Uint8Array(32),
    signer: hospital,
    nowUnixMs: Date.now,
  });
  const methods = new VaultMethods({ organisation: 'hospital-1', chainId: CHAIN, vault, ledger });
  const links = { activity: new LinkActivity(ledger), wanted: new WantedHeaders(nowMs) };
  const door = () => ({ ledger, admission, contracts: [], ...links });
  const calls = openTokenBuckets({ perSecond: CALLS_PER_SECOND, burst: callsBurst, namesMax: 10, nowMs });
  const guard = new Guard({
    chainId: CHAIN,
    members: () => ledger.members,
    calls,
    metrics,
    log: openLogger({}, 'error', () => undefined),
    nowMs,
  });
  const keys = hospitalKeys();
  const sealed = {
    chainId: CHAIN,
    crypto: nodeCrypto,
    members: () => ledger.members,
    gateways: () => new Map([['hospital-1', { keys, methods: { Put: methods.put, Open: methods.open, Collect: methods.collect } }]]),
    nonces: openNonceCache(600_000, 1000, nowMs),
    nowUnixMs: Date.now,
    metrics,
  };
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
        server.addService(LedgerServiceService, ledgerService(guard, door, nowMs));
        server.addService(LinkServiceService, linkService(guard, door, nowMs));
        server.addService(VaultServiceService, vaultService(guard, sealed));
        server.addService(HealthService, health.service);
        server.addService(
          PersonServiceService,
          personService(guard, () => ({ ...door(), persons: personsOf(keys, admission), citizens: undefined })),
        );
      },
    }),
    await listen({
      ...common,
      messageBytesMax: ADMIN_MESSAGE_BYTES_MAX,
      register: (server) =>
        server.addService(AdminServiceService, adminService(guard, anAdminDoor(openSigningGrant(consensus.publicKey, 'pod-uid')))),
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
  lacksFirstBlocks: false,
  version: 'test',
  certificateSetHash: new Uint8Array(0),
  volumeBytes: 0n,
  volumeFreeBytes: 0n,
  ...{
    protocolVersion: 1,
    newestProtocolVersion: 1,
    nextProtocolVersion: 0,
    nextProtocolHeight: 0n,
    proposing: false,
  },
  configurationHash: new Uint8Array(0),
  engineVersion: '',
  unwell: '',
  halted: false,
  misbehaviourCount: 0,
};

/** Before each test: a fresh folder, ledger and listeners. */
export async function openGateway(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'rpc-'));
  closers = [];
  callsBurst = 100_000;
  people.provider = 'up';
  people.tokens.clear();
  await openServer();
}

export async function closeGateway(): Promise<void> {
  for (const close of closers) close();
  await Promise.all(listeners.map((listener) => listener.close(0)));
  certificates.close();
  await vault.close();
  rmSync(folder, { recursive: true });
}

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

export async function aClient<T extends Client>(
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

export const HOSPITAL = spiffe.client(CHAIN, 'hospital-1', 'cli');
export const FUND = spiffe.client(CHAIN, 'fund-centre', 'cli');

export function ask<Request, Response>(method: Unary<Request, Response>, request: Request, options = {}): Promise<Response> {
  return new Promise((resolve, reject) => {
    method(request, new Metadata(), options, (error, response) => (error === null ? resolve(response) : reject(error)));
  });
}

export function errorOf(error: unknown): { status: string; code: string; retryAfterMs: number } {
  const info = findErrorInfo(error as ServiceError);
  return { status: status[(error as ServiceError).code] ?? '', code: info?.code ?? '', retryAfterMs: info?.retryAfterMs ?? 0 };
}

export async function refusalOf(asked: Promise<unknown>): Promise<ReturnType<typeof errorOf>> {
  try {
    await asked;
  } catch (error) {
    return errorOf(error);
  }
  throw new Error('was not refused');
}

let nonce = 0;
export function anOperation(key: TestKeyPair = hospital, organisation = 'hospital-1', role = 'custodian'): SignedOperation {
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

/** The same operations under one signature of the hospital. */
export function aBatch(operations: readonly SignedOperation[]): OperationBatch {
  const batch = sharedPathsOf(
    nodeCrypto.sha256,
    operations.map(({ body }) => operationHash(nodeCrypto.sha256, body)),
  );
  const signature = hospital.sign(sharedSignBytes(CHAIN, batch));
  return { signature, operations: operations.map((operation) => ({ ...operation, signature: new Uint8Array(0) })) };
}

/** Opens the listeners anew with fewer calls saved up. */
export async function reopenWithBurst(burst: number): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close(0)));
  await vault.close();
  certificates.close();
  callsBurst = burst;
  await openServer();
}
