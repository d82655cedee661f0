import {
  type Bytes,
  chainIdOf,
  contractNameOf,
  encodeOperation,
  hashOf,
  invariant,
  type JsonObject,
  operationHash,
  operationSignBytes,
  organisationNameOf,
  parseUnixMs,
  sharedBatchOf,
  sharedSignBytes,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { SubmitStreamRequest } from '@civitas/proto/civitas/node/v1/ledger';
import { cliKeyOf } from '../../test/consensus/network/birth.ts';
import { documentArguments, randomText } from '../documents.ts';

/** Who signs, and for which network. */
export interface LoadIdentity {
  readonly chainId: string;
  readonly genesisHash: Bytes;
  readonly organisation: string;
}

/** One message of a submit stream, encoded and signed beforehand. */
export interface PreparedMessage {
  readonly bytes: Buffer;
  /** Sequence number of its first operation; the message's tag. */
  readonly first: number;
  readonly count: number;
}

/** Operations stay valid for the longest run; contracts allow an hour. */
const EXPIRY_MS = 55 * 60_000;

/** Prepares operations of one organisation; a group of more than one is signed once for all. */
export class OperationMaker {
  readonly #identity: LoadIdentity;
  readonly #key: ReturnType<typeof cliKeyOf>;
  #next = 1;

  constructor(identity: LoadIdentity) {
    this.#identity = identity;
    this.#key = cliKeyOf(identity.organisation);
  }

  /** A message of `groupSize` registrations. */
  registrations(groupSize: number): PreparedMessage {
    return this.#message(Array.from({ length: groupSize }, () => this.#body('register', documentArguments())));
  }

  #body(method: string, args: JsonObject): Bytes {
    const expires = parseUnixMs(Date.now() + EXPIRY_MS);
    invariant(expires.ok, 'the clock is out of range');
    return encodeOperation({
      actor: 'bench',
      args,
      contract: contractNameOf('health.index@v1'),
      expiresAtUnixMs: expires.value,
      genesis: hashOf(this.#identity.genesisHash),
      idempotencyKey: new Uint8Array(Buffer.from(randomText(16), 'base64url')),
      keyId: this.#key.keyId,
      method,
      network: chainIdOf(this.#identity.chainId),
      organisation: organisationNameOf(this.#identity.organisation),
      role: 'custodian',
    });
  }

  #message(bodies: readonly Bytes[]): PreparedMessage {
    const first = this.#next;
    this.#next += bodies.length;
    const plain = bodies.map((body) => ({ body, signature: new Uint8Array(0), coSignatures: [], shared: undefined }));
    const [only] = plain;
    const tag = BigInt(first);
    if (plain.length === 1 && only !== undefined) {
      const operation = { ...only, signature: this.#key.sign(operationSignBytes(only.body)) };
      return { first, count: 1, bytes: Buffer.from(SubmitStreamRequest.encode({ tag, operation, batch: undefined }).finish()) };
    }
    const batch = sharedBatchOf(
      nodeCrypto.sha256,
      bodies.map((body) => operationHash(nodeCrypto.sha256, body)),
    );
    invariant(batch.ok, 'a group of another size');
    const signature = this.#key.sign(sharedSignBytes(this.#identity.chainId, batch.value));
    const message = { tag, operation: undefined, batch: { signature, operations: plain } };
    return { first, count: bodies.length, bytes: Buffer.from(SubmitStreamRequest.encode(message).finish()) };
  }
}
