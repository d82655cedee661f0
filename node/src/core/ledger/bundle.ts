import {
  type Bytes,
  concatBytes,
  type Envelope,
  envelopeHash,
  equalBytes,
  type Operation,
  operationHash,
  parseOperation,
  type Result,
  type Sha256,
  utf8Encode,
} from '@civitas/canon';

/** An envelope with its hashes and what its body says, each found once on its way through a ledger. */
export class HashedEnvelope {
  readonly envelope: Envelope;
  /** canon's envelopeHash. */
  readonly hash: Bytes;
  /** canon's operationHash of the body. */
  readonly operationHash: Bytes;
  #operation: Result<Operation> | undefined;

  constructor(envelope: Envelope, hashes: { readonly envelope: Bytes; readonly operation: Bytes }) {
    this.envelope = envelope;
    this.hash = hashes.envelope;
    this.operationHash = hashes.operation;
  }

  /** canon's parseOperation of the body. */
  get operation(): Result<Operation> {
    this.#operation ??= parseOperation(this.envelope.body);
    return this.#operation;
  }
}

/** @param known the body's operation hash, where the reader needed it already. */
export function hashedEnvelope(sha256: Sha256, envelope: Envelope, known?: Bytes): HashedEnvelope {
  const hash = known ?? operationHash(sha256, envelope.body);
  return new HashedEnvelope(envelope, { envelope: envelopeHash(sha256, envelope, hash), operation: hash });
}

/** All operations of one shared signature, side by side in a bundle. */
export interface SharedGroup {
  /** Position of the first in the bundle. */
  readonly first: number;
  readonly count: number;
  readonly signature: Bytes;
}

/** Whether the whole batch of the operation at `first` stands there in order. */
function isWholeBatch(operations: readonly Envelope[], first: number): boolean {
  const head = operations[first];
  if (head?.shared?.index !== 0) return false;
  const { total, root } = head.shared;
  for (let at = 0; at < total; at++) {
    const { shared, signature } = operations[first + at] ?? {};
    if (shared === undefined || signature === undefined || shared.index !== at || shared.total !== total) return false;
    if (shared.root !== root && !equalBytes(shared.root, root)) return false;
    if (signature !== head.signature && !equalBytes(signature, head.signature)) return false;
  }
  return true;
}

/** The whole batches of these operations, in order: what a bundle must encode as groups, and nothing else. */
export function sharedGroupsOf(operations: readonly Envelope[]): SharedGroup[] {
  const groups: SharedGroup[] = [];
  let first = 0;
  while (first < operations.length) {
    const head = operations[first];
    const count = head?.shared !== undefined && isWholeBatch(operations, first) ? head.shared.total : 0;
    if (head !== undefined && count > 0) groups.push({ first, count, signature: head.signature });
    first += Math.max(count, 1);
  }
  return groups;
}

/** A bundle as the host's strict decoder hands it over; its bytes are within BUNDLE_BYTES_MAX and say exactly this. */
export interface Bundle {
  readonly chainId: string;
  /** Organisation whose gateway submits it. */
  readonly gateway: string;
  readonly keyId: string;
  readonly operations: readonly HashedEnvelope[];
  /** Over bundleSignBytes, by the gateway's operation key. */
  readonly signature: Bytes;
}

const BUNDLE_DOMAIN = utf8Encode('civitas/bundle/v1\n');

/**
 * What a gateway signs: the chain id's length (32-bit big-endian) and bytes, then the envelope hashes in order.
 *
 * @param envelopeHashes canon's envelopeHash of each operation, 32 bytes each.
 */
export function bundleSignBytes(chainId: string, envelopeHashes: readonly Bytes[]): Bytes {
  const name = utf8Encode(chainId);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, name.length);
  return concatBytes(BUNDLE_DOMAIN, length, name, ...envelopeHashes);
}
