import { randomBytes } from 'node:crypto';
import {
  type Bytes,
  base64urlDecode,
  base64urlEncode,
  chainIdOf,
  contractNameOf,
  encodeOperation,
  hashOf,
  isJsonObject,
  type JsonObject,
  keyIdOf,
  operationSignBytes,
  organisationNameOf,
  parseCanonical,
  unixMsFrom,
} from '@civitas/canon';
import { type Ed25519KeyPair, ed25519FromSeed, nodeCrypto, signEd25519 } from '@civitas/canon/node';
import { parseReceipt, type ReceiptOutcome } from '@civitas/proofs';
import { OPERATION_LIFE_MS, SUBMIT_DEADLINE_MS } from './limits.ts';
import { callNode, type NodeConnection } from './node-connection.ts';

/** The platform's operation key: it proposes and registers, and approves nothing. */
export interface PlatformKey {
  readonly publicKey: string;
  readonly pair: Ed25519KeyPair;
}

/** @param seed 32 secret bytes, base64url;. */
export function platformKeyOf(seed: string): PlatformKey {
  const pair = ed25519FromSeed(base64urlDecode(seed) ?? new Uint8Array(0));
  return { publicKey: base64urlEncode(pair.publicKey), pair };
}

/** 32 fresh secret bytes, base64url. */
export function newSeed(): string {
  return base64urlEncode(new Uint8Array(randomBytes(32)));
}

/** One ledger as the platform acts on it. */
export interface PlatformLedger {
  readonly chainId: string;
  /** base64url. */
  readonly genesisHash: string;
  readonly connection: NodeConnection;
  readonly key: PlatformKey;
}

/** As much of one as an operation needs. */
export interface ProposingLedger extends Omit<PlatformLedger, 'connection'> {
  readonly connection: Pick<NodeConnection, 'ledger'>;
}

/** A call of one contract, as role `platform`. */
export interface PlatformCall {
  readonly contract: string;
  readonly method: string;
  readonly args: JsonObject;
}

/**
 * Signs and submits one operation; resolves when the block that holds it is durable.
 *
 * @throws NodeRefusal when it is not admitted, the gRPC error when the node cannot be reached.
 */
export async function submitOperation(ledger: ProposingLedger, call: PlatformCall, nowUnixMs: number): Promise<ReceiptOutcome> {
  const { pair } = ledger.key;
  const body = encodeOperation({
    actor: 'civitas-operator',
    args: call.args,
    contract: contractNameOf(call.contract),
    expiresAtUnixMs: unixMsFrom(nowUnixMs + OPERATION_LIFE_MS),
    genesis: hashOf(base64urlDecode(ledger.genesisHash) ?? new Uint8Array(0)),
    idempotencyKey: new Uint8Array(randomBytes(16)),
    keyId: keyIdOf(nodeCrypto.sha256, pair.publicKey),
    method: call.method,
    network: chainIdOf(ledger.chainId),
    organisation: organisationNameOf('platform'),
    role: 'platform',
  });
  const signature = signEd25519(pair.privateKey, operationSignBytes(body));
  const { ledger: client } = ledger.connection;
  const operation = { body, signature, coSignatures: [], shared: undefined };
  const { receipt } = await callNode(client.submit.bind(client), { operation }, SUBMIT_DEADLINE_MS);
  const parsed = parseReceipt(new Uint8Array(receipt));
  if (!parsed.ok) throw new Error(`the node answered with a receipt that does not parse: ${parsed.refusal.code}`);
  return parsed.value.outcome;
}

/** A record by key; undefined when there is none. */
export async function findRecord(connection: Pick<NodeConnection, 'ledger'>, key: string): Promise<JsonObject | undefined> {
  const { ledger } = connection;
  const answer = await callNode(ledger.read.bind(ledger), { key, withProof: false, headerHeight: 0n });
  return answer.found ? objectOf(answer.value) : undefined;
}

/** A record, the proof of it, and the header it is proven under. */
export interface ProvenRecord {
  readonly record: JsonObject;
  readonly headerHeight: number;
  readonly proof: JsonObject;
  /** CometBFT encoding. */
  readonly lightBlock: Bytes;
}

/** Proven under the newest header; undefined while that header does not carry the record. */
export async function findProvenLightBlock(connection: NodeConnection, key: string): Promise<ProvenRecord | undefined> {
  const { ledger } = connection;
  const answer = await callNode(ledger.read.bind(ledger), { key, withProof: true, headerHeight: 0n });
  if (!answer.found) return undefined;
  const { value, proof, headerHeight, lightBlock } = answer;
  return { record: objectOf(value), headerHeight: Number(headerHeight), proof: objectOf(proof), lightBlock: new Uint8Array(lightBlock) };
}

function objectOf(bytes: Bytes): JsonObject {
  const parsed = parseCanonical(new Uint8Array(bytes));
  if (!parsed.ok || !isJsonObject(parsed.value)) throw new Error('the node answered with a record that is no canonical JSON object');
  return parsed.value;
}
