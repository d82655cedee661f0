import { base64urlDecode, base64urlEncode, encodeCanonical, type JsonObject, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { contractsOf, type Domain, type Outcome } from '@civitas/contracts';
import type { TestCity, TestLedger } from '@civitas/contracts/testing';
import {
  encodeLightBlock,
  encodeReceipt,
  parseReceipt,
  proofToJson,
  proveReceipt,
  ReferenceTree,
  receiptProofToJson,
  receiptsRoot,
  type TransactionResult,
} from '@civitas/proofs';
import { nextBlock, someValidators } from '@civitas/proofs/testing';
import type { GetReceiptResponse } from '@civitas/proto/civitas/node/v1/ledger.ts';
import { Refused } from '../../fault.ts';
import type { Profile } from '../../profile/load-profile.ts';
import type { LedgerClient, ReadOptions, RecordRead } from '../../sdk/ledger-client.ts';
import type { Submitted } from '../../sdk/receipt.ts';
import { type Call, signCall } from '../../sdk/sign-operation.ts';

const keys = someValidators(1, 'flows');
const CLOCK_STEP_MS = 400;

/** The genesis of a test network: just what evidence starts from. */
export function testGenesis(chainId: string): JsonObject {
  return {
    chainId,
    validators: keys.validators.map(({ publicKey, power }) => ({ power: Number(power), publicKey: base64urlEncode(publicKey) })),
  };
}

/** One operation a block, as the test ledgers run them: its receipt by height. */
const receiptsOf = new WeakMap<TestLedger, Map<number, Uint8Array>>();

function resultsOf(ledger: TestLedger, height: number): readonly TransactionResult[] {
  const receipt = receiptsOf.get(ledger)?.get(height);
  return receipt === undefined ? [] : [{ code: 0, data: receiptsRoot(nodeCrypto.sha256, [receipt]), gasWanted: 0n, gasUsed: 0n }];
}

/** The light block of a height: state and receipts of the block before, in time order. */
function lightBlockAt(ledger: TestLedger, height: number, appHash: Uint8Array): Uint8Array {
  const time = { seconds: 1_700_000_000n + BigInt(height), nanos: 0 };
  const change = { height: BigInt(height), time };
  const block = nextBlock(ledger.chainId, undefined, { keys, appHash, lastResults: resultsOf(ledger, height - 1), change });
  return encodeLightBlock(block.lightBlock);
}

function treeAt(ledger: TestLedger, height: number): ReferenceTree {
  const tree = new ReferenceTree(nodeCrypto.sha256);
  for (const name of ledger.state.keys()) {
    const record = ledger.state.find(name, height);
    if (record !== undefined) tree.put(utf8Encode(name), encodeCanonical(record));
  }
  return tree;
}

/** Operations as they were signed, by hash. */
const signedOf = new Map<string, Pick<GetReceiptResponse, 'operation' | 'publicKey'>>();
const NOT_KEPT = { operation: undefined, publicKey: new Uint8Array(0) };

/** Keeps the receipt of the operation that the ledger has just run. */
function keepReceipt(ledger: TestLedger, hash: Uint8Array, outcome: Outcome): void {
  const ended = outcome.ok ? outcome : { ok: false as const, refusal: outcome.refusal };
  const receipt = encodeReceipt({ height: ledger.height, index: 0, operation: hash, outcome: ended, events: [] });
  receiptsOf.set(ledger, (receiptsOf.get(ledger) ?? new Map<number, Uint8Array>()).set(ledger.height, receipt));
}

function provenReceipt(ledger: TestLedger, hash: string): GetReceiptResponse {
  const found = [...(receiptsOf.get(ledger) ?? [])].find(([, bytes]) => {
    const receipt = parseReceipt(bytes);
    return receipt.ok && base64urlEncode(receipt.value.operation) === hash;
  });
  if (found === undefined) throw new Refused('receipt', { code: 'NOT_FOUND', facts: { hash }, then: 'drop' });
  const [height, receipt] = found;
  const proof = proveReceipt(nodeCrypto.sha256, { results: resultsOf(ledger, height), bundleIndex: 0, receipts: [receipt] }, 0);
  const lightBlock = lightBlockAt(ledger, height + 1, treeAt(ledger, height).root());
  return { receipt, proof: encodeCanonical(receiptProofToJson(proof)), lightBlock, ...(signedOf.get(hash) ?? NOT_KEPT) };
}

/** A node's answer with a real tree, a real header and a real commit over the test ledger's state. */
function provenRead(ledger: TestLedger, key: string, headerHeight: number): RecordRead {
  const at = headerHeight - 1;
  const tree = treeAt(ledger, at);
  const value = ledger.state.find(key, at);
  return {
    found: value !== undefined,
    value,
    bytes: value === undefined ? new Uint8Array(0) : encodeCanonical(value),
    proof: encodeCanonical(proofToJson(tree.prove(utf8Encode(key)))),
    headerHeight,
    lightBlock: lightBlockAt(ledger, headerHeight, tree.root()),
  };
}

/** Proofs in arguments become those that the test ledgers' verifyForeign reads. */
function withTestProofs(args: JsonObject): JsonObject {
  const text = JSON.stringify(args, (_name, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('bitmap' in value) || !('key' in value)) return value;
    return { key: Buffer.from(String(value.key), 'base64url').toString() };
  });
  return JSON.parse(text) as JsonObject;
}

export interface TestSeat {
  readonly city: TestCity;
  readonly domain: Domain;
  readonly agency: string;
  /** With its keys. */
  readonly profile: Profile;
  /** Roles the sample city gives the agency here. */
  readonly roles: readonly string[];
}

function mayRead({ domain, roles }: TestSeat, key: string): boolean {
  const [contract, collection = ''] = key.split('/');
  const readableBy = contractsOf(domain).find(({ name }) => name === contract)?.collections[collection]?.readableBy;
  if (readableBy === undefined || readableBy === 'members') return true;
  return readableBy !== 'views' && readableBy.some((role) => roles.includes(role));
}

function systemRecord(seat: TestSeat, key: string): JsonObject | undefined {
  const peer = /^links\/([^/]+)\/client$/.exec(key)?.[1];
  if (peer !== undefined) return { chainId: peer, status: 'Active', latestHeight: 1_000_000_000 };
  return key.startsWith('network.members/keys/') ? { status: 'active' } : undefined;
}

/** A LedgerClient over a ledger in memory: roles and record classes as in the sample city, packets carried after each call. */
export function testLedgerClient(seat: TestSeat, access: LedgerClient['access']): LedgerClient {
  const { city, domain, agency, roles, profile } = seat;
  const ledger = city.ledger(domain);
  const submit = async (call: Call): Promise<Submitted> => {
    const { hash: bytes, body, operation } = signCall(profile, access, call, Date.now());
    const hash = base64urlEncode(bytes);
    signedOf.set(hash, { operation, publicKey: base64urlDecode(profile.publicKey) ?? new Uint8Array(0) });
    if (call.role !== 'member' && !roles.includes(call.role)) {
      return { ok: false, hash, body, height: 0, refusal: { code: 'NOT_AUTHORISED', facts: { role: call.role, agency }, then: 'drop' } };
    }
    const { method, role, actor = 'cli' } = call;
    const coSigners = call.approver === undefined ? [] : [agency];
    const contract = call.contract.replace(/@v1$/, '');
    const outcome = ledger.call({ contract, method, role, actor, organisation: agency, args: withTestProofs(call.args), coSigners });
    const height = ledger.height;
    keepReceipt(ledger, bytes, outcome);
    city.relay();
    if (!outcome.ok) return { ok: false, hash, body, height, refusal: outcome.refusal };
    const receipt = { height, index: 0, operation: hash, outcome, events: [] };
    return { ok: true, hash, body, height, result: outcome.result, receipt };
  };
  const read = async (key: string, options: ReadOptions = {}): Promise<RecordRead> => {
    city.advance(CLOCK_STEP_MS);
    city.relay();
    if (!mayRead(seat, key)) throw new Refused(`${agency} reads ${key}`, { code: 'NOT_AUTHORISED', facts: { key }, then: 'drop' });
    const known = options.headerHeight === undefined || options.headerHeight > ledger.height ? ledger.height + 1 : options.headerHeight;
    if (options.withProof === true) return provenRead(ledger, key, known);
    const value = systemRecord(seat, key) ?? ledger.read(key);
    return {
      found: value !== undefined,
      value,
      bytes: new Uint8Array(0),
      proof: new Uint8Array(0),
      headerHeight: known,
      lightBlock: new Uint8Array(0),
    };
  };
  const unused = (): never => {
    throw new Error('flows do not call this');
  };
  return {
    network: domain,
    chainId: ledger.chainId,
    organisation: agency,
    access,
    submit,
    submitBulk: submit,
    read,
    view: unused,
    requestHeader: async (_peer, height) => height,
    receipt: async (hash) => provenReceipt(ledger, hash),
    blocks: unused,
    block: unused,
    validators: unused,
    proposals: unused,
    info: async () => ({
      chainId: ledger.chainId,
      genesisHash: access.genesisHash,
      height: BigInt(ledger.height),
      root: new Uint8Array(32),
      engine: 'embedded',
      timeUnixMs: BigInt(city.nowUnixMs),
      validatorCount: 1,
      genesis: new Uint8Array(0),
    }),
    close: () => undefined,
  };
}
