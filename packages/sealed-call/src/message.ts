import { type Bytes, concatBytes, utf8Encode } from '@civitas/canon';

/** Who calls whom, with which key, on which network; bound into seal and signature. */
export interface CallAddress {
  readonly chainId: string;
  /** Organisation called. */
  readonly audience: string;
  /** Calling organisation. */
  readonly caller: string;
  /** Key id of the caller's operation key in this network's membership. */
  readonly keyId: string;
}

/** The wire message `civitas.node.v1.SealedCall`, by shape. */
export interface SealedCallMessage {
  audience: string;
  caller: string;
  keyId: string;
  encapsulatedKey: Bytes;
  ciphertext: Bytes;
  signature: Bytes;
}

/** The wire message `civitas.node.v1.SealedAnswer`, by shape. */
export interface SealedAnswerMessage {
  encapsulatedKey: Bytes;
  ciphertext: Bytes;
}

const CALL_DOMAIN = utf8Encode('civitas/call/v1\n');
const SIGNATURE_DOMAIN = utf8Encode('civitas/call-signature/v1\n');
const ANSWER_DOMAIN = utf8Encode('civitas/answer/v1\n');

function sized(text: string): Bytes {
  const bytes = utf8Encode(text);
  const framed = new Uint8Array(4 + bytes.length);
  new DataView(framed.buffer).setUint32(0, bytes.length);
  framed.set(bytes, 4);
  return framed;
}

/** "civitas/call/v1\n", then chain id, audience, caller and key id, each with its length (32-bit big-endian) before it. */
export function callAssociatedData(address: CallAddress): Bytes {
  return concatBytes(CALL_DOMAIN, sized(address.chainId), sized(address.audience), sized(address.caller), sized(address.keyId));
}

/** What the caller's operation key signs. */
export function callSignBytes(associatedData: Bytes, encapsulatedKey: Bytes, ciphertext: Bytes): Bytes {
  return concatBytes(SIGNATURE_DOMAIN, associatedData, encapsulatedKey, ciphertext);
}

/** An answer is bound to the one call it answers. */
export function answerAssociatedData(callSignature: Bytes): Bytes {
  return concatBytes(ANSWER_DOMAIN, callSignature);
}
