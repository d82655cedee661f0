import { encodeCanonical, type Json, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { resultsHash, type TransactionResult } from './codec/results.ts';
import { RECEIPT_BYTES_MAX } from './limits.ts';
import { encodeReceipt, parseReceipt, type Receipt, receiptsRoot } from './receipt.ts';
import { proveReceipt, receiptProofFromJson, receiptProofToJson, verifyReceipt } from './receipt-proof.ts';
import { withFlippedBit } from './testing/chain.ts';

const { sha256 } = nodeCrypto;

function aReceipt(overrides: Partial<Receipt> = {}): Receipt {
  return {
    height: 12,
    index: 0,
    operation: sha256(utf8Encode('operation')),
    outcome: { ok: true, result: { id: 'a' } },
    events: [{ contract: 'health.index', name: 'indexed', data: { count: 1 } }],
    ...overrides,
  };
}

function aBlock() {
  const bundles = [3, 5, 1].map((count, bundle) =>
    Array.from({ length: count }, (_, i) => encodeReceipt(aReceipt({ index: bundle * 10 + i }))),
  );
  const results = bundles.map(
    (receipts): TransactionResult => ({ code: 0, data: receiptsRoot(sha256, receipts), gasWanted: 0n, gasUsed: 7n }),
  );
  return { bundles, results, header: { height: 13n, lastResultsHash: resultsHash(sha256, results) } };
}

describe('receipts', () => {
  test.each<[string, Receipt]>([
    ['a result', aReceipt()],
    ['a refusal', aReceipt({ outcome: { ok: false, refusal: { code: 'CONSENT_SPENT', facts: { consent: 'c1' } } }, events: [] })],
    ['a null result', aReceipt({ outcome: { ok: true, result: null } })],
  ])('with %s is read back as written', (_, receipt) => {
    expect(parseReceipt(encodeReceipt(receipt))).toEqual({ ok: true, value: receipt });
  });

  const good = { events: [], height: 1, index: 0, operation: 'A'.repeat(43), outcome: { ok: true, result: 1 } };
  test.each<[string, Json, string]>([
    ['an extra field', { ...good, extra: 1 }, 'RECEIPT_MALFORMED'],
    ['a negative height', { ...good, height: -1 }, 'RECEIPT_MALFORMED'],
    ['a short operation hash', { ...good, operation: 'AAAA' }, 'RECEIPT_MALFORMED'],
    ['an outcome that is neither', { ...good, outcome: { ok: 1, refusal: { code: 'X', facts: {} } } }, 'RECEIPT_MALFORMED'],
    ['a refusal without facts', { ...good, outcome: { ok: false, refusal: { code: 'X' } } }, 'RECEIPT_MALFORMED'],
    ['an event without data', { ...good, events: [{ contract: 'a', name: 'b' }] }, 'RECEIPT_MALFORMED'],
    ['no object', [], 'RECEIPT_MALFORMED'],
  ])('with %s is refused', (_, json, code) => {
    expect(parseReceipt(encodeCanonical(json))).toMatchObject({ ok: false, refusal: { code } });
  });

  test('larger than 256 KiB is refused', () => {
    expect(parseReceipt(new Uint8Array(RECEIPT_BYTES_MAX + 1))).toMatchObject({ refusal: { code: 'JSON_TOO_LARGE' } });
  });
});

describe('receipt proofs', () => {
  test('every receipt of a block is proven to the next header', () => {
    const { bundles, results, header } = aBlock();
    for (const [bundleIndex, receipts] of bundles.entries()) {
      for (const [at, bytes] of receipts.entries()) {
        const proof = proveReceipt(sha256, { results, bundleIndex, receipts }, at);
        const json = receiptProofToJson(proof);

        expect(receiptProofFromJson(json)).toEqual({ ok: true, value: proof });
        expect(verifyReceipt(sha256, { proof, header })).toEqual(parseReceipt(bytes));
      }
    }
  });

  test('another height, another root, a flipped bit of receipt or path, another result is refused', () => {
    const { bundles, results, header } = aBlock();
    const receipts = bundles[1] ?? [];
    const proof = proveReceipt(sha256, { results, bundleIndex: 1, receipts }, 3);
    const isAccepted = (bad: typeof proof): boolean => verifyReceipt(sha256, { proof: bad, header }).ok;

    expect(verifyReceipt(sha256, { proof, header: { ...header, height: 14n } })).toMatchObject({ refusal: { code: 'RECEIPT_HEIGHT' } });
    expect(verifyReceipt(sha256, { proof, header: { ...header, lastResultsHash: sha256(header.lastResultsHash) } })).toMatchObject({
      refusal: { code: 'RECEIPT_PATH' },
    });
    for (let bit = 0; bit < proof.receipt.length * 8; bit++)
      expect(isAccepted({ ...proof, receipt: withFlippedBit(proof.receipt, bit) })).toBe(false);
    for (const name of ['bundlePath', 'resultsPath'] as const) {
      const path = proof[name];
      for (const index of [path.index - 1, path.index + 1]) expect(isAccepted({ ...proof, [name]: { ...path, index } })).toBe(false);
      for (const [level, sibling] of path.siblings.entries()) {
        for (let bit = 0; bit < 256; bit++) {
          const siblings = path.siblings.with(level, withFlippedBit(sibling, bit));
          expect(isAccepted({ ...proof, [name]: { ...path, siblings } })).toBe(false);
        }
      }
    }
    for (const result of [{ code: 1 }, { gasUsed: 8n }, { gasWanted: 1n }]) {
      expect(isAccepted({ ...proof, result: { ...proof.result, ...result } })).toBe(false);
    }
  });

  test('arbitrary JSON is refused, not thrown at', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value: Json = JSON.parse(text);
        expect(receiptProofFromJson(value)).toMatchObject({ ok: false, refusal: { code: 'RECEIPT_PROOF_MALFORMED' } });
      }),
    );
  });
});
