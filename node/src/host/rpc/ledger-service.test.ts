import { encodeCanonical, type JsonObject, parseCanonical } from '@civitas/canon';
import { allContracts } from '@civitas/contracts';
import { spiffe } from '@civitas/deployment';
import { Bundle } from '@civitas/proto/civitas/ledger/v1/operation';
import type { GetNetworkResponse } from '@civitas/proto/civitas/node/v1/ledger';
import { nodeMetrics, openLogger, openMetricsRegistry } from '@civitas/telemetry';
import { aKeyPair } from '@civitas/testkit';
import type { handleUnaryCall, ServerUnaryCall } from '@grpc/grpc-js';
import { expect, test } from '@jest/globals';
import type { Admission } from '../admission/admission.ts';
import { openTokenBuckets } from '../admission/token-bucket.ts';
import { LinkActivity } from '../ledger/link-activity.ts';
import { WantedHeaders } from '../ledger/wanted-headers.ts';
import { aFakeLedger, aGenesis } from '../testing/fake-ledger.ts';
import { Guard } from './guard.ts';
import { ledgerService } from './ledger-service.ts';

const CHAIN = 'jincheng-health-1';
const HASH = new Uint8Array(32);
const ledger = aFakeLedger(
  aGenesis(CHAIN, [{ name: 'hospital-1', roles: ['custodian'], keys: [{ pair: aKeyPair('h'), use: 'operation' }] }]),
);
const nowMs = (): number => 0;
const guard = new Guard({
  chainId: CHAIN,
  members: () => ledger.members,
  calls: openTokenBuckets({ perSecond: 100, burst: 100, namesMax: 10, nowMs }),
  metrics: openMetricsRegistry({}).register(nodeMetrics),
  log: openLogger({}, 'error', () => undefined),
  nowMs,
});
const unused = (): never => {
  throw new Error('no operation is submitted here');
};
const door = {
  ledger,
  admission: { submit: unused } as object as Admission,
  contracts: allContracts,
  activity: new LinkActivity(ledger),
  wanted: new WantedHeaders(() => 0),
};
const service = ledgerService(
  guard,
  () => door,
  () => 0,
);

/** Calls a handler as a member does; a refusal comes back as its code. */
function call<Request, Response>(handler: handleUnaryCall<Request, Response>, request: Request): Promise<Response | string> {
  const peer = { sslPeerCertificate: { subjectaltname: `URI:${spiffe.client(CHAIN, 'hospital-1', 'cli')}` } };
  const frame = { request, getAuthContext: () => peer, getDeadline: () => Number.POSITIVE_INFINITY, sendMetadata: () => undefined };
  return new Promise((resolve, reject) => {
    handler(frame as object as ServerUnaryCall<Request, Response>, (error, response) => {
      if (error !== null && error !== undefined) resolve(error.details ?? '');
      else if (response === null || response === undefined) reject(new Error('neither answer nor error'));
      else resolve(response);
    });
  });
}

const operation = { body: encodeCanonical({ n: 1 }), signature: new Uint8Array(64), coSignatures: [], shared: undefined };

async function anOrderedOperation(): Promise<Uint8Array> {
  const frame = { chainId: CHAIN, gateway: 'hospital-1', keyId: '', signature: new Uint8Array(64) };
  const [receipt] = await ledger.submit(Bundle.encode({ ...frame, operations: [operation], groups: [] }).finish());
  return receipt?.operationHash ?? new Uint8Array(0);
}

test('GetNetwork answers with the genesis document in its canonical form', async () => {
  const answer = (await call(service.getNetwork, {})) as GetNetworkResponse;
  const genesis = parseCanonical(answer.genesis);
  expect(genesis).toEqual({ ok: true, value: ledger.genesis as object as JsonObject });
});

test('a receipt whose proof the next block brings is PROOF_NOT_YET, without proof it is there', async () => {
  const operationHash = await anOrderedOperation();
  expect(await call(service.getReceipt, { operationHash, withProof: true, withOperation: false })).toBe('PROOF_NOT_YET');
  expect(await call(service.getReceipt, { operationHash, withProof: false, withOperation: false })).toHaveProperty('receipt');
});

test('a receipt of no operation is NOT_FOUND, and a hash of another length MALFORMED', async () => {
  expect(await call(service.getReceipt, { operationHash: new Uint8Array(32), withProof: false, withOperation: false })).toBe('NOT_FOUND');
  expect(await call(service.getReceipt, { operationHash: new Uint8Array(31), withProof: false, withOperation: false })).toBe('MALFORMED');
});

test('a proof against a header whose state is not kept is PRUNED', async () => {
  expect(await call(service.read, { key: 'city.registry/networks/x', withProof: true, headerHeight: 1n })).toBe('PRUNED');
});

test('a record whose header the engine was slow to say is proven by the next one', async () => {
  const proof = { key: new Uint8Array([1]), leaf: { kind: 'present' as const }, siblings: [] };
  const late = ledger.status().height;
  ledger.prove = () => ({ value: { a: 1 }, proof, headerHeight: ledger.status().height, headerTimeUnixMs: 1 });
  ledger.lightBlock = (height) => (height === late ? undefined : new Uint8Array([7]));
  const asked = call(service.read, { key: 'links/x/counter', withProof: true, headerHeight: 0n });
  await anOrderedOperation();
  expect(await asked).toMatchObject({ found: true, headerHeight: BigInt(late + 1) });
});

test('a block whose operations are not kept is BLOCK_NOT_KEPT, never one without operations', async () => {
  await anOrderedOperation();
  const height = ledger.status().height;
  ledger.blockSummary = () => ({ height, timeUnixMs: 1, hash: HASH, appHash: HASH, operationCount: 1, blockBytes: 9 });
  ledger.lightBlock = () => new Uint8Array([7]);
  expect(await call(service.getBlock, { height: BigInt(height) })).toMatchObject({ bundles: [{ gateway: 'hospital-1' }] });
  ledger.blockBundles = async () => undefined;
  expect(await call(service.getBlock, { height: BigInt(height) })).toBe('BLOCK_NOT_KEPT');
});
