import { type Bytes, utf8Decode } from '@civitas/canon';
import type {
  CoSignature,
  SharedGroup,
  SharedSignature,
  SignedOperation,
  Bundle as WireBundle,
} from '@civitas/proto/civitas/ledger/v1/operation';

const NOTHING = new Uint8Array(0);
const UINT32_MAX = 2 ** 32 - 1;

/** Thrown where bytes are not what the writer of their message would have written; caught at the edge of this file. */
class NotCanonicalError extends Error {}

/** One message after another, each up to its end: fields in rising order, no default written out, no number or length longer than it needs. */
class StrictReader {
  readonly #bytes: Bytes;
  #at = 0;
  #end: number;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  /** Whether the next field is this one, and if so past its tag. */
  takes(tag: number): boolean {
    if (this.#at >= this.#end || this.#bytes[this.#at] !== tag) return false;
    this.#at += 1;
    return true;
  }

  /** The next field where it is this one, a number that is not 0; else 0. */
  number(tag: number): number {
    if (!this.takes(tag)) return 0;
    const value = this.#varint();
    if (value === 0) throw new NotCanonicalError('a zero is written');
    return value;
  }

  /** The next field where it is this one, bytes that are not empty; else no bytes. */
  bytes(tag: number): Bytes {
    if (!this.takes(tag)) return NOTHING;
    const value = this.element();
    if (value.length === 0) throw new NotCanonicalError('empty bytes are written');
    return value;
  }

  text(tag: number): string {
    const text = utf8Decode(this.bytes(tag));
    if (text === undefined) throw new NotCanonicalError('not UTF-8');
    return text;
  }

  /** Bytes after a tag, empty ones too: an element of a list. */
  element(): Bytes {
    const length = this.#varint();
    const from = this.#at;
    if (length > this.#end - from) throw new NotCanonicalError('bytes beyond their message');
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }

  /** A message after a tag, read to its end. */
  message<T>(read: (reader: StrictReader) => T): T {
    const length = this.#varint();
    const outer = this.#end;
    if (length > outer - this.#at) throw new NotCanonicalError('a message beyond its own');
    this.#end = this.#at + length;
    const value = read(this);
    this.assertEnd();
    this.#end = outer;
    return value;
  }

  assertEnd(): void {
    if (this.#at !== this.#end) throw new NotCanonicalError('a field that does not belong here');
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
      if (byte === undefined || scale > UINT32_MAX) throw new NotCanonicalError('a number without end');
      this.#at += 1;
      value += (byte & 127) * scale;
      if (byte >= 128) continue;
      if ((byte === 0 && scale > 1) || value > UINT32_MAX) throw new NotCanonicalError('a number longer than it needs');
      return value;
    }
  }
}

// Tags: field number times eight, plus 2 for bytes and messages, 0 for numbers (proto/civitas/ledger/v1/operation.proto).

function coSignatureOf(reader: StrictReader): CoSignature {
  return { keyId: reader.text(10), signature: reader.bytes(18) };
}

function sharedOf(reader: StrictReader): SharedSignature {
  const [signature, index, total] = [reader.bytes(10), reader.number(16), reader.number(24)];
  const path: Bytes[] = [];
  while (reader.takes(34)) path.push(reader.element());
  return { signature, index, total, path };
}

function operationOf(reader: StrictReader): SignedOperation {
  const body = reader.bytes(10);
  const signature = reader.bytes(18);
  const coSignatures: CoSignature[] = [];
  while (reader.takes(26)) coSignatures.push(reader.message(coSignatureOf));
  const shared = reader.takes(34) ? reader.message(sharedOf) : undefined;
  return { body, signature, coSignatures, shared };
}

function groupOf(reader: StrictReader): SharedGroup {
  return { first: reader.number(8), count: reader.number(16), signature: reader.bytes(26) };
}

function bundleOf(reader: StrictReader): WireBundle {
  const [chainId, gateway, keyId] = [reader.text(10), reader.text(18), reader.text(26)];
  const operations: SignedOperation[] = [];
  while (reader.takes(34)) operations.push(reader.message(operationOf));
  const signature = reader.bytes(42);
  const groups: SharedGroup[] = [];
  while (reader.takes(50)) groups.push(reader.message(groupOf));
  return { chainId, gateway, keyId, operations, signature, groups };
}

/**
 * A bundle whose bytes are the only encoding of what they say: exactly those that the generated codec decodes and encodes to the same bytes,
 * in one pass. What it holds are views of the bytes. @returns undefined for any other.
 */
export function readBundle(bytes: Bytes): WireBundle | undefined {
  const reader = new StrictReader(bytes);
  try {
    const bundle = bundleOf(reader);
    reader.assertEnd();
    return bundle;
  } catch (error) {
    if (error instanceof NotCanonicalError) return undefined;
    throw error;
  }
}
