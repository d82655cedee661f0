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

  /** Once it is executed nobody asks again, and a block's worth of them is most of what the collector would carry along. */
  forgetOperation(): void {
    this.#operation = undefined;
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
  /** Over bundleSignBytes, or packedBundleSignBytes where it came packed, by the gateway's operation key. */
  readonly signature: Bytes;
  /** SHA-256 of its packed content; undefined where it came as it is. */
  readonly packedHash: Bytes | undefined;
  /** Of its plain encoding, bytes. */
  readonly bytes: number;
}

const BUNDLE_DOMAIN = utf8Encode('civitas/bundle/v1\n');
const PACKED_BUNDLE_DOMAIN = utf8Encode('civitas/packed-bundle/v1\n');

function named(domain: Bytes, chainId: string, what: readonly Bytes[]): Bytes {
  const name = utf8Encode(chainId);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, name.length);
  return concatBytes(domain, length, name, ...what);
}

/**
 * What a gateway signs: the chain id's length (32-bit big-endian) and bytes, then the envelope hashes in order.
 *
 * @param envelopeHashes canon's envelopeHash of each operation, 32 bytes each.
 */
export function bundleSignBytes(chainId: string, envelopeHashes: readonly Bytes[]): Bytes {
  return named(BUNDLE_DOMAIN, chainId, envelopeHashes);
}

/**
 * What a gateway signs of a bundle that it packs: the chain id's length (32-bit big-endian) and bytes, then the hash. The same operations
 * can be packed in many ways; only the gateway can say which of them is its bundle.
 *
 * @param packedHash SHA-256 of the packed content, 32 bytes.
 */
export function packedBundleSignBytes(chainId: string, packedHash: Bytes): Bytes {
  return named(PACKED_BUNDLE_DOMAIN, chainId, [packedHash]);
}

/** What the signature of this bundle must be over. */
export function signBytesOf({ chainId, packedHash, operations }: Bundle): Bytes {
  if (packedHash !== undefined) return packedBundleSignBytes(chainId, packedHash);
  return bundleSignBytes(
    chainId,
    operations.map(({ hash }) => hash),
  );
}
