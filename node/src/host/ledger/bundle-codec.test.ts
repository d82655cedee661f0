import { type Bytes, type Envelope, equalBytes, verifyOperationSignature } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { Bundle as WireBundle } from '@civitas/proto/civitas/ledger/v1/operation';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { decodeBundle, standaloneOperation } from './bundle-codec.ts';
import { aBundle, aNetwork, anEnvelope, founderKey, signedTogether } from './ledger-fixture.ts';

const { sha256 } = nodeCrypto;
const network = aNetwork('jincheng-health-1');
let intent = 0;

function someEnvelopes(count: number): Envelope[] {
  return Array.from({ length: count }, () => anEnvelope(network, { expiresAtUnixMs: 1, intent: ++intent }));
}

function decoded(bytes: Bytes): readonly Envelope[] {
  const bundle = decodeBundle(sha256, bytes);
  if (!bundle.ok) throw new Error(JSON.stringify(bundle.refusal));
  return bundle.value.operations.map(({ envelope }) => envelope);
}

function reasonOf(bundle: WireBundle): unknown {
  const read = decodeBundle(sha256, WireBundle.encode(bundle).finish());
  return read.ok ? 'ok' : `${read.refusal.code}: ${String(read.refusal.facts['reason'])}`;
}

/** Whether the operation at each place verifies by itself, in the form in which it stands alone. */
function standAlone(bytes: Bytes, count: number): boolean[] {
  return Array.from({ length: count }, (_, at) => {
    const operation = standaloneOperation(sha256, bytes, at);
    if (operation === undefined) return false;
    const { body, signature, shared } = operation;
    const path = shared && { index: shared.index, total: shared.total, siblings: shared.path };
    const own = { signature: shared?.signature ?? signature, publicKey: founderKey.publicKey, shared: path };
    return verifyOperationSignature(nodeCrypto, { chainId: network.chainId, body }, own).ok;
  });
}

describe('a bundle', () => {
  const pool = [...someEnvelopes(3), ...[2, 3, 5].flatMap((count) => signedTogether(network, someEnvelopes(count)))];

  test('of operations signed alone and together, in any part and order, is read as it was written, and each stands alone', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(pool, { minLength: 1 }), (envelopes) => {
        const bytes = aBundle(network, envelopes);

        expect(decoded(bytes)).toEqual(envelopes.map((envelope) => ({ shared: undefined, ...envelope })));
        expect(standAlone(bytes, envelopes.length)).toEqual(envelopes.map(() => true));
      }),
      { numRuns: 150 },
    );
    expect(WireBundle.decode(aBundle(network, pool)).groups).toMatchObject([
      { first: 3, count: 2 },
      { first: 5, count: 3 },
      { first: 8, count: 5 },
    ]);
  });

  test('has no other bytes: with a bit flipped it is refused, or says something else under a signature that no longer holds', () => {
    const sources = [pool, pool.slice(0, 4), pool.slice(4, 9).reverse()].map((envelopes) => aBundle(network, envelopes));
    const hashesOf = (bytes: Bytes): Bytes[] | undefined => {
      const bundle = decodeBundle(sha256, bytes);
      if (!bundle.ok) return undefined;
      const { operations, ...frame } = bundle.value;
      return [...operations.map(({ hash }) => hash), Buffer.from(`${frame.chainId} ${frame.gateway} ${frame.keyId}`), frame.signature];
    };
    fc.assert(
      fc.property(fc.constantFrom(...sources), fc.nat(), (source, bit) => {
        const flipped = Uint8Array.from(source);
        const at = Math.floor(bit / 8) % flipped.length;
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit % 8));
        const [before, after] = [hashesOf(source) ?? [], hashesOf(flipped)];
        const isSame = after?.length === before.length && after.every((hash, i) => equalBytes(hash, before[i] ?? new Uint8Array(0)));

        expect(isSame).toBe(false);
      }),
      { numRuns: 1500 },
    );
  });
});

describe('a bundle is BUNDLE_MALFORMED', () => {
  const batch = signedTogether(network, someEnvelopes(4));
  const grouped = WireBundle.decode(aBundle(network, [...someEnvelopes(1), ...batch]));
  const parted = WireBundle.decode(aBundle(network, [...batch.slice(0, 2), ...someEnvelopes(1), ...batch.slice(2)]));
  const [group] = grouped.groups;
  const signature = group?.signature ?? new Uint8Array(0);
  const withGroups = (groups: WireBundle['groups']): WireBundle => ({ ...grouped, groups });
  const change = (bundle: WireBundle, at: number, to: Partial<WireBundle['operations'][number]>): WireBundle => ({
    ...bundle,
    operations: bundle.operations.map((operation, index) => (index === at ? { ...operation, ...to } : operation)),
  });
  const [firstPath] = parted.operations.map(({ shared }) => shared);
  const paths = [0, 1, 2, 3].map((at) => standaloneOperation(sha256, WireBundle.encode(grouped).finish(), at + 1));

  test('unless it is as it should be', () => {
    expect(reasonOf(grouped)).toBe('ok');
    expect(reasonOf(parted)).toBe('ok');
    expect(parted.groups).toEqual([]);
  });

  const bounds = 'BUNDLE_MALFORMED: a group out of bounds or out of order';
  test.each<[string, WireBundle['groups'], string]>([
    ['with a group of one', [{ first: 1, count: 1, signature }], bounds],
    ['with an empty group', [{ first: 1, count: 0, signature }], bounds],
    ['with a group of 257', [{ first: 1, count: 257, signature }], bounds],
    ['with a group beyond its end', [{ first: 2, count: 4, signature }], bounds],
    [
      'with a group twice',
      [
        { first: 1, count: 4, signature },
        { first: 1, count: 4, signature },
      ],
      bounds,
    ],
    [
      'with groups that overlap',
      [
        { first: 1, count: 3, signature },
        { first: 3, count: 2, signature },
      ],
      bounds,
    ],
    [
      'with groups out of order',
      [
        { first: 3, count: 2, signature },
        { first: 1, count: 2, signature },
      ],
      bounds,
    ],
    ['with a group whose signature is short', [{ first: 1, count: 4, signature: new Uint8Array(63) }], bounds],
    ['with a signature inside a group', [{ first: 0, count: 5, signature }], 'BUNDLE_MALFORMED: a signature inside a group'],
  ])('%s', (_, groups, reason) => {
    expect(reasonOf(withGroups(groups))).toBe(reason);
  });

  test.each<[string, WireBundle, string]>([
    ['with a path inside a group', change(grouped, 1, { shared: firstPath }), 'BUNDLE_MALFORMED: a signature inside a group'],
    [
      'with two signatures of one operation',
      change(parted, 0, { signature }),
      'BUNDLE_MALFORMED: an operation with two signatures of its own',
    ],
    [
      'with a path too short',
      change(parted, 0, { shared: firstPath && { ...firstPath, path: firstPath.path.slice(1) } }),
      'BUNDLE_MALFORMED: a path that its index and total do not allow',
    ],
    [
      'with an index at the total',
      change(parted, 0, { shared: firstPath && { ...firstPath, index: 4 } }),
      'BUNDLE_MALFORMED: a path that its index and total do not allow',
    ],
    [
      'with the paths of a whole batch',
      { ...grouped, groups: [], operations: grouped.operations.map((operation, at) => paths[at - 1] ?? operation) },
      'BUNDLE_MALFORMED: a whole batch that is not a group',
    ],
  ])('%s', (_, bundle, reason) => {
    expect(reasonOf(bundle)).toBe(reason);
  });
});
