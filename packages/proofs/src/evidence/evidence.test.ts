import {
  base64urlEncode,
  chainIdOf,
  commitmentOf,
  contractNameOf,
  encodeCanonical,
  encodeOperation,
  hashOf,
  invariant,
  isJsonObject,
  type JsonObject,
  keyIdOf,
  type OperationSignature,
  operationHash,
  operationSignBytes,
  organisationNameOf,
  parseCanonical,
  sharedPathsOf,
  sharedSignBytes,
  unixMsFrom,
  utf8Encode,
} from '@civitas/canon';
import { browserCrypto } from '@civitas/canon/browser';
import { ed25519FromSeed, nodeCrypto, signEd25519 } from '@civitas/canon/node';
import { describe, expect, test } from '@jest/globals';
import { encodeLightBlock } from '../codec/light-block.ts';
import { unixMsOf } from '../codec/timestamp.ts';
import { EVIDENCE_BYTES_MAX } from '../limits.ts';
import { encodeReceipt, receiptsRoot } from '../receipt.ts';
import { proveReceipt } from '../receipt-proof.ts';
import { type FixtureBlock, nextBlock, someValidators, withFlippedBit } from '../testing/chain.ts';
import { ReferenceTree } from '../tree/reference-tree.ts';
import type { BundleReport, EvidenceBundle, EvidenceItem, EvidenceNetwork } from './bundle.ts';
import { encodeEvidence, parseEvidence } from './bundle-json.ts';
import { certifyHeaders } from './certify-headers.ts';
import { verifyBundle } from './verify-bundle.ts';

const { sha256 } = nodeCrypto;
const chainId = 'housing-1';
const salt = sha256(utf8Encode('salt'));
const payer = ed25519FromSeed(sha256(utf8Encode('payer')));

/** The body of the payout, whose hash the second receipt names. */
function aPayout(change: { network?: string; text?: string } = {}): Uint8Array {
  const { network = chainId, text = 'case-1' } = change;
  return encodeOperation({
    actor: 'cashier',
    args: { application: text },
    contract: contractNameOf('housing.withdrawal@v1'),
    expiresAtUnixMs: unixMsFrom(9),
    genesis: hashOf(sha256(utf8Encode('genesis'))),
    idempotencyKey: new Uint8Array(16),
    keyId: keyIdOf(sha256, payer.publicKey),
    method: 'pay',
    network: chainIdOf(network),
    organisation: organisationNameOf('bank-1'),
    role: 'bank',
  });
}

/** The bank's signature over the payout, alone or as the second of three. */
function signatureOf(payout: Uint8Array, isShared = true): OperationSignature {
  const { publicKey, privateKey } = payer;
  if (!isShared) return { publicKey, signature: signEd25519(privateKey, operationSignBytes(payout)), shared: undefined };
  const bodies = [aPayout({ text: 'before' }), payout, aPayout({ text: 'after' })];
  const { paths, ...batch } = sharedPathsOf(
    sha256,
    bodies.map((body) => operationHash(sha256, body)),
  );
  return { publicKey, signature: signEd25519(privateKey, sharedSignBytes(chainId, batch)), shared: paths[1] };
}

function signedByStranger(): OperationSignature {
  const { publicKey, privateKey } = ed25519FromSeed(sha256(utf8Encode('stranger')));
  return { publicKey, signature: signEd25519(privateKey, operationSignBytes(aPayout())), shared: undefined };
}

/** A housing network of four blocks with one decision on it, and the case file that shows it. */
function aBundle(change: Partial<EvidenceBundle> = {}, payout: Uint8Array = aPayout()): EvidenceBundle {
  const keys = someValidators(1);
  const tree = new ReferenceTree(sha256);
  const value = { answer: base64urlEncode(commitmentOf(sha256, salt, 'yes')), status: 'paid' };
  for (let n = 0; n < 9; n++) tree.put(utf8Encode(`housing.account/account/${n}`), utf8Encode(`{"n":${n}}`));
  const key = 'housing.withdrawal/case/case-1';
  tree.put(utf8Encode(key), encodeCanonical(value));
  const outcome = { ok: true, result: { paid: true } } as const;
  const receipts = [0, 1].map((index) =>
    encodeReceipt({ height: 2, index, operation: operationHash(sha256, index === 1 ? payout : Uint8Array.of(index)), outcome, events: [] }),
  );
  const results = [{ code: 0, data: receiptsRoot(sha256, receipts), gasWanted: 0n, gasUsed: 0n }];
  const blocks: FixtureBlock[] = [];
  const add = (next: { appHash?: Uint8Array; lastResults?: typeof results }) =>
    blocks.push(nextBlock(chainId, blocks.at(-1), { keys, ...next }));
  add({});
  add({});
  add({ appHash: tree.root(), lastResults: results });
  add({ appHash: tree.root() });
  const validators = keys.validators.map(({ publicKey, power }) => ({ publicKey, power: Number(power) }));
  const genesis: JsonObject = {
    chainId,
    validators: validators.map((v) => ({ publicKey: base64urlEncode(v.publicKey), power: v.power, node: 'a' })),
  };
  const frame = { network: chainId, height: 3, statement: 'as committed' };
  const absent = 'housing.withdrawal/case/case-2';
  const items: EvidenceItem[] = [
    { ...frame, kind: 'state', title: 'decision', key, value, proof: tree.prove(utf8Encode(key)) },
    { ...frame, kind: 'absence', title: 'no second case', key: absent, proof: tree.prove(utf8Encode(absent)) },
    {
      ...frame,
      kind: 'receipt',
      title: 'payout',
      operation: payout,
      signature: signatureOf(payout),
      proof: proveReceipt(sha256, { results, bundleIndex: 0, receipts }, 1),
    },
  ];
  const last = blocks[2]?.lightBlock.header.time;
  invariant(last !== undefined, 'three blocks');
  return {
    subject: { kind: 'serious-illness', id: 'case-1' },
    networks: [
      {
        name: 'housing',
        chainId,
        genesis,
        genesisHash: sha256(encodeCanonical(genesis)),
        validators,
        lightBlocks: [0, 2, 3].flatMap((at) => (blocks[at] === undefined ? [] : [encodeLightBlock(blocks[at].lightBlock)])),
      },
    ],
    items,
    openings: [{ item: 0, path: ['answer'], value: 'yes', salt }],
    claims: { unchangedSinceUnixMs: unixMsOf(last), capturedBy: 'hospital-1', capturedAtUnixMs: 1 },
    ...change,
  };
}

function reportOf(bundle: EvidenceBundle): BundleReport {
  const report = verifyBundle(nodeCrypto, encodeEvidence(sha256, bundle));
  invariant(report.ok, 'the bundle is refused');
  return report.value;
}

function failuresOf(bundle: EvidenceBundle): string[] {
  return reportOf(bundle).checks.flatMap(({ check, outcome }) => (outcome === 'failed' ? [check] : []));
}

function withItem(
  index: number,
  change: {
    value?: JsonObject;
    key?: string;
    height?: number;
    network?: string;
    operation?: Uint8Array | null;
    signature?: OperationSignature | undefined;
  },
): EvidenceBundle {
  const bundle = aBundle();
  return { ...bundle, items: bundle.items.map((item, at) => (at === index ? { ...item, ...change } : item)) };
}

function withNetwork(change: Partial<EvidenceBundle['networks'][number]>): EvidenceBundle {
  const bundle = aBundle();
  return { ...bundle, networks: bundle.networks.map((network) => ({ ...network, ...change })) };
}

describe('an evidence bundle', () => {
  test('verifies from its own bytes, on both libraries, and says what nobody can prove', () => {
    const bundle = aBundle();
    const bytes = encodeEvidence(sha256, bundle);
    const report = verifyBundle(nodeCrypto, bytes);

    expect(report).toMatchObject({ ok: true, value: { ok: true, networks: [{ chainId, headerHeights: [1, 3, 4] }] } });
    expect(verifyBundle(browserCrypto, bytes)).toEqual(report);
    expect(report.ok && report.value.checks.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual([
      'DIGEST ok',
      'GENESIS ok',
      'HEADERS ok',
      'MEMBERSHIP ok',
      'ABSENCE ok',
      'RECEIPT ok',
      'OPERATION ok',
      'SIGNATURE ok',
      'OPENING ok',
      'UNCHANGED_SINCE_DEPOSIT ok',
      'TRUE_WHEN_CAPTURED asserted',
    ]);
    expect(parseEvidence(sha256, bytes)).toEqual({ ok: true, value: { bundle, isDigestRight: true } });
  });

  test('a flipped bit anywhere in the document is not accepted', () => {
    const bytes = encodeEvidence(sha256, aBundle());
    // Every fifth byte, one bit each: a whole verification costs a millisecond.
    for (let at = 0; at < bytes.length; at += 5) {
      const report = verifyBundle(nodeCrypto, withFlippedBit(bytes, at * 8 + (at % 8)));
      if (report.ok && report.value.ok) throw new Error(`flipped byte ${at} was accepted`);
    }
  });

  test('the body of an operation says who did what, and may be left out', () => {
    const reason = reportOf(aBundle()).checks.find(({ check }) => check === 'OPERATION')?.reason;

    expect(reason).toBe('bank-1 as bank called housing.withdrawal@v1 pay in block 2: done');
    const unnamed = reportOf(withItem(2, { operation: null, signature: undefined }));
    expect(unnamed.checks.map(({ check }) => check)).not.toContain('OPERATION');
    expect(unnamed.ok).toBe(true);
  });

  test('the signature of an operation shows by itself who signed, alone or with others, and may be left to the receipt', () => {
    const reasonOf = (bundle: EvidenceBundle) => reportOf(bundle).checks.find(({ check }) => check === 'SIGNATURE')?.reason;
    const keyId = keyIdOf(sha256, payer.publicKey);

    expect(reasonOf(aBundle())).toBe(`signed as 2 of 3 by key ${keyId} of bank-1`);
    expect(reasonOf(withItem(2, { signature: signatureOf(aPayout(), false) }))).toBe(`signed alone by key ${keyId} of bank-1`);
    expect(reasonOf(withItem(2, { signature: undefined }))).toBeUndefined();
    expect(reportOf(withItem(2, { signature: undefined })).ok).toBe(true);
  });

  test.each<[string, Partial<EvidenceNetwork>, string]>([
    ['without the genesis document, under its published hash, by validators of their own', { genesis: null }, 'GENESIS_ABSENT'],
    ['with it, by one validator of four that stands for all of them', {}, 'GENESIS_VALIDATORS'],
  ])('nobody forges a bundle %s', (_way, change, code) => {
    const four = someValidators(4);
    const [one] = four.validators;
    invariant(one !== undefined, 'four validators');
    const tree = new ReferenceTree(sha256);
    const [key, value] = ['housing.withdrawal/case/case-1', { status: 'paid' }];
    tree.put(utf8Encode(key), encodeCanonical(value));
    // Only that one's key signs these blocks.
    const alone = { keys: { ...four, validators: [one] }, appHash: tree.root() };
    const made = nextBlock(chainId, nextBlock(chainId, undefined, alone), alone);
    const own = { publicKey: one.publicKey, power: Number(one.power) };
    const stated = four.validators.map(({ publicKey, power }) => ({
      publicKey: base64urlEncode(publicKey),
      power: Number(power),
      node: 'a',
    }));
    const genesis: JsonObject = { chainId, validators: stated };
    const validators = change.genesis === null ? [own] : [own, own, own, own];
    const lightBlocks = [encodeLightBlock(made.lightBlock)];
    const network = {
      name: 'housing',
      chainId,
      genesisHash: sha256(encodeCanonical(genesis)),
      genesis,
      validators,
      lightBlocks,
      ...change,
    };
    const item = { network: chainId, height: 2, statement: 'as committed', kind: 'state', title: 'payout', key, value } as const;
    const items = [{ ...item, proof: tree.prove(utf8Encode(key)) }];
    const report = reportOf({ ...aBundle(), networks: [network], items, openings: [] });

    expect(report.ok).toBe(false);
    expect(report.checks.find(({ check }) => check === 'GENESIS')).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining(code),
    });
  });

  const other = someValidators(1, 'forger');
  const forgedStart = other.validators.map(({ publicKey, power }) => ({ publicKey, power: Number(power) }));
  test.each<[string, EvidenceBundle, string[]]>([
    ['another value', withItem(0, { value: { answer: 'no', status: 'paid' } }), ['MEMBERSHIP', 'OPENING']],
    ['another key', withItem(0, { key: 'housing.withdrawal/case/case-9' }), ['MEMBERSHIP']],
    ['an absent key that is there', withItem(1, { key: 'housing.withdrawal/case/case-1' }), ['ABSENCE']],
    ['a header that is not there', withItem(0, { height: 2 }), ['MEMBERSHIP', 'UNCHANGED_SINCE_DEPOSIT']],
    ['a receipt under another header', withItem(2, { height: 4 }), ['RECEIPT', 'UNCHANGED_SINCE_DEPOSIT']],
    ['a network that is not there', withItem(0, { network: 'courts-1' }), ['MEMBERSHIP', 'UNCHANGED_SINCE_DEPOSIT']],
    ['another genesis hash', withNetwork({ genesisHash: new Uint8Array(32) }), ['GENESIS']],
    [
      'a forged first set',
      withNetwork({ validators: forgedStart }),
      ['GENESIS', 'HEADERS', 'MEMBERSHIP', 'ABSENCE', 'RECEIPT', 'UNCHANGED_SINCE_DEPOSIT'],
    ],
    ['no headers', withNetwork({ lightBlocks: [] }), ['MEMBERSHIP', 'ABSENCE', 'RECEIPT', 'UNCHANGED_SINCE_DEPOSIT']],
    [
      'headers out of order',
      withNetwork({ lightBlocks: aBundle().networks[0]?.lightBlocks.toReversed() ?? [] }),
      ['HEADERS', 'MEMBERSHIP', 'ABSENCE', 'RECEIPT', 'UNCHANGED_SINCE_DEPOSIT'],
    ],
    ['another operation', withItem(2, { operation: aPayout({ text: 'after' }) }), ['OPERATION', 'SIGNATURE']],
    ['an operation that is none', withItem(2, { operation: utf8Encode('{}') }), ['OPERATION', 'SIGNATURE']],
    ['a signature of no operation', withItem(2, { operation: null }), ['SIGNATURE']],
    ['a signature of another operation', withItem(2, { signature: signatureOf(aPayout({ text: 'x' })) }), ['SIGNATURE']],
    ['a signature without its path', withItem(2, { signature: { ...signatureOf(aPayout()), shared: undefined } }), ['SIGNATURE']],
    [
      'a path that its place does not have',
      withItem(2, { signature: { ...signatureOf(aPayout()), shared: { index: 1, total: 3, siblings: [] } } }),
      ['SIGNATURE'],
    ],
    ['the key of another', withItem(2, { signature: signedByStranger() }), ['SIGNATURE']],
    ['an operation signed for another network', aBundle({}, aPayout({ network: 'courts-1' })), ['OPERATION']],
    ['another opening', { ...aBundle(), openings: [{ item: 0, path: ['answer'], value: 'no', salt }] }, ['OPENING']],
    ['an opening of nothing', { ...aBundle(), openings: [{ item: 7, path: ['answer'], value: 'yes', salt }] }, ['OPENING']],
    ['too early a claim', { ...aBundle(), claims: { ...aBundle().claims, unchangedSinceUnixMs: 5 } }, ['UNCHANGED_SINCE_DEPOSIT']],
  ])('with %s fails exactly there', (_, bundle, failures) => {
    expect(failuresOf(bundle)).toEqual(failures);
    expect(reportOf(bundle).ok).toBe(false);
  });

  test.each<[string, EvidenceBundle, string, string]>([
    ['another genesis hash', withNetwork({ genesisHash: new Uint8Array(32) }), 'GENESIS', 'GENESIS_HASH'],
    ['a forged first set', withNetwork({ validators: forgedStart }), 'GENESIS', 'GENESIS_VALIDATORS'],
    ['a forged first set and no genesis', withNetwork({ validators: forgedStart, genesis: null }), 'HEADERS', 'VALIDATORS_HASH'],
  ])('with %s the report says why', (_, bundle, check, code) => {
    expect(reportOf(bundle).checks.find((found) => found.check === check)?.reason).toMatch(code);
  });

  test('a step over a set that no block shows is refused with NEXT_VALIDATORS_UNKNOWN', () => {
    const [first, second, third] = ['a', 'b', 'c'].map((prefix) => someValidators(1, prefix));
    invariant(first !== undefined && second !== undefined && third !== undefined, 'three sets');
    const one = nextBlock(chainId, undefined, { keys: first, nextKeys: second });
    const two = nextBlock(chainId, one, { keys: second, nextKeys: third });
    const three = nextBlock(chainId, two, { keys: third });
    const lightBlocks = [one, three].map(({ lightBlock }) => encodeLightBlock(lightBlock));
    const validators = first.validators.map(({ publicKey, power }) => ({ publicKey, power: Number(power) }));
    const network = { name: 'housing', chainId, genesis: null, genesisHash: new Uint8Array(32), validators, lightBlocks };

    expect(certifyHeaders(nodeCrypto, network)).toMatchObject({ ok: false, refusal: { code: 'NEXT_VALIDATORS_UNKNOWN' } });
  });

  test('a statement changed afterwards fails by its digest', () => {
    const changed = encodeCanonical({
      ...documentOf(),
      claims: { capturedAtUnixMs: 2, capturedBy: 'nobody', unchangedSinceUnixMs: 2 ** 50 },
    });
    const report = verifyBundle(nodeCrypto, changed);

    expect(report.ok && report.value.checks.filter(({ outcome }) => outcome === 'failed').map(({ check }) => check)).toEqual(['DIGEST']);
  });

  test.each<[string, Uint8Array, string]>([
    ['no JSON', utf8Encode('{'), 'JSON_MALFORMED'],
    ['another format', encodeCanonical({ ...documentOf(), format: 'civitas-evidence/2' }), 'EVIDENCE_MALFORMED'],
    ['a field too many', encodeCanonical({ ...documentOf(), extra: 1 }), 'EVIDENCE_MALFORMED'],
    ['an unknown item', encodeCanonical({ ...documentOf(), items: [{ kind: 'rumour' }] }), 'EVIDENCE_MALFORMED'],
    ['more than 16 MiB', new Uint8Array(EVIDENCE_BYTES_MAX + 1), 'JSON_TOO_LARGE'],
  ])('with %s is refused', (_, bytes, code) => {
    expect(verifyBundle(nodeCrypto, bytes)).toMatchObject({ ok: false, refusal: { code } });
  });
});

function documentOf(): JsonObject {
  const json = parseCanonical(encodeEvidence(sha256, aBundle()));
  return json.ok && isJsonObject(json.value) ? json.value : {};
}
