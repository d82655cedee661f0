import {
  accept,
  type Bytes,
  encodeCanonical,
  equalBytes,
  isJsonObject,
  type Json,
  type JsonObject,
  type OperationSignature,
  parseCanonical,
  type Result,
  refuse,
  type Sha256,
} from '@civitas/canon';
import { arrayField, bytesOfText, FieldError, hashOfText, integerField, objectWith, textField } from '../json-fields.ts';
import {
  EVIDENCE_BYTES_MAX,
  EVIDENCE_ITEMS_MAX,
  EVIDENCE_LIGHT_BLOCKS_MAX,
  EVIDENCE_NETWORKS_MAX,
  KEY_BYTES_MAX,
  VALIDATORS_MAX,
} from '../limits.ts';
import { pathFromJson, pathToJson, receiptProofFromJson, receiptProofToJson } from '../receipt-proof.ts';
import { proofFromJson, proofToJson } from '../tree/proof-json.ts';
import {
  bytesText,
  EVIDENCE_FORMAT,
  type EvidenceBundle,
  type EvidenceItem,
  type EvidenceNetwork,
  type EvidenceOpening,
} from './bundle.ts';

const STATEMENT_CHARS_MAX = 4096;
const PATH_STEPS_MAX = 16;

function networkToJson(network: EvidenceNetwork): JsonObject {
  return {
    chainId: network.chainId,
    genesis: network.genesis,
    genesisHash: bytesText(network.genesisHash),
    lightBlocks: network.lightBlocks.map(bytesText),
    name: network.name,
    validators: network.validators.map(({ publicKey, power }) => ({ power, publicKey: bytesText(publicKey) })),
  };
}

function signatureToJson({ publicKey, signature, shared }: OperationSignature): JsonObject {
  return {
    publicKey: bytesText(publicKey),
    shared: shared === undefined ? null : pathToJson(shared),
    signature: bytesText(signature),
  };
}

function signatureFromJson(value: Json | undefined): OperationSignature {
  const form = objectWith(value, ['publicKey', 'shared', 'signature']);
  return {
    publicKey: hashOfText(form['publicKey'], 'publicKey'),
    shared: form['shared'] === null ? undefined : pathFromJson(form['shared']),
    signature: bytesOfText(form['signature'], 'signature'),
  };
}

function itemToJson(item: EvidenceItem): JsonObject {
  const { title, statement, network, height, kind } = item;
  const frame = { height, kind, network, statement, title };
  if (item.kind === 'receipt') {
    const signature = item.signature === undefined ? {} : { signature: signatureToJson(item.signature) };
    const operation = item.operation === null ? null : bytesText(item.operation);
    return { ...frame, ...signature, operation, proof: receiptProofToJson(item.proof) };
  }
  const proof = proofToJson(item.proof);
  return item.kind === 'state' ? { ...frame, key: item.key, proof, value: item.value } : { ...frame, key: item.key, proof };
}

function contentOf(bundle: EvidenceBundle): JsonObject {
  const { kind, id } = bundle.subject;
  const { capturedAtUnixMs, capturedBy, unchangedSinceUnixMs } = bundle.claims;
  return {
    claims: { capturedAtUnixMs, capturedBy, unchangedSinceUnixMs },
    format: EVIDENCE_FORMAT,
    items: bundle.items.map(itemToJson),
    networks: bundle.networks.map(networkToJson),
    openings: bundle.openings.map(({ item, path, value, salt }) => ({ item, path: [...path], salt: bytesText(salt), value })),
    subject: { id, kind },
  };
}

/** The document: canonical JSON with `digest`, SHA-256 of the canonical JSON of everything else. */
export function encodeEvidence(sha256: Sha256, bundle: EvidenceBundle): Bytes {
  const content = contentOf(bundle);
  return encodeCanonical({ ...content, digest: bytesText(sha256(encodeCanonical(content))) });
}

function genesisFromJson(value: Json | undefined): JsonObject | null {
  if (value === null || isJsonObject(value)) return value;
  throw new FieldError('genesis: an object or null');
}

function networkFromJson(value: Json): EvidenceNetwork {
  const form = objectWith(value, ['chainId', 'genesis', 'genesisHash', 'lightBlocks', 'name', 'validators']);
  return {
    name: textField(form, 'name'),
    chainId: textField(form, 'chainId'),
    genesisHash: hashOfText(form['genesisHash'], 'genesisHash'),
    genesis: genesisFromJson(form['genesis']),
    validators: arrayField(form, 'validators', VALIDATORS_MAX).map((entry) => {
      const validator = objectWith(entry, ['power', 'publicKey']);
      return { publicKey: hashOfText(validator['publicKey'], 'publicKey'), power: integerField(validator, 'power') };
    }),
    lightBlocks: arrayField(form, 'lightBlocks', EVIDENCE_LIGHT_BLOCKS_MAX).map((text) => bytesOfText(text, 'lightBlocks')),
  };
}

function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new FieldError(`${result.refusal.code} ${JSON.stringify(result.refusal.facts)}`);
}

const FRAME = ['height', 'kind', 'network', 'proof', 'statement', 'title'];
const OWN_FIELDS: Readonly<Record<string, readonly string[]>> = { state: ['key', 'value'], absence: ['key'], receipt: ['operation'] };

function itemFromJson(value: Json): EvidenceItem {
  const kind = isJsonObject(value) ? textField(value, 'kind') : '';
  const isSigned = kind === 'receipt' && isJsonObject(value) && Object.hasOwn(value, 'signature');
  const own = [...(OWN_FIELDS[kind] ?? []), ...(isSigned ? ['signature'] : [])];
  const form = objectWith(value, [...FRAME, ...own]);
  const frame = {
    title: textField(form, 'title'),
    statement: textField(form, 'statement', STATEMENT_CHARS_MAX),
    network: textField(form, 'network'),
    height: integerField(form, 'height'),
  };
  const proof = form['proof'] ?? null;
  if (kind === 'receipt') {
    const operation = form['operation'] === null ? null : bytesOfText(form['operation'], 'operation');
    const signature = isSigned ? { signature: signatureFromJson(form['signature']) } : {};
    return { ...frame, ...signature, kind, operation, proof: unwrap(receiptProofFromJson(proof)) };
  }
  if (kind === 'absence') return { ...frame, kind, key: textField(form, 'key', KEY_BYTES_MAX), proof: unwrap(proofFromJson(proof)) };
  if (kind !== 'state') throw new FieldError('items: unknown kind');
  return { ...frame, kind, key: textField(form, 'key', KEY_BYTES_MAX), value: form['value'] ?? null, proof: unwrap(proofFromJson(proof)) };
}

function openingFromJson(value: Json): EvidenceOpening {
  const form = objectWith(value, ['item', 'path', 'salt', 'value']);
  const path = arrayField(form, 'path', PATH_STEPS_MAX).map((step) => {
    if (typeof step !== 'string') throw new FieldError('path: texts');
    return step;
  });
  return {
    item: integerField(form, 'item', EVIDENCE_ITEMS_MAX),
    path,
    value: form['value'] ?? null,
    salt: hashOfText(form['salt'], 'salt'),
  };
}

function bundleFromJson(form: JsonObject): EvidenceBundle {
  const subject = objectWith(form['subject'], ['id', 'kind']);
  const claims = objectWith(form['claims'], ['capturedAtUnixMs', 'capturedBy', 'unchangedSinceUnixMs']);
  if (form['format'] !== EVIDENCE_FORMAT) throw new FieldError(`format: ${EVIDENCE_FORMAT}`);
  return {
    subject: { kind: textField(subject, 'kind'), id: textField(subject, 'id') },
    networks: arrayField(form, 'networks', EVIDENCE_NETWORKS_MAX).map(networkFromJson),
    items: arrayField(form, 'items', EVIDENCE_ITEMS_MAX).map(itemFromJson),
    openings: arrayField(form, 'openings', EVIDENCE_ITEMS_MAX).map(openingFromJson),
    claims: {
      unchangedSinceUnixMs: integerField(claims, 'unchangedSinceUnixMs'),
      capturedBy: textField(claims, 'capturedBy'),
      capturedAtUnixMs: integerField(claims, 'capturedAtUnixMs'),
    },
  };
}

/** A bundle as read, and whether its own digest fits it. */
export interface ReadEvidence {
  readonly bundle: EvidenceBundle;
  readonly isDigestRight: boolean;
}

/** Reads a document; EVIDENCE_MALFORMED or the codes of parseCanonical. */
export function parseEvidence(sha256: Sha256, bytes: Bytes): Result<ReadEvidence> {
  const json = parseCanonical(bytes, EVIDENCE_BYTES_MAX);
  if (!json.ok) return json;
  try {
    const form = objectWith(json.value, ['claims', 'digest', 'format', 'items', 'networks', 'openings', 'subject']);
    const { digest, ...content } = form;
    const isDigestRight = equalBytes(hashOfText(digest, 'digest'), sha256(encodeCanonical(content)));
    return accept({ bundle: bundleFromJson(form), isDigestRight });
  } catch (error) {
    if (error instanceof FieldError) return refuse('EVIDENCE_MALFORMED', { reason: error.message });
    throw error;
  }
}
