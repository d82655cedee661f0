import { describe, expect, test } from '@jest/globals';
import { base64urlEncode } from './base64url.ts';
import { concatBytes } from './bytes.ts';
import { encodeCanonical, parseCanonical } from './canonical-json.ts';
import { checkEnvelope, type Envelope, envelopeHash } from './envelope.ts';
import { chainIdOf, contractNameOf, hashOf, keyIdOf, organisationNameOf, unixMsFrom } from './ids.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { ARGUMENTS_BYTES_MAX, CO_SIGNATURES_MAX, OPERATION_BODY_BYTES_MAX } from './limits.ts';
import { nodeCrypto } from './node.ts';
import { coSignatureSignBytes, encodeOperation, type Operation, operationHash, operationSignBytes, parseOperation } from './operation.ts';
import { utf8Decode, utf8Encode } from './utf8.ts';

const { sha256 } = nodeCrypto;

function anOperation(overrides: Partial<Operation> = {}): Operation {
  return {
    actor: 'clerk-7',
    args: { patient: 'p1' },
    contract: contractNameOf('health.index@v1'),
    expiresAtUnixMs: unixMsFrom(1_767_225_600_000),
    genesis: hashOf(sha256(utf8Encode('genesis'))),
    idempotencyKey: new Uint8Array(16).fill(1),
    keyId: keyIdOf(sha256, new Uint8Array(32)),
    method: 'index',
    network: chainIdOf('jincheng-health-1'),
    organisation: organisationNameOf('hospital-1'),
    role: 'custodian',
    ...overrides,
  };
}

function bodyWith(change: JsonObject): Uint8Array {
  const body = parseCanonical(encodeOperation(anOperation()));
  return encodeCanonical({ ...(body.ok && isJsonObject(body.value) ? body.value : {}), ...change });
}

describe('an operation', () => {
  test('is read back as written', () => {
    expect(parseOperation(encodeOperation(anOperation()))).toEqual({ ok: true, value: anOperation() });
  });

  test('has this canonical body', () => {
    const { genesis, keyId } = anOperation();

    expect(utf8Decode(encodeOperation(anOperation()))).toBe(
      '{"actor":"clerk-7","args":{"patient":"p1"},"contract":"health.index@v1","expiresAtUnixMs":1767225600000,' +
        `"genesis":"${base64urlEncode(genesis)}","idempotencyKey":"AQEBAQEBAQEBAQEBAQEBAQ","keyId":"${keyId}","method":"index",` +
        '"network":"jincheng-health-1","organisation":"hospital-1","role":"custodian","suite":"ed25519-sha256","version":1}',
    );
  });

  test('is signed under its own domain, a co-signature under another', () => {
    const body = encodeOperation(anOperation());

    expect(operationSignBytes(body)).toEqual(concatBytes(utf8Encode('civitas/operation/v1\n'), body));
    expect(operationHash(sha256, body)).toEqual(sha256(operationSignBytes(body)));
    expect(utf8Decode(coSignatureSignBytes(utf8Encode('h')))).toBe('civitas/cosignature/v1\nh');
  });

  test.each<[string, JsonObject, string]>([
    ['an actor with a space', { actor: 'a b' }, 'MALFORMED'],
    ['an actor of 65 characters', { actor: 'a'.repeat(65) }, 'MALFORMED'],
    ['arguments that are a list', { args: [] }, 'MALFORMED'],
    ['a contract without version', { contract: 'health.index' }, 'MALFORMED'],
    ['a contract of version 0', { contract: 'health.index@v0' }, 'MALFORMED'],
    ['a negative expiry', { expiresAtUnixMs: -1 }, 'MALFORMED'],
    ['an expiry as text', { expiresAtUnixMs: '1' }, 'MALFORMED'],
    ['a short genesis hash', { genesis: 'AAAA' }, 'MALFORMED'],
    ['a genesis hash with trailing bits', { genesis: `${'A'.repeat(42)}B` }, 'MALFORMED'],
    ['a short idempotency key', { idempotencyKey: 'AAAA' }, 'MALFORMED'],
    ['a short key id', { keyId: 'AAAA' }, 'MALFORMED'],
    ['a method with a slash', { method: 'a/b' }, 'MALFORMED'],
    ['an upper-case network', { network: 'Jincheng' }, 'MALFORMED'],
    ['a network of 51 characters', { network: 'a'.repeat(51) }, 'MALFORMED'],
    ['an empty organisation', { organisation: '' }, 'MALFORMED'],
    ['a role of 65 characters', { role: 'a'.repeat(65) }, 'MALFORMED'],
    ['another suite', { suite: 'rsa' }, 'SUITE_UNKNOWN'],
    ['another version', { version: 2 }, 'VERSION_UNKNOWN'],
    ['an extra field', { extra: 1 }, 'MALFORMED'],
  ])('with %s is refused', (_, change, code) => {
    expect(parseOperation(bodyWith(change))).toMatchObject({ ok: false, refusal: { code } });
  });

  test('with arguments above 64 KiB is refused with ARGUMENTS_TOO_LARGE, at 64 KiB it is read', () => {
    const args = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });

    expect(parseOperation(bodyWith({ args: args(ARGUMENTS_BYTES_MAX) })).ok).toBe(true);
    expect(parseOperation(bodyWith({ args: args(ARGUMENTS_BYTES_MAX + 1) }))).toMatchObject({ refusal: { code: 'ARGUMENTS_TOO_LARGE' } });
  });

  test('above 96 KiB is refused with BODY_TOO_LARGE, and a list is no body', () => {
    expect(parseOperation(new Uint8Array(OPERATION_BODY_BYTES_MAX + 1))).toMatchObject({ refusal: { code: 'BODY_TOO_LARGE' } });
    expect(parseOperation(utf8Encode('[]'))).toMatchObject({ refusal: { code: 'MALFORMED' } });
    expect(parseOperation(utf8Encode('{ }'))).toMatchObject({ refusal: { code: 'JSON_NOT_CANONICAL' } });
  });
});

describe('an envelope', () => {
  const signature = new Uint8Array(64);
  const coSigner = (n: number) => ({ keyId: keyIdOf(sha256, Uint8Array.of(n)), signature });
  const inOrder = (count: number) =>
    Array.from({ length: count }, (_, n) => coSigner(n)).sort((left, right) => (left.keyId < right.keyId ? -1 : 1));
  const envelope: Envelope = { body: utf8Encode('{}'), signature, coSignatures: inOrder(2) };

  test('in order and in bounds is accepted', () => {
    expect(checkEnvelope({ ...envelope, coSignatures: inOrder(CO_SIGNATURES_MAX) }).ok).toBe(true);
  });

  test.each<[string, Partial<Envelope>, string]>([
    ['a short signature', { signature: new Uint8Array(63) }, 'SIGNATURE_FORM'],
    ['a short co-signature', { coSignatures: [{ ...coSigner(1), signature: new Uint8Array(63) }] }, 'SIGNATURE_FORM'],
    ['one co-signer twice', { coSignatures: [coSigner(1), coSigner(1)] }, 'CO_SIGNATURE_ORDER'],
    ['co-signers out of order', { coSignatures: inOrder(2).reverse() }, 'CO_SIGNATURE_ORDER'],
    ['17 co-signers', { coSignatures: inOrder(CO_SIGNATURES_MAX + 1) }, 'CO_SIGNATURES_TOO_MANY'],
    ['a body above 96 KiB', { body: new Uint8Array(OPERATION_BODY_BYTES_MAX + 1) }, 'BODY_TOO_LARGE'],
  ])('with %s is refused', (_, change, code) => {
    expect(checkEnvelope({ ...envelope, ...change })).toMatchObject({ ok: false, refusal: { code } });
  });

  test('has a hash that every part of it changes', () => {
    const other = new Uint8Array(64).fill(1);
    const variants: Envelope[] = [
      envelope,
      { ...envelope, body: utf8Encode('{"a":1}') },
      { ...envelope, signature: other },
      { ...envelope, coSignatures: [] },
      { ...envelope, coSignatures: envelope.coSignatures.map((co) => ({ ...co, signature: other })) },
    ];

    expect(new Set(variants.map((variant) => base64urlEncode(envelopeHash(sha256, variant)))).size).toBe(variants.length);
  });
});
